/** Reads everything above the cursor, in batches, each committed before the next. */
import type { ImapAccount, MailboxState } from '../imap.ts'
import { type Cursor, loadCursor, saveCursor } from '../store/cursors.ts'
import type { Account, StepContext } from './context.ts'
import { ingest, type Source } from './ingest.ts'

/** Mails per FETCH, and octets: a 30 MB mail costs its header and the beginning of its texts. */
const limits = { batch: 200, maxHeaderOctets: 64 * 1024, maxTextOctets: 48 * 1024 }

export async function readNew(
  context: StepContext,
  account: Account,
  lease: Source['lease'],
  onIngested: (ids: string[]) => Promise<void>,
): Promise<void> {
  const { imap } = account
  const { mailbox } = account.settings
  const known = await loadCursor(context.db, account.settings.owner.address, mailbox)
  const cursor = known ?? (await firstBaseline(context, account))
  const uids = await newUids(context, account, cursor)
  if (uids === null) return readNew(context, account, lease, onIngested)
  const source = { ...cursor, mailbox, lease }
  for await (const batch of imap.fetch(mailbox, cursor.uidValidity, uids, limits)) {
    if (batch.length === 0) continue
    const ids = await ingest(context, account, source, batch)
    await onIngested(ids)
  }
}

/** Null when the UIDVALIDITY changed: then a new baseline was saved. */
type Rebased = Omit<Cursor, 'updatedAt'>

async function newUids(context: StepContext, account: Account, cursor: Rebased) {
  const { mailbox } = account.settings
  const { imap } = account
  const state = await imap.state(mailbox)
  if (state.uidValidity === cursor.uidValidity)
    return imap.uidsAfter(mailbox, cursor.uidValidity, cursor.lastUid)
  await rebase(context, account, cursor, state)
  return null
}

/** What to do with mail that is already there (`since`). */
async function firstBaseline(context: StepContext, account: Account): Promise<Omit<Cursor, 'updatedAt'>> {
  const { settings, imap } = account
  const { since, mailbox } = settings
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
  return cursor
}

/** The last UID that is none of replyd's business. */
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
 * A new UIDVALIDITY: every UID means another mail now. All are read again; ingest recognises the known ones by their
 * Message-ID, and what arrived before the first baseline by its date.
 */
async function rebase(
  context: StepContext,
  account: Account,
  cursor: Rebased,
  state: MailboxState,
): Promise<void> {
  const { settings, imap } = account
  const { baselineAt } = cursor
  const uids = baselineAt.getTime() === 0 ? [1] : await imap.uidsSince(settings.mailbox, baselineAt)
  const baselineUid = (uids[0] ?? state.uidNext) - 1
  context.log.warn({ event: 'watch.uidvalidity-changed', baselineUid })
  await saveCursor(
    context.db,
    {
      account: settings.owner.address,
      mailbox: settings.mailbox,
      uidValidity: state.uidValidity,
      lastUid: baselineUid,
      baselineUid,
      baselineAt,
      renumberedUid: state.uidNext - 1,
    },
    context.clock.now(),
  )
}
