/**
 * The owner's own answers and the mails they answered, read from the mailbox. Every mailbox is opened with EXAMINE
 * (RFC 3501 section 6.3.2), followed only by LIST, SEARCH and FETCH of BODY.PEEK: nothing can change.
 */
import type { ImapFlow, ListResponse } from 'imapflow'
import { ConfigError } from '../base/errors.ts'
import { mostEarlier } from '../compose/step.ts'
import type { OwnMail } from '../compose/style.ts'
import { concerns, mostMessages } from '../compose/thread.ts'
import type { AccountSettings } from '../config/settings.ts'
import { bareId, findById, search, uidsSince } from '../imap/search.ts'
import { messageIds } from '../mail/address.ts'
import { mailboxes as addressesIn } from '../mail/correspondents.ts'
import { fieldValues, firstField, type Message, namedIds } from '../mail/message.ts'
import { parseFields } from '../mail/mime/header.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { replyAddressees } from '../mail/reply/build.ts'
import type { Style } from '../model/prompts/messages.ts'
import { isByHand, mostMails, ownMailOf, stylesOf } from '../observe/style.ts'

export interface PastMail {
  message: Message
  /** INTERNALDATE. */
  at: Date
}

export interface PastAnswer {
  /** Message-ID of the answered mail. */
  id: string
  original: PastMail
  /** What the owner wrote. */
  answer: PastMail
  /** Recipients of a reply. */
  addressees: readonly string[]
  /**
   * Earlier messages of the thread that concern them, as far as they could be found; none is newer than the original.
   */
  thread: PastMail[]
  /** What the owner had written to them in other threads, latest ones. */
  earlier: PastMail[]
  /** There was no earlier mail from this sender. */
  firstContact: boolean
}

export interface Past {
  answers: PastAnswer[]
  /** How the owner wrote before the examined period, by language. */
  styles: Readonly<Record<string, Style>>
  /** Answers in \Sent since then, and those whose original was not found. */
  sent: number
  lost: number
}

/** Octets of one mail that are read. */
const longestMail = 256 * 1024
/** \Sent is scanned by header in pieces of this many mails. */
const piece = 500
const mostMailboxes = 40
/** Octets of one mail that only serves to learn the style, and mails read at once for it. */
const longestOwn = 32 * 1024
const stylePiece = 50
/** Answers that are read with their originals between two checks of the deadline. */
const answeredPiece = 50
const dayMs = 86_400_000

/** @throws ConfigError when there is no \Sent */
export async function readPast(
  client: ImapFlow,
  settings: AccountSettings,
  { since, limit }: { since: Date; limit: number },
): Promise<Past> {
  const listed = await client.list()
  const sent = sentOf(listed, settings)
  const named = await answersNamed(client, sent, since)
  const wanted = await readAnswers(client, named, settings, limit)
  const places = [...placesOf(listed, settings), sent]
  const originals = await findAll(
    client,
    places,
    wanted.map(({ id }) => id),
  )
  const threadIds = [...originals.values()].flatMap(({ message }) => threadOf(message))
  const earlier = await findAll(client, places, threadIds)
  const known = await senders(client, settings.mailbox, originals)
  const answers: PastAnswer[] = []
  for (const { id, answer } of wanted) {
    const original = originals.get(bareId(id))
    if (!original || original.at > answer.at) continue
    const addressees = replyAddressees(original.message, settings.owner, 'draft')
    const thread = threadOf(original.message)
      .flatMap((each) => earlier.get(bareId(each)) ?? [])
      .filter(({ message, at }) => at <= original.at && concerns(message, addressees))
    const others = await writtenTo(client, sent, addressees, original)
    const firstContact = thread.length === 0 && others.length === 0 && !known.has(original)
    answers.push({ id, original, answer, addressees, thread, earlier: others, firstContact })
  }
  const styles = await stylesBefore(client, sent, since, settings)
  return { answers, styles, sent: named.length, lost: wanted.length - answers.length }
}

/** An answer of the owner's and the mail that it answers. */
export interface Answered {
  /** Message-ID of the answered mail. */
  id: string
  original: PastMail
  answer: PastMail
}

/**
 * The owner's answers since then, newest first, with the mails that they answer; no thread, no style.
 * @param isOver asked before each piece: whether the time or the memory is used up
 * @throws ConfigError when there is no \Sent
 */
export async function readAnswered(
  client: ImapFlow,
  settings: AccountSettings,
  { since, limit, isOver }: { since: Date; limit: number; isOver: (read: readonly PastMail[]) => boolean },
): Promise<{ answered: Answered[]; sent: number; cut: boolean }> {
  const listed = await client.list()
  const sent = sentOf(listed, settings)
  const named = await answersNamed(client, sent, since)
  const answered: Answered[] = []
  const read: PastMail[] = []
  // In pieces, so that the answers read by the deadline are complete.
  for (let start = 0; start < named.length && answered.length < limit; start += answeredPiece) {
    if (isOver(read)) return { answered, sent: named.length, cut: true }
    await open(client, sent)
    const wanted = await readAnswers(client, named.slice(start, start + answeredPiece), settings, limit)
    const ids = wanted.map(({ id }) => id)
    const originals = await findAll(client, [...placesOf(listed, settings), sent], ids)
    for (const { id, answer } of wanted) {
      const original = originals.get(bareId(id))
      if (original && original.at <= answer.at) answered.push({ id, original, answer })
    }
    read.push(...originals.values(), ...wanted.map(({ answer }) => answer))
  }
  return {
    answered: answered.slice(0, limit),
    sent: named.length,
    cut: answered.length >= limit && named.length > limit,
  }
}

/** @throws ConfigError */
function sentOf(listed: readonly ListResponse[], { mailboxes }: AccountSettings): string {
  const sent = mailboxes.sent ?? listed.find(({ specialUse }) => specialUse === '\\Sent')?.path
  if (!sent) throw new ConfigError('There is no Sent mailbox: name it in mailboxes.sent')
  return sent
}

/** From mail older than the compared period: otherwise the answers themselves would teach how to write them. */
async function stylesBefore(client: ImapFlow, sent: string, since: Date, { owner }: AccountSettings) {
  if ((await open(client, sent)) === 0) return {}
  const uids = (await search(client, { before: midnightOf(since) })).slice(-mostMails)
  const mails: OwnMail[] = []
  for (let start = 0; start < uids.length; start += stylePiece) {
    const query = { uid: true, source: { start: 0, maxLength: longestOwn } }
    for (const { source } of await client.fetchAll(uids.slice(start, start + stylePiece), query, {
      uid: true,
    })) {
      const message = parseOctets(source ?? Buffer.alloc(0))
      const own = isByHand(message, owner) ? ownMailOf(message) : null
      if (own !== null) mails.push(own)
    }
  }
  return stylesOf(mails)
}

/** Mail to all of these before that day, in other threads; oldest first. */
async function writtenTo(client: ImapFlow, sent: string, addressees: readonly string[], original: PastMail) {
  const [to] = addressees
  if (to === undefined || (await open(client, sent)) === 0) return []
  const ofThread = new Set(threadOf(original.message).map(bareId))
  const found: PastMail[] = []
  for (const uid of (await search(client, { to, before: midnightOf(original.at) })).slice(-2 * mostEarlier)) {
    const mail = await read(client, uid)
    const id = mail ? namedIds(mail.message).own : null
    if (
      mail &&
      mail.at < original.at &&
      concerns(mail.message, addressees) &&
      !ofThread.has(bareId(id ?? ''))
    )
      found.push(mail)
  }
  return found.slice(-mostEarlier)
}

/** imapflow adds a day to a BEFORE that names an hour. */
const midnightOf = (at: Date) => new Date(Math.floor(at.getTime() / dayMs) * dayMs)

const threadOf = (message: Message) => namedIds(message).thread.slice(-mostMessages)

async function open(client: ImapFlow, path: string): Promise<number> {
  const mailbox = await client.mailboxOpen(path, { readOnly: true })
  return mailbox.exists
}

interface Named {
  uid: number
  /** Message-ID of the mail it answers. */
  id: string
}

/**
 * Answers that a person wrote since then, the latest per mail, newest first: an automatic one is marked (RFC 3834
 * section 5).
 */
async function answersNamed(client: ImapFlow, sent: string, since: Date): Promise<Named[]> {
  if ((await open(client, sent)) === 0) return []
  const uids = (await uidsSince(client, since)).sort((a, b) => b - a)
  const named = new Map<string, Named>()
  for (let start = 0; start < uids.length; start += piece) {
    const query = { uid: true, internalDate: true, headers: ['in-reply-to', 'references', 'auto-submitted'] }
    const rows = await client.fetchAll(uids.slice(start, start + piece), query, { uid: true })
    for (const { uid, headers, internalDate } of rows.sort((a, b) => b.uid - a.uid)) {
      const header = { fields: parseFields(headers ?? Buffer.alloc(0)) }
      const id = answeredId(header)
      if (id === null || named.has(id) || isAutomatic(header)) continue
      if (new Date(internalDate ?? 0) >= since) named.set(id, { uid, id })
    }
  }
  return [...named.values()]
}

async function readAnswers(
  client: ImapFlow,
  named: readonly Named[],
  { owner }: AccountSettings,
  limit: number,
): Promise<{ id: string; answer: PastMail }[]> {
  const own = [owner.address, ...owner.aliases]
  const answers: { id: string; answer: PastMail }[] = []
  for (const { uid, id } of named) {
    if (answers.length >= limit) break
    const answer = await read(client, uid)
    const author = answer ? addressesIn(answer.message, 'from')[0]?.address.toLowerCase() : undefined
    if (answer && (author === undefined || own.includes(author))) answers.push({ id, answer })
  }
  return answers
}

function answeredId(header: Pick<Message, 'fields'>): string | null {
  const ids = (name: string) => fieldValues(header, name).flatMap(messageIds)
  return ids('in-reply-to')[0] ?? ids('references').at(-1) ?? null
}

const isAutomatic = (header: Pick<Message, 'fields'>) =>
  /^auto-/i.test(firstField(header, 'auto-submitted') ?? '')

async function read(client: ImapFlow, uid: number): Promise<PastMail | null> {
  const query = { uid: true, internalDate: true, source: { start: 0, maxLength: longestMail } }
  const row = await client.fetchOne(String(uid), query, { uid: true })
  if (!row || row.source === undefined) return null
  return { message: parseOctets(row.source), at: new Date(row.internalDate ?? 0) }
}

/** Where received mail may be, the watched mailbox first; never \Drafts, \Junk and \Trash. */
function placesOf(listed: readonly ListResponse[], { mailbox, mailboxes }: AccountSettings): string[] {
  const others = listed.filter(
    ({ path, flags, specialUse }) =>
      !flags.has('\\Noselect') &&
      !['\\Drafts', '\\Junk', '\\Trash', '\\Sent', '\\Flagged'].includes(specialUse ?? '') &&
      ![mailbox, mailboxes.drafts, mailboxes.junk, mailboxes.sent].includes(path),
  )
  const rank = ({ specialUse }: ListResponse) => ['\\All', '\\Archive'].indexOf(specialUse ?? '')
  const ordered = others.sort((a, b) => Number(rank(a) < 0) - Number(rank(b) < 0)).map(({ path }) => path)
  return [mailbox, ...ordered].slice(0, mostMailboxes)
}

/** The mails with these Message-IDs, by id without brackets, from the first mailbox that has one. */
async function findAll(client: ImapFlow, places: readonly string[], ids: readonly string[]) {
  const found = new Map<string, PastMail>()
  for (const place of places) {
    const missing = [...new Set(ids.map(bareId))].filter((id) => !found.has(id))
    if (missing.length === 0) break
    if ((await open(client, place)) === 0) continue
    for (const id of missing) {
      const uid = (await findById(client, ['message-id'], id, undefined)).at(-1)
      const mail = uid === undefined ? null : await read(client, uid)
      if (mail) found.set(id, mail)
    }
  }
  return found
}

/** Those whose senders had written before that day (SEARCH knows days). */
async function senders(client: ImapFlow, mailbox: string, originals: ReadonlyMap<string, PastMail>) {
  const known = new Set<PastMail>()
  if ((await open(client, mailbox)) === 0) return known
  for (const original of originals.values()) {
    const from = addressesIn(original.message, 'from')[0]?.address
    if (from && (await search(client, { from, before: midnightOf(original.at) })).length > 0)
      known.add(original)
  }
  return known
}
