/** Reads everything above the cursor in batches, each committed before the next. */

import type { Account, StepContext } from '../context.ts'
import type { Fetched, ImapAccount, MailboxState } from '../imap/imap.ts'
import type { StoredMail } from '../store/bodies.ts'
import { type Cursor, loadCursor, saveCursor } from '../store/cursors.ts'
import { analyseGrown } from '../store/database.ts'
import { ingest, type Judge, type MailSource } from './ingest.ts'

/** Mails per FETCH, and octets: of a 30 MB mail only header and texts are read, no attachments. */
const limits = { batch: 200, maxHeaderOctets: 64 * 1024, maxTextOctets: 8 << 20 }

/** Up to this many new mails are read in one command. */
const fewMails = 4

/** @returns the mailbox's state when it began, if everything up to its UIDNEXT has been read; null otherwise */
export async function readNew(
  context: StepContext,
  account: Account,
  lease: MailSource['lease'],
  onIngested: (mails: StoredMail[]) => Promise<void>,
  judge?: Judge,
): Promise<MailboxState | null> {
  const { imap } = account
  const { mailbox } = account.settings
  const { cursor, state } = await whereToBegin(context, account)
  const source = { ...cursor, mailbox, lease }
  let { lastUid } = cursor
  // One batch is enqueued while the next is judged and committed and the one after that is being fetched.
  let handedOn = Promise.resolve()
  // Mails of a batch that are left to the step `guard` are handled before the next batch.
  const inTurn: Judge | undefined = judge && ((mails) => handedOn.then(() => judge(mails)))
  try {
    for await (const batch of oneAhead(newMails(imap, mailbox, cursor, state))) {
      if (batch.length === 0) continue
      const mails = await ingest(context, account, source, batch, inTurn)
      lastUid = Math.max(lastUid, ...batch.map(({ uid }) => uid))
      await handedOn
      handedOn = onIngested(mails)
      handedOn.catch(() => undefined)
      if (batch.length > fewMails) await analyseGrown(context)
    }
  } finally {
    await handedOn.catch(() => undefined)
  }
  await handedOn
  // If the mailbox stated more than it showed, the next look reads again.
  return lastUid >= state.uidNext - 1 ? state : null
}

type Rebased = Omit<Cursor, 'updatedAt'>

interface Beginning {
  cursor: Rebased
  state: MailboxState
}

async function whereToBegin(context: StepContext, account: Account): Promise<Beginning> {
  const { mailbox, owner } = account.settings
  const [known, state] = await Promise.all([
    loadCursor(context.db, owner.address, mailbox),
    account.imap.state(mailbox),
  ])
  if (known === null) return firstBaseline(context, account)
  const isSame = state.uidValidity === known.uidValidity
  return { cursor: isSame ? known : await rebase(context, account, known, state), state }
}

/** A few mails that have just arrived are fetched without listing them first. */
async function* newMails(
  imap: ImapAccount,
  mailbox: string,
  { uidValidity, lastUid }: Rebased,
  { uidNext }: MailboxState,
): AsyncGenerator<Fetched[]> {
  const expected = Math.max(0, uidNext - 1 - lastUid)
  if (expected > 0 && expected <= fewMails) {
    const uids = Array.from({ length: expected }, (_, at) => lastUid + 1 + at)
    const mails = await imap.fetchAbove(
      mailbox,
      uidValidity,
      { last: lastUid, most: fewMails, expected: uids },
      limits,
    )
    if (mails) return yield mails
  }
  yield* imap.fetch(mailbox, uidValidity, await imap.uidsAfter(mailbox, uidValidity, lastUid), limits)
}

/** Fetches the next batch while one is being stored. */
async function* oneAhead<T>(batches: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = batches.next()
  try {
    for (;;) {
      const { value, done } = await next
      if (done) return
      next = batches.next()
      next.catch(() => undefined)
      yield value
    }
  } finally {
    // The requested batch must arrive before the connection is free, but nobody needs to wait for it.
    batches.return(undefined).catch(() => undefined)
  }
}

/** Applies `since` to mail that has already arrived. */
async function firstBaseline(context: StepContext, account: Account): Promise<Beginning> {
  const { settings, imap } = account
  const { since, mailbox } = settings
  await imap.settle(mailbox)
  const state = await imap.state(mailbox)
  const now = context.clock.now()
  const baselineUid = await baselineOf(imap, state, since, now)
  const baselineAt = since === 'all' ? new Date(0) : new Date(now.getTime() - (since === 'now' ? 0 : since))
  const cursor = {
    account: settings.owner.address,
    mailbox,
    uidValidity: state.uidValidity,
    lastUid: baselineUid,
    baselineUid,
    baselineAt,
    renumberedUid: 0,
  }
  await saveCursor(context.db, cursor, now)
  context.log.info({ event: 'watch.baseline', baselineUid, exists: state.exists })
  return { cursor, state }
}

/** The last UID that replyd ignores. */
async function baselineOf(
  imap: ImapAccount,
  state: MailboxState,
  since: 'now' | 'all' | number,
  now: Date,
): Promise<number> {
  if (since === 'all') return 0
  if (since === 'now') return state.uidNext - 1
  const uids = await imap.uidsSince(state.path, new Date(now.getTime() - since))
  return (uids[0] ?? state.uidNext) - 1
}

/**
 * After a UIDVALIDITY change every UID refers to another mail. All are read again; ingest recognises known ones by
 * Message-ID, and mail from before the first baseline by its date.
 */
async function rebase(
  context: StepContext,
  account: Account,
  cursor: Rebased,
  state: MailboxState,
): Promise<Rebased> {
  const { settings, imap } = account
  const { baselineAt } = cursor
  const uids = baselineAt.getTime() === 0 ? [1] : await imap.uidsSince(settings.mailbox, baselineAt)
  const baselineUid = (uids[0] ?? state.uidNext) - 1
  context.log.warn({ event: 'watch.uidvalidity-changed', baselineUid })
  const rebased = {
    account: settings.owner.address,
    mailbox: settings.mailbox,
    uidValidity: state.uidValidity,
    lastUid: baselineUid,
    baselineUid,
    baselineAt,
    renumberedUid: state.uidNext - 1,
  }
  await saveCursor(context.db, rebased, context.clock.now())
  return rebased
}
