/** The conversation so far, for compose: from the store, and the owner's own mails in \Sent. */

import type { Account, Arrival } from '../context.ts'
import type { Owner } from '../mail/account.ts'
import { parseAddressList } from '../mail/address.ts'
import { comparable } from '../mail/correspondents.ts'
import { fieldValues, firstField, type Message, namedIds } from '../mail/message.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { ThreadEntry } from '../model/prompts/messages.ts'
import { loadMails, type StoredMail } from '../store/bodies.ts'
import { threadMates } from '../store/learning.ts'
import { findByMessageIds } from '../store/messages.ts'
import { repliesInThread } from '../store/replies.ts'

/** Earlier messages that are loaded: the latest of the thread. */
export const mostMessages = 30
/** Of those in \Sent, each of which needs a separate search. */
const mostSent = 8
/** Octets of a mail from \Sent that are read. */
const longestSource = 64 * 1024

export interface Thread {
  /** Oldest first, each cut to its new text; without the mail itself. */
  entries: ThreadEntry[]
  /** Message-IDs of the entries, and those that the mail names. */
  ids: string[]
  /** Messages that were not loaded because the thread is too long. */
  unread: number
  /** The mail names one of the owner's own mails that went only to other people: somebody else has read it. */
  stranger: boolean
}

interface SentMail {
  id: string | null
  entry: ThreadEntry
}

/**
 * A mail may name any Message-ID it likes, so its thread includes only what every addressee of the reply wrote or
 * received.
 * @param addressees recipients of the reply
 */
export async function loadThread(
  { context, account, mail }: Arrival,
  addressees: readonly string[],
): Promise<Thread> {
  const { row } = mail
  const named = namedIds(mail.message).thread
  // Most mail begins a thread.
  if (named.length === 0 && row.threadId === null) return { entries: [], ids: [], unread: 0, stranger: false }
  const ids = named.slice(-mostMessages)
  const rows = await findByMessageIds(context.db, row.account, ids)
  // Few servers number threads.
  const numbered = row.threadId === null ? [] : await threadMates(context.db, row.id, mostMessages)
  const mates = [...rows.map(({ id }) => id), ...numbered]
  const stored = await loadMails(
    context.db,
    mates.filter((id) => id !== row.id),
  )
  const replies = await repliesInThread(context.db, row.account, ids, mates)
  const received = stored.map((each) => receivedMail(each, account, row.fromAddress))
  const found: SentMail[] = [
    ...received
      .filter(({ message }) => concerns(message, addressees))
      .map(({ id, entry }) => ({ id, entry: unproven(entry) })),
    ...replies
      .filter((reply) => areAmong(addressees, reply.addressees))
      .map(({ replyMessageId, text, finishedAt, createdAt }) => ({
        id: replyMessageId,
        entry: { author: 'owner' as const, at: finishedAt ?? createdAt, text },
      })),
  ]
  const known = new Set(
    [
      row.messageId,
      ...received.filter(({ entry }) => entry.author !== 'owner').map(({ id }) => id),
      ...replies.map((each) => each.replyMessageId),
    ].filter((id) => id !== null),
  )
  const sent = await fromSent(account, mail, { named: ids, known, addressees })
  found.push(...sent.found)
  const unique = [...new Map(found.map((each) => [each.id ?? each, each])).values()]
  const entries = unique
    .map(({ entry }) => entry)
    .filter(({ text }) => text.trim() !== '')
    .sort((one, other) => one.at.getTime() - other.at.getTime())
  const foundIds = unique.flatMap(({ id }) => (id === null ? [] : [id]))
  return {
    entries,
    ids: [...new Set([...ids, ...foundIds])],
    unread: named.length - ids.length,
    stranger: sent.stranger,
  }
}

const receivedMail = ({ row, message }: StoredMail, { settings }: Account, sender: string | null) => ({
  id: row.messageId,
  message,
  entry: threadEntry(message, row.internalDate, settings.owner, sender),
})

/**
 * Anybody can write the owner's address into From, and what the owner wrote is a source for replies: only \\Sent, which
 * is asked for such a mail, can confirm it.
 */
const unproven = (entry: ThreadEntry): ThreadEntry =>
  entry.author === 'owner' ? { ...entry, author: 'other' } : entry

export function concerns(message: Message, addressees: readonly string[]): boolean {
  const present = ['from', 'to', 'cc'].flatMap((name) =>
    fieldValues(message, name)
      .flatMap(parseAddressList)
      .map(({ address }) => address),
  )
  return areAmong(addressees, present)
}

/** Ignores case: the owner may have written to `kim@`, and the answer may come from `Kim@`. */
function areAmong(addressees: readonly string[], present: readonly string[]): boolean {
  const known = new Set(present.map(comparable))
  return addressees.every((each) => known.has(comparable(each)))
}

/** @param sender author of the answered mail */
export function threadEntry(
  message: Message,
  at: Date,
  { address, aliases }: Pick<Owner, 'address' | 'aliases'>,
  sender: string | null,
): ThreadEntry {
  const from = parseAddressList(firstField(message, 'from') ?? '')[0]?.address
  const own = from === address || aliases.includes(from ?? '')
  const author = own ? 'owner' : from === sender ? 'sender' : 'other'
  return { author, at, text: visibleText(message).text }
}

interface SentQuestion {
  /** Message-IDs that the mail names. */
  named: readonly string[]
  /** Those of them that are in the store. */
  known: ReadonlySet<string>
  addressees: readonly string[]
}

const unknownIds = ({ named, known }: Pick<SentQuestion, 'named' | 'known'>) =>
  named.filter((id) => !known.has(id)).slice(-mostSent)

/** Whether \\Sent is worth searching. */
export const maybeInSent = ({ row }: StoredMail, question: Pick<SentQuestion, 'named' | 'known'>): boolean =>
  row.threadId !== null || unknownIds(question).length > 0

/** The owner's own mails: by Message-ID, and by thread if the server supports it (Gmail, RFC 8474). */
export async function fromSent(
  account: Account,
  mail: StoredMail,
  { named, known, addressees }: SentQuestion,
): Promise<{ found: SentMail[]; stranger: boolean }> {
  const wanted = unknownIds({ named, known })
  const nothing = { found: [], stranger: false }
  if (!maybeInSent(mail, { named, known })) return nothing
  const { sent } = await account.imap.specialMailboxes()
  if (sent === null) return nothing
  const { uidValidity } = await account.imap.state(sent)
  const uids = new Set<number>()
  for (const id of wanted)
    for (const uid of (await account.imap.findByMessageId(sent, id)).slice(-1)) uids.add(uid)
  if (mail.row.threadId !== null) {
    for (const uid of (await account.imap.findByThread(sent, mail.row.threadId)).slice(-mostSent))
      uids.add(uid)
  }
  const found: SentMail[] = []
  let foreign = false
  for (const uid of uids) {
    const octets = await account.imap.fetchSource(sent, uidValidity, uid, longestSource)
    const message = octets === null ? null : parseOctets(octets)
    const id = message === null ? null : namedIds(message).own
    if (message === null || (id !== null && known.has(id))) continue
    if (!concerns(message, addressees)) {
      foreign ||= id !== null && wanted.includes(id)
      continue
    }
    const date = new Date(firstField(message, 'date') ?? '')
    const at = Number.isNaN(date.getTime()) ? mail.row.internalDate : date
    const entry = threadEntry(message, at, account.settings.owner, mail.row.fromAddress)
    found.push({ id, entry: { ...entry, author: 'owner' } })
  }
  return { found, stranger: foreign && found.length === 0 }
}
