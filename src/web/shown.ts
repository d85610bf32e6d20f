/** What the pages show of one mail, its conversation and its reply; read from the store, and on request from \Sent. */
import { PermanentError, TemporaryError } from '../base/errors.ts'
import { concerns, fromSent, maybeInSent, mostMessages, threadEntry } from '../compose/thread.ts'
import type { Account } from '../context.ts'
import type { Owner } from '../mail/account.ts'
import { decodeWords } from '../mail/address.ts'
import type { ReadAttachment } from '../mail/attachments.ts'
import { type Field, fieldValues, namedIds } from '../mail/message.ts'
import { parseFields, splitHeader } from '../mail/mime/octets.ts'
import { signatureFor } from '../mail/reply/sign-off.ts'
import { mailboxesAsText, standardEnvelope } from '../mail/reply/typed.ts'
import { visibleText } from '../mail/text/visible.ts'
import { isOpen, versionOf } from '../review/decide.ts'
import { Refusal } from '../review/review.ts'
import { type Insertable, insertables } from '../review/snippets.ts'
import { loadAttachments, loadMail, loadMails, type StoredMail } from '../store/bodies.ts'
import { type EarlierMail, mailsOfSender } from '../store/history.ts'
import { threadMates } from '../store/learning.ts'
import { findByMessageIds, loadMessage, type MessageRow } from '../store/messages.ts'
import { loadReply, type ReplyRow, repliesInThread } from '../store/replies.ts'
import { type Explained, explainMail } from '../store/review-lists.ts'
import { type Attachment, shownAttachments } from './attachments.ts'
import type { WebContext } from './web-context.ts'
import { unwrapped } from './words.ts'

/** Earlier mails of the sender that are listed. */
const listedPast = 5

/** Names and addresses as in the header. */
export interface Envelope {
  from: string
  to: string
  cc: string
  subject: string
}

export type Header = Pick<Envelope, 'to' | 'cc' | 'subject'>

export interface Earlier {
  /** Whose message it is, for people. */
  author: string
  own: boolean
  at: Date
  text: string
}

interface Conversation {
  /** Earlier messages of the conversation, oldest first. */
  thread: readonly Earlier[]
  /** Whether the owner's own mails in \\Sent are among them; `none`: the mail refers to none. */
  sent: 'none' | 'unread' | 'read' | 'unreadable'
}

export interface Shown extends Conversation {
  row: MessageRow
  reply: ReplyRow | null
  /** New text of the mail; null if it was removed. */
  text: string | null
  /** The complete text, quotes included. */
  whole: string | null
  hasHtml: boolean
  /** Of the mail. */
  envelope: Envelope
  attachments: readonly Attachment[]
  /** What the model was given of them; empty if it was given none. */
  read: readonly ReadAttachment[]
  /** The sender's other mails. */
  past: { latest: readonly EarlierMail[]; count: number; leftAlone: number }
  /** To, Cc and Subject of the reply, to be edited; null if the mail's text was removed. */
  header: Header | null
  /** Of the reply, as it will go out; null if there is none. */
  outgoing: Envelope | null
  signature: string
  explained: Explained
  version: string
  open: boolean
  /** How long a reply can be taken back after its approval, milliseconds. */
  undoMs: number
  /** Saved texts for the editor. */
  texts: readonly Insertable[]
  remote: boolean
}

/**
 * @param remote with the pictures that a formatted mail loads from elsewhere
 * @param withSent with the owner's own mails in \\Sent, which takes requests to the mailbox
 * @throws Refusal when there is no such mail
 */
export async function loadShown(
  web: WebContext,
  id: string,
  { remote = false, withSent = false }: { remote?: boolean; withSent?: boolean } = {},
): Promise<Shown> {
  const { db, accounts } = web.context
  const row = await loadMessage(db, id)
  if (row === null) throw new Refusal('not-found')
  const [mail, reply, explained] = [
    await loadMail(db, id),
    await loadReply(db, id),
    await explainMail(db, id),
  ]
  const sender = { account: row.account, address: row.fromAddress ?? '', exceptId: id }
  const settings = accounts.get(row.account)?.settings
  const replies = settings?.replies
  return {
    row,
    reply,
    text: mail === null ? null : unwrapped(visibleText(mail.message).text),
    whole: mail?.message.text ?? null,
    hasHtml: mail !== null && mail.message.html !== null,
    envelope: envelopeOf(mail?.message.fields ?? []),
    attachments: mail === null ? [] : shownAttachments(mail.message),
    read: (await loadAttachments(db, id)) ?? [],
    ...(mail === null ? { thread: [], sent: 'none' } : await threadOf(web, mail, withSent)),
    past:
      row.fromAddress === null
        ? { latest: [], count: 0, leftAlone: 0 }
        : await mailsOfSender(db, sender, listedPast),
    header: mail === null || settings === undefined ? null : headerOf(mail, settings.owner, reply),
    outgoing: reply === null ? null : envelopeOf(parseFields(splitHeader(reply.octets))),
    signature: replies === undefined ? '' : signatureFor(replies, reply?.language ?? null),
    explained,
    version: versionOf(reply?.text ?? '', reply?.envelope),
    open: isOpen({ row, reply }),
    undoMs: replies?.undoMs ?? 0,
    texts: settings === undefined ? [] : await insertables(web, settings, row.fromName),
    remote,
  }
}

function headerOf({ message }: StoredMail, owner: Owner, reply: ReplyRow | null): Header {
  const { to, cc, subject } = { ...standardEnvelope(message, owner), ...reply?.envelope }
  return { to: mailboxesAsText(to), cc: mailboxesAsText(cc), subject }
}

function envelopeOf(fields: readonly Field[]): Envelope {
  const of = (name: string) => fieldValues({ fields }, name).map(decodeWords).join(', ')
  return { from: of('from'), to: of('to'), cc: of('cc'), subject: of('subject') }
}

/**
 * The earlier messages that replyd knows, as far as this sender took part in them.
 * @param withSent also what the owner wrote from another mail client, which takes requests to the mailbox
 */
async function threadOf({ context }: WebContext, mail: StoredMail, withSent: boolean): Promise<Conversation> {
  const { db, accounts } = context
  const { row } = mail
  const account = accounts.get(row.account)
  if (account === undefined) return { thread: [], sent: 'none' }
  const named = namedIds(mail.message).thread.slice(-mostMessages)
  const rows = await findByMessageIds(db, row.account, named)
  const ids = [...new Set([...rows.map(({ id }) => id), ...(await threadMates(db, row.id, mostMessages))])]
  const others = (await loadMails(db, ids)).filter((each) => each.row.id !== row.id)
  const replies = (await repliesInThread(db, row.account, named, ids)).filter(({ id }) => id !== row.id)
  const known = new Set(
    [row, ...others.map((each) => each.row)]
      .flatMap(({ messageId }) => messageId ?? [])
      .concat(replies.map(({ replyMessageId }) => replyMessageId)),
  )
  const addressees = [row.fromAddress ?? '']
  const question = { named, known, addressees }
  const sent = withSent ? await ownSent(account, mail, question) : null
  const thread = [
    ...others
      .filter(({ message }) => concerns(message, addressees))
      .map((each) => received(each, account, row.fromAddress)),
    ...replies.map(({ text, finishedAt, createdAt }) => own(finishedAt ?? createdAt, text)),
    ...(sent ?? []),
  ]
  return {
    thread: thread
      .filter(({ text }) => text.trim() !== '')
      .sort((one, other) => one.at.getTime() - other.at.getTime()),
    sent: withSent ? (sent === null ? 'unreadable' : 'read') : unreadSent(mail, question),
  }
}

const unreadSent = (mail: StoredMail, question: Parameters<typeof maybeInSent>[1]) =>
  maybeInSent(mail, question) ? 'unread' : 'none'

const own = (at: Date, text: string): Earlier => ({ author: 'You', own: true, at, text })

function received({ message, row }: StoredMail, { settings }: Account, sender: string | null): Earlier {
  const { author, at, text } = threadEntry(message, row.internalDate, settings.owner, sender)
  return { author: row.fromName || row.fromAddress || 'Nobody', own: author === 'owner', at, text }
}

/** Null if the mailbox can't be read now. */
async function ownSent(
  account: Account,
  mail: StoredMail,
  question: Parameters<typeof fromSent>[2],
): Promise<Earlier[] | null> {
  try {
    const { found } = await fromSent(account, mail, question)
    return found.map(({ entry: { at, text } }) => own(at, text))
  } catch (error) {
    if (!(error instanceof TemporaryError || error instanceof PermanentError)) throw error
    return null
  }
}
