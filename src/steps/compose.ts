/** Compose: one call writes the reply's text from the mail, the thread and the owner's knowledge; then it is checked without a model. */
import { gapsOf } from '../judgement/grounds.ts'
import { mailFacts } from '../judgement/mail-facts.ts'
import type { Prompt, PromptPassage, ThreadEntry } from '../judgement/prompt.ts'
import { type Composed, composedSchema, type Verdict } from '../judgement/verdict.ts'
import type { Ask } from '../llm.ts'
import { addressesOf, checkClaims, linksOf, outboundFaults } from '../mail/claims.ts'
import type { Message } from '../mail/message.ts'
import { replyHeader } from '../mail/reply/build.ts'
import { visibleText } from '../mail/text/visible.ts'
import { composeMessages, passagesGiven } from '../prompts.ts'
import type { AccountSettings } from '../settings.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { earlierMails } from '../store/history.ts'
import { commitStep, type MessageRow, type StepChange } from '../store/messages.ts'
import { loadReply, saveComposed } from '../store/replies.ts'
import { type Account, accountOf, type Next, type StepContext } from './context.ts'
import { paidAsk } from './paid-ask.ts'
import { loadThread } from './thread.ts'
import { octetsOf, writtenReply } from './written.ts'

/** Passages of the knowledge folder that are looked up. */
export const mostPassages = 5

/** Everything that a draft may lean on. */
export interface Sources {
  thread: ThreadEntry[]
  passages: PromptPassage[]
  visible: string
}

export async function compose(context: StepContext, id: string, signal: AbortSignal): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'compose') return null
  const account = accountOf(context, mail.row.account)
  const started = context.clock.now()
  const visible = visibleText(mail.message).text
  const query = `${mail.row.subject ?? ''}\n${visible}`
  const sources = {
    thread: await loadThread(context, account, mail),
    passages: passagesGiven(account.prompts.compose, account.knowledge?.search(query, mostPassages) ?? []),
    visible,
  }
  const { composed, omitted, salt, canary } = await ask(context, account, mail, sources, signal)
  const now = context.clock.now()
  const change = (to: 'hold' | 'wait', reason: string): StepChange => ({
    id,
    from: 'compose',
    to,
    disposition: to === 'hold' ? 'waiting' : 'held',
    reason,
    ...detailOf(omitted, to === 'wait' ? composed.missing : []),
    durationMs: now.getTime() - started.getTime(),
  })
  const next =
    composed.text === ''
      ? change('wait', 'needs-person')
      : (await store(context, account, mail, sources, composed, { salt, canary }))
        ? change('hold', 'composed')
        : change('wait', 'nobody-to-answer')
  return (await commitStep(context.db, next, now)) ? { stage: next.to } : null
}

/** What the model did not see, and, where there is no reply to say it, what it would have needed to know. */
function detailOf(omitted: readonly string[], missing: readonly string[]): { detail?: string } {
  const lines = [
    ...(omitted.length > 0 ? [`cut: ${omitted.join('; ')}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join('; ')}`] : []),
  ]
  return lines.length > 0 ? { detail: lines.join('\n') } : {}
}

async function ask(
  context: StepContext,
  { settings, knowledge, prompts }: Account,
  mail: StoredMail,
  sources: Sources,
  signal: AbortSignal,
) {
  const { row } = mail
  const prompt = prompts.compose
  const [salt = '', canary = ''] = [0, 1].map(() => context.newId(context.clock.now()).slice(-10))
  const earlier = row.fromAddress ? await earlierMails(context.db, row.account, row.fromAddress, row.id) : 0
  const toAnswer = { ...mail, firstContact: earlier === 0 }
  const { omitted, ...question } = composeQuestion(prompt, settings, toAnswer, sources, { salt, canary })
  const knowledgeHash = knowledge?.hash ?? null
  const occasion = { row, step: 'compose', promptHash: prompt.hash, knowledgeHash } as const
  const answer = await paidAsk(context, occasion, { ...question, signal })
  return { composed: answer.value, omitted, salt, canary }
}

/** What has to be known of a mail to answer it; the backtest has no row. */
export interface MailToAnswer {
  row: Pick<
    MessageRow,
    'internalDate' | 'codes' | 'verdict' | 'instruction' | 'fromName' | 'fromAddress' | 'subject'
  >
  message: Message
  firstContact: boolean | null
}

/** What is asked of the model, and what of the mail and the thread had to be left out. */
export function composeQuestion(
  prompt: Prompt,
  settings: AccountSettings,
  { row, message, firstContact }: MailToAnswer,
  sources: Sources,
  { salt, canary }: { salt: string; canary: string },
): Ask<Composed> & { omitted: string[] } {
  const known = { receivedAt: row.internalDate, firstContact, guardReason: row.codes[0] ?? 'ok' }
  const { messages, omitted } = composeMessages({
    prompt,
    mail: { visibleText: sources.visible, facts: mailFacts(message, settings.owner, known) },
    verdict: row.verdict as Verdict,
    thread: sources.thread,
    passages: sources.passages,
    style: null,
    instructions: instructionsFor(settings, row),
    corrections: [],
    ownerName: settings.owner.displayName,
    signature: settings.replies.signature !== '',
    canary,
    salt,
  })
  return {
    messages,
    omitted,
    schema: composedSchema,
    schemaName: 'compose',
    maxOutputTokens: prompt.maxOutputTokens,
    temperature: prompt.temperature,
    cacheKey: `replyd-compose-${prompt.hash}`,
  }
}

/** What the owner wants of every reply, and what a person asked for when they had this one written again. Both are trusted. */
function instructionsFor(
  settings: AccountSettings,
  { instruction }: Pick<MessageRow, 'instruction'>,
): string {
  if (!instruction) return settings.instructions
  return [settings.instructions, `For this reply: ${instruction}`].filter(Boolean).join('\n')
}

/** What the draft states without a source, and what must not go out at all; shown in the review, and reason to hold. */
export function checkDraft(
  prompt: Prompt,
  settings: AccountSettings,
  { row, message }: Pick<MailToAnswer, 'row' | 'message'>,
  sources: Sources,
  composed: Composed,
  marks: { salt: string; canary: string },
) {
  const { owner, replies } = settings
  const instructions = instructionsFor(settings, row)
  const ownNames = [owner.displayName ?? '', owner.address, ...owner.aliases, replies.signature]
  const passages = sources.passages.map(({ file, heading, text }) => ({
    source: heading === '' ? file : `${file} > ${heading}`,
    text: `${heading}\n${text}`,
  }))
  const trusted = [...passages.map(({ text }) => text), ...ownNames, instructions]
  const ours = sources.thread.filter(({ author }) => author === 'owner').map(({ text }) => text)
  const names = [row.fromName ?? '', row.fromAddress ?? '']
  const mail = `${row.subject ?? ''}\n${sources.visible}`
  const day = row.internalDate.toISOString().slice(0, 10)
  const thread = sources.thread.map(({ text }) => text)
  const claims = checkClaims(composed.text, [...trusted, ...thread, ...names, mail, day])
  const faults = outboundFaults(composed.text, {
    canaries: [marks.canary],
    knownLinks: linksOf([...trusted, ...ours]),
    knownAddresses: [
      ...addressesOf([...trusted, ...ours]),
      ...(replyHeader(message, owner, 'draft')?.to ?? []),
    ],
    promptText: prompt.body,
    salt: marks.salt,
  })
  const gaps = gapsOf({
    draft: composed.text,
    answers: composed.answers,
    given: [
      ...passages,
      ...ours.map((text) => ({ source: 'thread', text })),
      { source: 'instructions', text: instructions },
    ],
    own: [...ownNames, day],
    correspondent: row.fromName ?? '',
    mail,
  })
  return [
    ...claims,
    ...faults.map(({ fault, found }) => ({ claim: `${fault}: ${found}`, kind: 'fault' as const })),
    ...gaps,
  ]
}

/** The octets and the Message-ID are fixed here, before anything leaves. False when there is nobody to answer. */
async function store(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  sources: Sources,
  composed: Composed,
  marks: { salt: string; canary: string },
): Promise<boolean> {
  const { row } = mail
  const attemptGroup = (await loadReply(context.db, row.id))?.attemptGroup ?? 0
  const now = context.clock.now()
  const written = { text: composed.text, language: composed.language, attemptGroup }
  const built = await writtenReply(account.settings, mail, 'draft', written, now)
  if (!built) return false
  await saveComposed(
    context.db,
    {
      id: row.id,
      account: row.account,
      ...octetsOf('draft', built),
      reversePath: built.reversePath,
      subject: built.subject,
      text: composed.text,
      language: composed.language,
      confidence: composed.confidence,
      composed,
      claims: checkDraft(account.prompts.compose, account.settings, mail, sources, composed, marks),
      sources: sources.passages,
      holdReason: '',
      attemptGroup,
    },
    now,
  )
  return true
}
