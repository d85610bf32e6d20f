/** replyd's own facts about a mail, for the prompts: from its header, never from its text. */

import { nextOpening } from '../../config/business-hours.ts'
import type { OpenHours } from '../../config/settings.ts'
import type { Owner } from '../../mail/account.ts'
import { decodeWords, domainPart, parseAddressList, plainLine } from '../../mail/address.ts'
import { authentication } from '../../mail/authentication.ts'
import { mailboxes } from '../../mail/correspondents.ts'
import { firstField, type Message, type Part } from '../../mail/message.ts'
import { localTime } from './calendar.ts'
import type { Attachment, MailFacts } from './messages.ts'

/** Codes whose name alone does not tell a model enough. */
const explained: Readonly<Record<string, string>> = {
  'thread-stranger': 'answers a conversation that this address never took part in',
  'reply-to-mismatch': 'answers go to another organisation than From',
}

const listFields = ['list-id', 'list-unsubscribe', 'list-post', 'precedence', 'feedback-id', 'auto-submitted']

/** What the mail itself does not say. */
export interface Circumstances {
  /** INTERNALDATE. */
  receivedAt: Date
  firstContact: boolean | null
  /** The owner has written to the sender before; null: unknown. */
  writtenBefore: boolean | null
  /** The guard's reason; `ok` if no rule fired. */
  guardReason: string
  /** IANA name of the owner's zone. */
  timeZone: string
  businessHours: readonly OpenHours[] | null
}

export function mailFacts(message: Message, owner: Owner, known: Circumstances): MailFacts {
  const own = ownFacts(message, owner)
  // Not with a spread: objects that begin with one share no shape, so that each use of them takes longer.
  return {
    from: own.from,
    subject: own.subject,
    replyTo: own.replyTo,
    authentication: own.authentication,
    listHeaders: own.listHeaders,
    attachments: own.attachments,
    hiddenText: own.hiddenText,
    recipients: own.recipients,
    received: known.receivedAt,
    timeZone: known.timeZone,
    opening: openingOf(known),
    firstContact: known.firstContact,
    writtenBefore: known.writtenBefore,
    guard: known.guardReason === 'ok' ? null : (explained[known.guardReason] ?? known.guardReason),
  }
}

type OwnFacts = ReturnType<typeof readFacts>

/** Each question about a mail states them again. */
const read = new WeakMap<Message, { owner: Owner; facts: OwnFacts }>()

function ownFacts(message: Message, owner: Owner): OwnFacts {
  const known = read.get(message)
  if (known?.owner === owner) return known.facts
  const facts = readFacts(message, owner)
  read.set(message, { owner, facts })
  return facts
}

/** What the mail itself says. */
function readFacts(message: Message, owner: Owner) {
  const from = firstField(message, 'from') ?? ''
  const author = parseAddressList(from)[0]?.address ?? ''
  const found = authentication(message, owner.authservIds, domainPart(author))
  return {
    from: plainLine(decodeWords(from)),
    subject: plainLine(decodeWords(firstField(message, 'subject') ?? '')),
    replyTo: replyToOf(message, author),
    authentication: found === 'dmarc-fail' ? ('fail' as const) : found,
    listHeaders: listFields.filter((name) => firstField(message, name) !== null),
    attachments: attachmentsOf(message.structure),
    hiddenText: message.hiddenText,
    recipients: mailboxes(message, 'to').length + mailboxes(message, 'cc').length,
  }
}

function attachmentsOf(part: Part): Attachment[] {
  const { filename, type, size, children } = part
  const own = filename && children.length === 0 ? [{ name: filename, type, size }] : []
  return [...own, ...children.flatMap(attachmentsOf)].slice(0, 10)
}

/** Null if an answer goes to the author. */
function replyToOf(message: Message, author: string): string | null {
  const field = firstField(message, 'reply-to')
  const address = field === null ? undefined : parseAddressList(field)[0]?.address
  if (field === null || address === undefined || address === author) return null
  return plainLine(decodeWords(field))
}

function openingOf({ businessHours, receivedAt, timeZone }: Circumstances): string | null {
  if (businessHours === null) return null
  const opening = nextOpening(businessHours, receivedAt, timeZone)
  if (opening.getTime() === receivedAt.getTime()) return 'open now'
  return `closed now, opens ${localTime(opening, timeZone)}`
}

/** @param timeZone IANA name of the owner's zone */
export function knownOf(
  mail: {
    row: { internalDate: Date; codes: readonly string[] }
    firstContact: boolean | null
    writtenBefore: boolean | null
  },
  timeZone: string,
  businessHours: readonly OpenHours[] | null,
): Circumstances {
  const { row, firstContact, writtenBefore } = mail
  const guardReason = row.codes[0] ?? 'ok'
  return { receivedAt: row.internalDate, firstContact, writtenBefore, guardReason, timeZone, businessHours }
}
