/** Checks a draft without a model: statements without a source, and what must not be sent at all. */

import type { Checked } from '../base/verdicts.ts'
import { type Composed, modelVerdict, neededVerdict } from '../base/verdicts.ts'
import { type Finding, prefilter } from '../check/prefilter.ts'
import { checkQuestion } from '../check/prompt.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { Account } from '../context.ts'
import { ownAddressTest } from '../mail/correspondents.ts'
import type { Message } from '../mail/message.ts'
import { replyAddressees } from '../mail/reply/build.ts'
import { signaturesOf } from '../mail/reply/sign-off.ts'
import { passedOn } from '../mail/text/passed-on.ts'
import type { Ask } from '../model/client.ts'
import { localDay } from '../model/prompts/calendar.ts'
import { knownOf, mailFacts } from '../model/prompts/mail-facts.ts'
import type { Prompt, PromptMail, PromptPassage } from '../model/prompts/messages.ts'
import type { MessageRow } from '../store/messages.ts'
import { attachedText } from './attachments.ts'
import { unpacked } from './packaging.ts'
import type { Conversation, Sources } from './sources.ts'

/** The input for answering a mail; the backtest has no row. */
export interface MailToAnswer {
  row: Pick<
    MessageRow,
    'internalDate' | 'codes' | 'verdict' | 'instruction' | 'fromName' | 'fromAddress' | 'subject'
  >
  message: Message
  firstContact: boolean | null
  writtenBefore: boolean | null
}

/** The mail as the writer and the checker see it; its files are for the writer alone. */
export function promptMail(
  settings: AccountSettings,
  timeZone: string,
  mail: MailToAnswer,
  { visible, thread }: Pick<Conversation, 'visible' | 'thread'>,
): PromptMail {
  const { owner, replies } = settings
  const known = knownOf(mail, timeZone, replies.businessHours)
  const found = passedOn(mail.message, ownAddressTest(owner))
  return {
    visibleText: visible,
    facts: mailFacts(mail.message, owner, known),
    // A quotation proves nothing; if the thread is known, it adds nothing either.
    passedOn: found?.kind === 'FORWARDED' || thread.length === 0 ? found : null,
  }
}

/** The question to the model about a reply. @param passages see checkPassages */
export function checkAsked(
  { settings, prompts }: Pick<Account, 'settings' | 'prompts'>,
  timeZone: string,
  mail: MailToAnswer,
  conversation: Pick<Conversation, 'visible' | 'thread' | 'earlier'>,
  { text, passages }: { text: string; passages: readonly PromptPassage[] },
  salt: string,
): Ask<Checked> {
  const prompt = prompts.check
  const { owner } = settings
  const { messages, schema } = checkQuestion({
    prompt,
    mail: promptMail(settings, timeZone, mail, conversation),
    asks: neededVerdict(mail.row.verdict).asks ?? [],
    thread: conversation.thread,
    earlier: conversation.earlier,
    passages,
    instructions: instructionsFor(settings, mail.row),
    ownerName: owner.displayName,
    own: ownWords(settings),
    reply: text,
    salt,
  })
  return {
    messages,
    schema,
    schemaName: 'check',
    maxOutputTokens: prompt.maxOutputTokens,
    temperature: prompt.temperature,
    cacheKey: `replyd-check-${prompt.hash}`,
  }
}

/** The owner's wishes for every reply, and a person's wish for this rewrite. Both are trusted. */
export function instructionsFor(
  settings: AccountSettings,
  { instruction }: Pick<MessageRow, 'instruction'>,
): string {
  if (!instruction) return settings.instructions
  return [settings.instructions, `For this reply: ${instruction}`].filter(Boolean).join('\n')
}

/** Characters at each end of a text that a draft is compared with: several times what the model sees of it. */
const mostCompared = 30_000

const ends = (text: string) =>
  text.length <= 2 * mostCompared ? text : `${text.slice(0, mostCompared)}\n${text.slice(-mostCompared)}`

/**
 * Checks the draft without a model; findings are shown in the review and are reasons to hold or to doubt.
 * @param passages see checkPassages: anything the owner says may be repeated
 */
export function checkDraft(
  prompt: Prompt,
  settings: AccountSettings,
  timeZone: string,
  { row, message }: Pick<MailToAnswer, 'row' | 'message'>,
  sources: Sources,
  { composed, passages }: { composed: Composed; passages: readonly PromptPassage[] },
  marks: { salt: string; canary: string },
): Finding[] {
  const { owner } = settings
  const ours = [...sources.thread.filter(({ author }) => author === 'owner'), ...sources.earlier]
  const theirs = sources.thread.filter(({ author }) => author !== 'owner')
  const quoted = passedOn(message, ownAddressTest(owner))?.text ?? ''
  return [
    ...prefilter({
      draft: composed.text,
      given: [...passages.map(vouchedBy), ...ours.map(({ text }) => text)],
      lookedUp: passages.some(({ lookup }) => lookup),
      own: [
        // The wish of the person who asked for the rewrite: they see the result before it is used.
        row.instruction ?? '',
        ...ownWords(settings),
        sources.style?.greeting ?? '',
        sources.style?.closing ?? '',
      ],
      mail: [row.subject ?? '', ends(sources.visible), ends(quoted), ...theirs.map(({ text }) => text)].join(
        '\n',
      ),
      attached: attachedText(sources.attachments ?? []),
      get correspondents() {
        return [row.fromAddress ?? '', ...replyAddressees(message, owner, 'draft')]
      },
      language: modelVerdict(row.verdict)?.language ?? 'und',
      today: localDay(row.internalDate, timeZone),
      promptText: prompt.body,
      instructions: settings.instructions,
      marks,
    }),
    ...(sources.stranger ? [{ claim: 'thread-stranger', kind: 'stranger' as const }] : []),
  ]
}

/** The label of a looked-up fact contains its number. */
const vouchedBy = ({ file, heading, text, lookup }: PromptPassage) =>
  `${lookup ? `${file}\n` : ''}${heading}\n${text}`

/** The owner's names, addresses and signatures: allowed in any reply. */
export function ownWords({ owner, replies }: AccountSettings): string[] {
  return [owner.displayName ?? '', owner.address, ...owner.aliases, ...signaturesOf(replies)]
}

/**
 * The writer's answer as replyd uses it: plain text without a model's usual wrapping; anything removed is a doubt.
 */
export function received(
  { replies }: Pick<AccountSettings, 'replies'>,
  composed: Composed,
): { composed: Composed; removals: Finding[] } {
  const { text, removed } = unpacked(composed.text, signaturesOf(replies))
  return {
    composed: { ...composed, text },
    removals: removed.map((claim) => ({ claim, kind: 'removed' as const })),
  }
}
