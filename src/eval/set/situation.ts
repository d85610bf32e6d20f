/**
 * The situation in which each mail of a set arrives: the mailbox at that time, and what the daemon would know about
 * it.
 */

import type { GuardCode } from '../../base/reasons.ts'
import type { Verdict } from '../../base/verdicts.ts'
import { type MailToAnswer, mostEarlier, passagesFor, primary, type Sources } from '../../compose/step.ts'
import { concerns, threadEntry } from '../../compose/thread.ts'
import { parseAddressList } from '../../mail/address.ts'
import { mailboxes } from '../../mail/correspondents.ts'
import { fieldValues, type Message, namedIds } from '../../mail/message.ts'
import { replyAddressees } from '../../mail/reply/build.ts'
import { visibleText } from '../../mail/text/visible.ts'
import type { ThreadEntry } from '../../model/prompts/messages.ts'
import type { Prompts } from '../../model/prompts.ts'
import { ownMailOf, stylesOf } from '../../observe/style.ts'
import type { KnownOfMail } from '../judging.ts'
import { rowToAnswer } from '../situation.ts'
import type { EvalSet, OlderMail, SetMail } from './read.ts'
import { fixedMarks } from './recorded.ts'

const addressOf = (message: Message) => mailboxes(message, 'from')[0]?.address.toLowerCase() ?? null
const addresseesOf = (message: Message) =>
  ['to', 'cc']
    .flatMap((name) => fieldValues(message, name).flatMap(parseAddressList))
    .map(({ address }) => address)

/** What was in the mailbox before the mail arrived. */
function before({ older, mails }: EvalSet, { received }: SetMail): OlderMail[] {
  const arrived = mails
    .filter((mail) => mail.received < received)
    .map(({ message, received: at }) => ({ message, id: namedIds(message).own, at, own: false }))
  return [...older, ...arrived].filter(({ at }) => at < received)
}

function threadOf(set: EvalSet, mail: SetMail): { mails: OlderMail[]; entries: ThreadEntry[] } {
  const { owner } = set.account
  const ids = new Set(namedIds(mail.message).thread)
  const addressees = replyAddressees(mail.message, owner, 'draft')
  const named = before(set, mail).filter(({ id }) => id !== null && ids.has(id))
  const sender = addressOf(mail.message)
  const entries = named
    .filter(({ message }) => addressees.length > 0 && concerns(message, addressees))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map(({ message, at }) => threadEntry(message, at, owner, sender))
    .filter(({ text }) => text.trim() !== '')
  return { mails: named, entries }
}

/** For guard and triage. */
export function knownOfMail(set: EvalSet, mail: SetMail): KnownOfMail {
  const sender = addressOf(mail.message)
  const lay = before(set, mail)
  const thread = threadOf(set, mail)
  const participants = thread.mails.flatMap(({ message }) => [
    addressOf(message) ?? '',
    ...addresseesOf(message),
  ])
  return {
    arrivedAt: mail.received,
    timeZone: set.config.budget.timeZone,
    firstContact: !lay.some(({ message }) => addressOf(message) === sender),
    writtenBefore: wroteTo(lay, sender),
    thread: thread.entries,
    history: thread.mails.length > 0 ? { threadParticipants: [...new Set(participants)] } : {},
    salt: fixedMarks.salt,
  }
}

const wroteTo = (lay: readonly OlderMail[], sender: string | null) =>
  lay.some(({ own, message }) => own && sender !== null && addresseesOf(message).includes(sender))

/** For compose and check. @param codes of the guard */
export function toAnswer(
  set: EvalSet,
  mail: SetMail,
  prompts: Prompts,
  verdict: Verdict,
  codes: readonly GuardCode[],
): { mail: MailToAnswer; sources: Sources } {
  const { message } = mail
  const { firstContact, writtenBefore } = knownOfMail(set, mail)
  const row = rowToAnswer(message, mail.received, verdict, codes)
  const { subject } = row
  const visible = visibleText(message).text
  const thread = threadOf(set, mail).entries
  const sources = {
    thread,
    unread: 0,
    stranger: false,
    earlier: earlierOf(set, mail),
    style: styleOf(set, mail, verdict.language),
    corrections: [],
    passages: passagesFor(prompts.compose, set.knowledge, { subject, visible, verdict, thread }),
    visible,
  }
  return { mail: { row, message, firstContact, writtenBefore }, sources }
}

/** What the owner wrote to the same addresses in other threads. */
function earlierOf(set: EvalSet, mail: SetMail): ThreadEntry[] {
  const { owner } = set.account
  const addressees = replyAddressees(mail.message, owner, 'draft')
  const ids = new Set(namedIds(mail.message).thread)
  return before(set, mail)
    .filter(
      ({ own, id, message }) =>
        own && !(id !== null && ids.has(id)) && addressees.length > 0 && concerns(message, addressees),
    )
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-mostEarlier)
    .map(({ message, at }) => ({ ...threadEntry(message, at, owner, null), author: 'owner' as const }))
}

function styleOf(set: EvalSet, mail: SetMail, language: string) {
  const own = before(set, mail).flatMap(({ own: isOwn, message }) =>
    isOwn ? (ownMailOf(message) ?? []) : [],
  )
  return stylesOf(own)[primary(language)] ?? null
}
