/** The conversation so far, for compose: what the store holds, and the owner's own mails from \Sent. */
import type { ThreadEntry } from '../judgement/prompt.ts'
import type { Owner } from '../mail/account.ts'
import { parseAddressList } from '../mail/address.ts'
import { firstField, type Message } from '../mail/message.ts'
import { parseOctets } from '../mail/octets.ts'
import { visibleText } from '../mail/text/visible.ts'
import { loadMails, type StoredMail } from '../store/bodies.ts'
import { namedIds } from '../store/gate-context.ts'
import { findByMessageIds } from '../store/messages.ts'
import { repliesByMessageId } from '../store/replies.ts'
import type { Account, StepContext } from './context.ts'

/** Earlier messages that are looked up, the latest of the thread. */
export const mostMessages = 8
/** Octets of a mail from \Sent that are read. */
const longestSource = 64 * 1024

/** Oldest first, each cut to its new text; without the mail itself. */
export async function loadThread(
  context: StepContext,
  account: Account,
  mail: StoredMail,
): Promise<ThreadEntry[]> {
  const ids = namedIds(mail.message).thread.slice(-mostMessages)
  if (ids.length === 0) return []
  const rows = await findByMessageIds(context.db, mail.row.account, ids)
  const stored = await loadMails(
    context.db,
    rows.map(({ id }) => id),
  )
  const replies = await repliesByMessageId(context.db, mail.row.account, ids)
  const known = new Set([
    ...stored.map(({ row }) => row.messageId),
    ...replies.map(({ replyMessageId }) => replyMessageId),
  ])
  const entries: ThreadEntry[] = [
    ...stored.map(({ row, message }) =>
      threadEntry(message, row.internalDate, account.settings.owner, mail.row.fromAddress),
    ),
    ...replies.map(({ text, finishedAt, createdAt }) => ({
      author: 'owner' as const,
      at: finishedAt ?? createdAt,
      text,
    })),
    ...(await fromSent(
      account,
      ids.filter((id) => !known.has(id)),
      mail,
    )),
  ]
  return entries
    .filter(({ text }) => text.trim() !== '')
    .sort((one, other) => one.at.getTime() - other.at.getTime())
}

/** @param sender who wrote the mail that is answered */
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

async function fromSent(account: Account, ids: readonly string[], mail: StoredMail): Promise<ThreadEntry[]> {
  if (ids.length === 0) return []
  const { sent } = await account.imap.specialMailboxes()
  if (sent === null) return []
  const { uidValidity } = await account.imap.state(sent)
  const entries: ThreadEntry[] = []
  for (const id of ids) {
    const uid = (await account.imap.findByMessageId(sent, id)).at(-1)
    const octets =
      uid === undefined ? null : await account.imap.fetchSource(sent, uidValidity, uid, longestSource)
    if (octets === null) continue
    const message = parseOctets(octets)
    const date = new Date(firstField(message, 'date') ?? '')
    const at = Number.isNaN(date.getTime()) ? mail.row.internalDate : date
    const entry = threadEntry(message, at, account.settings.owner, mail.row.fromAddress)
    entries.push({ ...entry, author: 'owner' })
  }
  return entries
}
