/** Ingest: stores each mail once. The cursor moves in the same transaction as the rows, so that a crash repeats, never skips. */
import { createHash } from 'node:crypto'
import type { Fetched } from '../imap.ts'
import { decodeWords, parseAddressList, plainLine } from '../mail/address.ts'
import { firstField, type Message } from '../mail/message.ts'
import { messageFromParts } from '../mail/octets.ts'
import { type Body, insertBodies } from '../store/bodies.ts'
import { advanceCursor } from '../store/cursors.ts'
import type { Queryable } from '../store/database.ts'
import { findKnownMails } from '../store/known-mails.ts'
import { holdsLease } from '../store/leases.ts'
import { insertMessages, type NewMessage } from '../store/messages.ts'
import { relocateMessage } from '../store/places.ts'
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
  const names = mails.map(nameOf)
  const pick = (kind: keyof Name) => names.flatMap((name) => name[kind] ?? [])
  const known = await findKnownMails(session, address, pick('messageId'), pick('headerHash'))
  const seen = new Set<string>()
  const fresh: Read[] = []
  for (const [at, mail] of mails.entries()) {
    const { messageId, headerHash } = names[at] ?? {}
    const same = known.filter((row) =>
      messageId ? row.messageId === messageId : row.messageId === null && row.headerHash === headerHash,
    )
    const { mailbox, uidValidity } = source
    const row = same.find((each) => each.mailbox === mailbox && each.uidValidity !== uidValidity)
    if (row && row.size === mail.fetched.size) {
      await relocateMessage(session, row.id, { ...source, uid: mail.fetched.uid })
      // Another copy of it has a row of its own.
      row.uidValidity = uidValidity
      continue
    }
    const name = messageId ?? headerHash ?? ''
    fresh.push({ ...mail, again: same.length > 0 || seen.has(name) })
    seen.add(name)
  }
  return fresh
}

/** One of the two: what tells this mail from all others, also after it was renumbered or moved. */
interface Name {
  messageId?: string
  headerHash?: string
}

function nameOf({ message, fetched }: Pick<Read, 'message' | 'fetched'>): Name {
  const messageId = messageIdOf(message)
  if (messageId !== null) return { messageId }
  return { headerHash: createHash('sha256').update(fetched.header).digest('hex') }
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
    headerHash: nameOf({ message, fetched }).headerHash ?? null,
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
