/** Ingest: stores each mail once. The cursor moves in the same transaction as the rows, so that a crash repeats, never skips. */
import type { Fetched } from '../imap.ts'
import { decodeWords, parseAddressList, plainLine } from '../mail/address.ts'
import { firstField, type Message } from '../mail/message.ts'
import { messageFromParts } from '../mail/octets.ts'
import { type Body, insertBodies } from '../store/bodies.ts'
import { advanceCursor } from '../store/cursors.ts'
import type { Queryable } from '../store/database.ts'
import { holdsLease } from '../store/leases.ts'
import { findByMessageIds, insertMessages, type NewMessage, relocateMessage } from '../store/messages.ts'
import type { Account, StepContext } from './context.ts'

/** Where a batch was read, and the lease under which that may be committed. */
export interface Source {
  mailbox: string
  uidValidity: string
  /** See Cursor. */
  baselineAt: Date
  renumberedUid: number
  lease: { name: string; fence: number } | null
}

/** Another process watches this mailbox now: nothing of the batch was stored. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

const longestSubject = 500
const longestHtml = 256 * 1024

/** Commits a batch and moves the cursor to its last UID. Returns the ids of rows that are to go through the guard. */
export async function ingest(
  context: StepContext,
  account: Account,
  source: Source,
  batch: readonly Fetched[],
): Promise<string[]> {
  const now = context.clock.now()
  const address = account.settings.owner.address
  const present = batch.filter((fetched) => !fetched.vanished)
  const read = present.map((fetched) => ({
    fetched,
    message: messageFromParts(fetched),
    id: context.newId(now),
  }))
  const lastUid = Math.max(...batch.map(({ uid }) => uid))
  return context.db.transaction(async (session) => {
    if (source.lease && !(await holdsLease(session, source.lease.name, source.lease.fence)))
      throw new LeaseLost()
    const fresh = await withoutKnown(session, address, source, read)
    const rows = fresh.map((mail) => asRow(mail, address, source))
    const inserted = new Set(await insertMessages(session, rows, now))
    await insertBodies(session, fresh.filter(({ id }) => inserted.has(id)).map(asBody))
    await advanceCursor(
      session,
      { account: address, mailbox: source.mailbox, uidValidity: source.uidValidity, lastUid },
      now,
    )
    return rows.filter(({ id, step }) => step === 'guard' && inserted.has(id)).map(({ id }) => id)
  })
}

interface Read {
  fetched: Fetched
  message: Message
  id: string
  /** The same Message-ID has a row already: one answer per Message-ID and account, for ever. */
  again?: boolean
}

/** Mails that were renumbered (a new UIDVALIDITY) keep their row and get their new place; re-delivered ones are marked. */
async function withoutKnown(
  session: Queryable,
  address: string,
  source: Source,
  mails: readonly Read[],
): Promise<Read[]> {
  const ids = mails.flatMap(({ message }) => messageIdOf(message) ?? [])
  const known = new Map((await findByMessageIds(session, address, ids)).map((row) => [row.messageId, row]))
  const seen = new Set<string>()
  const fresh: Read[] = []
  for (const mail of mails) {
    const messageId = messageIdOf(mail.message)
    const row = messageId === null ? undefined : known.get(messageId)
    const renumbered = row && row.mailbox === source.mailbox && row.uidValidity !== source.uidValidity
    if (row && renumbered && row.size === mail.fetched.size) {
      await relocateMessage(session, row.id, { ...source, uid: mail.fetched.uid })
      continue
    }
    fresh.push({ ...mail, again: row !== undefined || (messageId !== null && seen.has(messageId)) })
    if (messageId !== null) seen.add(messageId)
  }
  return fresh
}

function messageIdOf(message: Message): string | null {
  return firstField(message, 'message-id')?.slice(0, 998) || null
}

const toGuard = { step: 'guard', disposition: 'waiting', reason: 'ingested' } as const
const duplicate = { step: 'done', disposition: 'duplicate', reason: 'same-message-id' } as const
const beforeBaseline = { step: 'done', disposition: 'declined', reason: 'before-baseline' } as const

function asRow({ fetched, message, id, again }: Read, account: string, source: Source): NewMessage {
  const from = parseAddressList(firstField(message, 'from') ?? '')[0]
  const subject = firstField(message, 'subject')
  const old = fetched.uid <= source.renumberedUid && fetched.internalDate < source.baselineAt
  const fate = again ? duplicate : old ? beforeBaseline : toGuard
  return {
    ...fate,
    id,
    account,
    mailbox: source.mailbox,
    uidValidity: source.uidValidity,
    uid: fetched.uid,
    messageId: messageIdOf(message),
    emailId: fetched.emailId,
    threadId: fetched.threadId,
    size: fetched.size,
    internalDate: fetched.internalDate,
    flags: fetched.flags,
    fromAddress: from?.address || null,
    fromName: from?.name ? plainLine(from.name).slice(0, 200) : null,
    subject: subject === null ? null : plainLine(decodeWords(subject)).slice(0, longestSubject),
  }
}

function asBody({ fetched, message, id }: Read): Body {
  const faults = fetched.fault ? [fetched.fault, ...message.faults] : message.faults
  const { structure, text, hiddenText } = message
  return {
    id,
    header: fetched.header,
    structure,
    text,
    html: message.html?.slice(0, longestHtml) ?? null,
    hiddenText,
    faults,
  }
}
