/** What a draft states without a source, and what must not go out at all; without a model. */

import { addressesOf, checkClaims, linksOf, outboundFaults } from '../check/claims.ts'
import { gapsOf } from '../check/grounds.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { Message } from '../mail/message.ts'
import { replyHeader } from '../mail/reply/build.ts'
import type { Prompt } from '../model/prompts/messages.ts'
import type { MessageRow } from '../store/messages.ts'
import type { Composed } from '../triage/verdict.ts'
import type { Sources } from './sources.ts'

/** What has to be known of a mail to answer it; the backtest has no row. */
export interface MailToAnswer {
  row: Pick<
    MessageRow,
    'internalDate' | 'codes' | 'verdict' | 'instruction' | 'fromName' | 'fromAddress' | 'subject'
  >
  message: Message
  firstContact: boolean | null
}

/** What the owner wants of every reply, and what a person asked for when they had this one written again. Both are trusted. */
export function instructionsFor(
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
  const ownNames = [owner.displayName ?? '', owner.address, ...owner.aliases, replies.signature]
  const passages = sources.passages.map(({ file, heading, text }) => ({
    source: heading === '' ? file : `${file} > ${heading}`,
    text: `${heading}\n${text}`,
  }))
  const own = [...ownNames, sources.style?.greeting ?? '', sources.style?.closing ?? '']
  const ours = [
    ...sources.thread
      .filter(({ author }) => author === 'owner')
      .map(({ text }) => ({ source: 'thread', text })),
    ...sources.earlier.map(({ text }) => ({ source: 'earlier', text })),
  ]
  // Not the owner's instructions: they are for the writer, and what may be told stands in the knowledge folder.
  const vouched = [...passages, ...ours]
  const names = [row.fromName ?? '', row.fromAddress ?? '']
  const trusted = [...vouched.map(({ text }) => text), ...own]
  const mail = `${row.subject ?? ''}\n${sources.visible}`
  const day = row.internalDate.toISOString().slice(0, 10)
  const thread = sources.thread.map(({ text }) => text)
  // What a person asked for when they had it written again: they see the result before anything becomes of it.
  const wish = row.instruction ?? ''
  const claims = checkClaims(composed.text, [...trusted, ...thread, ...names, mail, day, wish])
  const faults = outboundFaults(composed.text, {
    canaries: [marks.canary],
    knownLinks: linksOf(trusted),
    knownAddresses: [...addressesOf(trusted), ...(replyHeader(message, owner, 'draft')?.to ?? [])],
    promptText: prompt.body,
    instructions: settings.instructions,
    quotable: [...trusted, mail],
    salt: marks.salt,
  })
  const gaps = gapsOf({
    draft: composed.text,
    answers: composed.answers,
    given: vouched,
    own: [...own, day],
    correspondent: row.fromName ?? '',
    mail,
  })
  return [
    ...claims,
    ...faults.map(({ fault, found }) => ({ claim: `${fault}: ${found}`, kind: 'fault' as const })),
    ...gaps,
  ]
}
