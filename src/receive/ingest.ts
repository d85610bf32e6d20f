/**
 * Ingest: stores each mail once. The cursor moves in the same statement as the rows, so a crash repeats but never
 * skips.
 */

import { hash } from 'node:crypto'
import type { Account, StepContext } from '../context.ts'
import type { Fetched } from '../imap/imap.ts'
import { decodeWords, type Mailbox, parseAddressList, plainLine } from '../mail/address.ts'
import type { Fault } from '../mail/fault.ts'
import { firstField, type Message } from '../mail/message.ts'
import { messageFromParts } from '../mail/mime/octets.ts'
import { earlierDigest, isEarlierDigest, mailDigest } from '../mail/same-mail.ts'
import { cacheMails, type MailBody, type StoredMail } from '../store/bodies.ts'
import type { Queryable } from '../store/database.ts'
import {
  type Guarded,
  type Ingested,
  type NewMail,
  type NewMessage,
  newRow,
  storeIngested,
} from '../store/ingested.ts'
import { findKnownMails, type KnownMail, relocateMessage } from '../store/messages.ts'
import { storableText } from '../store/storable.ts'

/** Where a batch was read, and the lease under which that may be committed. */
export interface MailSource {
  mailbox: string
  uidValidity: string
  /** See Cursor. */
  baselineAt: Date
  renumberedUid: number
  lease: { name: string; fence: number } | null
}

/** Another process now watches this mailbox: nothing of the batch was stored. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

const longestSubject = 500
const longestHtml = 256 * 1024

/** Judges mails before they are stored; those without a verdict stay at `guard`. By the ids of the mails. */
export type Judge = (mails: readonly NewMail[]) => Promise<ReadonlyMap<string, Guarded>>

/**
 * Commits a batch and moves the cursor to its last UID. Returns the new mails, except those that need nothing: known
 * ones, and those from before the baseline.
 */
export async function ingest(
  context: StepContext,
  account: Account,
  source: MailSource,
  batch: readonly Fetched[],
  judge: Judge = async () => new Map(),
): Promise<StoredMail[]> {
  const now = context.clock.now()
  const address = account.settings.owner.address
  const read = batch.map((fetched): Read => {
    const message = asKept(messageFromParts(fetched), fetched.fault)
    const mail = { fetched, message, name: nameOf(message, fetched), id: context.newId(now) }
    return { ...mail, row: asRow(mail, address, source) }
  })
  const stored: StoredMail[] = []
  for (const mails of untilCopies(read))
    stored.push(...(await commit(context, address, source, mails, judge)))
  return stored
}

/** Splits the batch before each copy that arrived by another route: the first copy's outcome has to be known. */
function untilCopies(read: readonly Read[]): Read[][] {
  const runs: Read[][] = [[]]
  let seen = new Map<string, number>()
  for (const mail of read) {
    const key = keyOf(mail.name)
    const size = mail.fetched.vanished ? undefined : seen.get(key)
    if (size !== undefined && size !== mail.fetched.size) {
      runs.push([])
      seen = new Map()
    }
    if (!mail.fetched.vanished) seen.set(key, mail.fetched.size)
    runs.at(-1)?.push(mail)
  }
  return runs
}

async function commit(
  context: StepContext,
  address: string,
  source: MailSource,
  batch: readonly Read[],
  judge: Judge,
): Promise<StoredMail[]> {
  const now = context.clock.now()
  const present = batch.filter(({ fetched }) => !fetched.vanished)
  const lastUid = Math.max(...batch.map(({ fetched }) => fetched.uid))
  // Nearly all are new: they are judged while the store is asked which ones it knows.
  const [{ fresh, relocated }, verdicts] = await Promise.all([
    withoutKnown(context, address, source, present),
    judge(present.flatMap((mail) => toJudge(mail, now))),
  ])
  const given = fresh.map(({ row, message, copy }) => ({
    row: copy === 'known' ? { ...row, ...duplicate } : row,
    message,
  }))
  const rows = given.map(({ row }, at) => outcomeOf(row, verdicts.get(row.id), fresh[at]?.copy))
  const { mailbox, uidValidity, lease } = source
  const cursor = { account: address, mailbox, uidValidity, lastUid }
  const inserted = await store(
    context,
    { messages: rows, bodies: fresh.map(asBody), cursor, lease },
    relocated,
    now,
  )
  const stored = rows.flatMap((row, at) => {
    const version = inserted.get(row.id)
    const { row: before, message } = given[at] ?? {}
    return version !== undefined && message && before?.step === 'guard'
      ? [{ row: newRow(row, now, version), message }]
      : []
  })
  cacheMails(context.db, stored)
  return stored
}

const toJudge = ({ row, message }: Read, now: Date): NewMail[] =>
  row.step === 'guard' ? [{ row: newRow(row, now), message, digest: row.digest ?? null }] : []

/** One statement, unless rows change their place in the same commit. @throws LeaseLost */
async function store(
  { db }: StepContext,
  ingested: Ingested,
  relocated: readonly Relocated[],
  now: Date,
): Promise<Map<string, string>> {
  const insert = async (session: Queryable) => {
    const versions = await storeIngested(session, ingested, now)
    if (versions === null) throw new LeaseLost()
    return versions
  }
  if (relocated.length === 0) return insert(db)
  return db.transaction(async (session) => {
    for (const { id, place } of relocated) await relocateMessage(session, id, place)
    return insert(session)
  })
}

/** The message as it will be loaded later, so that the steps see the same one before and after a restart. */
function asKept(message: Message, fault: Fault | null): Message {
  const html = message.html?.slice(0, longestHtml) ?? null
  return {
    ...message,
    text: storableText(message.text),
    html: html === null ? null : storableText(html),
    faults: fault ? [fault, ...message.faults] : message.faults,
  }
}

interface Read {
  fetched: Fetched
  message: Message
  name: Name
  id: string
  /** As if the store knew no other copy. */
  row: NewMessage
  /**
   * `known`: the same mail already has a row: a mail is answered once per account, permanently. `refused`: all its rows
   * are spam or of kinds that are never answered: an attacker may have sent a copy first to silence it.
   */
  copy?: 'known' | 'refused'
}

/** The guard's verdict replaces the row's step. A copy that it refuses like the previous one is a duplicate. */
function outcomeOf(row: NewMessage, verdict: Guarded | undefined, copy: Read['copy']): NewMessage {
  if (row.step !== 'guard') return row
  return copy === 'refused' && verdict?.ceiling === 'never'
    ? { ...row, ...duplicate }
    : { ...row, ...verdict }
}

/** A known row, and where its mail is now. */
interface Relocated {
  id: string
  place: { mailbox: string; uidValidity: string; uid: number }
}

/**
 * Renumbered mails (a new UIDVALIDITY) keep their row and get their new place; re-delivered ones are marked. Queried
 * before anything is locked: only the lease's holder writes rows of this mailbox, and the inserting statement
 * verifies that it still holds the lease.
 */
async function withoutKnown(
  { db }: StepContext,
  address: string,
  source: MailSource,
  mails: readonly Read[],
): Promise<{ fresh: Read[]; relocated: Relocated[] }> {
  const names = mails.map(({ name }) => name)
  const known = await findKnownMails(
    db,
    address,
    names.flatMap(({ messageId }) => messageId ?? []),
    names.flatMap(({ messageId, digest }) => (messageId === null ? digest : [])),
  )
  const seen = new Set<string>()
  const fresh: Read[] = []
  const relocated: Relocated[] = []
  for (const mail of mails) {
    const { name } = mail
    const same = known.filter((row) => isSame(row, name))
    const { mailbox, uidValidity } = source
    const row = same.find((each) => each.mailbox === mailbox && each.uidValidity !== uidValidity)
    if (row && row.size === mail.fetched.size) {
      relocated.push({ id: row.id, place: { mailbox, uidValidity, uid: mail.fetched.uid } })
      // Another copy of it has its own row.
      row.uidValidity = uidValidity
      continue
    }
    const key = keyOf(name)
    const copy = seen.has(key) ? 'known' : copyOf(same, mail.fetched.size)
    fresh.push({ ...mail, ...(copy ? { copy } : {}) })
    seen.add(key)
  }
  return { fresh, relocated }
}

/** A moved mail keeps its size. @param same rows of the same mail */
function copyOf(same: readonly KnownMail[], size: number): Read['copy'] {
  if (same.length === 0) return undefined
  const judged = same.filter(({ disposition }) => disposition !== 'duplicate')
  const refused = judged.length > 0 && judged.every(isRefused) && same.every((row) => row.size !== size)
  return refused ? 'refused' : 'known'
}

const isRefused = ({ ceiling, step, disposition }: KnownMail) =>
  ceiling === 'never' || step === 'file' || disposition === 'filed' || disposition === 'marked'

const keyOf = ({ messageId, digest }: Name) => `${messageId} ${digest}`

/** What identifies this mail, even after it was renumbered or moved. */
interface Name {
  messageId: string | null
  /** Of its contents; of its header block when it has no Message-ID. */
  digest: string
  /** As rows of earlier versions have it. */
  earlier: () => string
  author: Mailbox | undefined
}

function nameOf(message: Message, fetched: Fetched): Name {
  const messageId = messageIdOf(message)
  const digest = messageId === null ? hash('sha256', fetched.header) : mailDigest(message)
  const earlier = () => (messageId === null ? digest : earlierDigest(message))
  return { messageId, digest, earlier, author: authorOf(message) }
}

/** Rows of earlier versions have another digest, or none: then the author is compared. */
function isSame(row: KnownMail, { messageId, digest, earlier, author }: Name): boolean {
  if (row.messageId !== messageId) return false
  if (row.digest === null) return row.fromAddress === null || row.fromAddress === (author?.address || null)
  return row.digest === (isEarlierDigest(row.digest) ? earlier() : digest)
}

const authorOf = (message: Message) => parseAddressList(firstField(message, 'from') ?? '')[0]

function messageIdOf(message: Message): string | null {
  return firstField(message, 'message-id')?.slice(0, 998) || null
}

const toGuard = { step: 'guard', disposition: 'pending', reason: 'ingested' } as const
const duplicate = { step: 'done', disposition: 'duplicate', reason: 'same-mail' } as const
const beforeBaseline = { step: 'done', disposition: 'declined', reason: 'before-baseline' } as const

function asRow(
  { fetched, message, name, id }: Omit<Read, 'row'>,
  account: string,
  source: MailSource,
): NewMessage {
  const { author } = name
  const subject = firstField(message, 'subject')
  const old = fetched.uid <= source.renumberedUid && fetched.internalDate < source.baselineAt
  const { step, disposition, reason } = old ? beforeBaseline : toGuard
  return {
    step,
    disposition,
    reason,
    id,
    account,
    mailbox: source.mailbox,
    uidValidity: source.uidValidity,
    uid: fetched.uid,
    messageId: name.messageId,
    emailId: fetched.emailId,
    threadId: fetched.threadId,
    size: fetched.size,
    digest: name.digest,
    internalDate: fetched.internalDate,
    flags: fetched.flags,
    fromAddress: author?.address || null,
    fromName: author?.name ? plainLine(author.name).slice(0, 200) : null,
    subject: subject === null ? null : plainLine(decodeWords(subject)).slice(0, longestSubject),
  }
}

function asBody({ fetched, message, id }: Read): MailBody {
  const { structure, text, html, hiddenText, faults } = message
  return { id, header: fetched.header, structure, text, html, hiddenText, faults }
}
