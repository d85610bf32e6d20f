/** Audit: compares the mailbox with the ledger. Every mail since the baseline has a row, or is named as missed. */
import { reasonOf } from '../base/errors.ts'
import type { Account, StepContext } from '../context.ts'
import { countRows, type RowCounts, uidsWithoutRow } from '../store/audit.ts'
import { loadCursor } from '../store/cursors.ts'

/** One watched mailbox. `arrived` is the sum of the other counts. */
export interface MailboxAudit extends RowCounts {
  account: string
  mailbox: string
  /** Mails that are in the mailbox, or have a row. */
  arrived: number
  /** Mails that the cursor has passed without storing a row: there should never be any. */
  missed: { uidValidity: string; uid: number }[]
  /** Why the mailbox could not be checked; null if it could. */
  error: string | null
}

export interface Audit {
  /** True when every mailbox could be checked and nothing was missed. */
  ok: boolean
  mailboxes: MailboxAudit[]
}

/** Read access to the mailbox is all it needs of an account. */
export type AuditedAccount = Pick<Account, 'settings' | 'imap'>

/** Checks every account's mailbox, read-only. Never throws because of one account's server. */
export async function audit(context: {
  db: StepContext['db']
  accounts: ReadonlyMap<string, AuditedAccount>
}): Promise<Audit> {
  const mailboxes = await Promise.all(
    [...context.accounts.values()].map((each) => auditMailbox(context, each)),
  )
  const ok = mailboxes.every(({ missed, error }) => missed.length === 0 && error === null)
  return { ok, mailboxes }
}

async function auditMailbox({ db }: Pick<StepContext, 'db'>, account: AuditedAccount): Promise<MailboxAudit> {
  const place = { account: account.settings.owner.address, mailbox: account.settings.mailbox }
  const seen: { unread: number; missed: MailboxAudit['missed'] } = { unread: 0, missed: [] }
  let error: string | null = null
  try {
    Object.assign(seen, await lookAt(db, account, place))
  } catch (failure) {
    error = reasonOf(failure)
  }
  const { handled, pending, uncertain } = await countRows(db, place.account, place.mailbox)
  const unfinished = pending + seen.unread
  const arrived = handled + unfinished + uncertain + seen.missed.length
  return { ...place, arrived, handled, pending: unfinished, uncertain, missed: seen.missed, error }
}

/**
 * Reads the cursor before the mailbox and the rows after it, so that mail arriving in between never counts as missed.
 */
async function lookAt(
  db: StepContext['db'],
  { imap }: AuditedAccount,
  { account, mailbox }: { account: string; mailbox: string },
) {
  const cursor = await loadCursor(db, account, mailbox)
  const state = await imap.state(mailbox)
  // Not read yet, or to be read again: the watcher will do it.
  if (cursor?.uidValidity !== state.uidValidity) return { unread: state.exists, missed: [] }
  const { uidValidity, baselineUid, lastUid } = cursor
  const uids = await imap.uidsAfter(mailbox, uidValidity, baselineUid)
  const passed = uids.filter((uid) => uid <= lastUid)
  const without = await uidsWithoutRow(db, { account, mailbox, uidValidity }, uids)
  const missing = new Set(without)
  return {
    unread: without.filter((uid) => uid > lastUid).length,
    missed: passed.filter((uid) => missing.has(uid)).map((uid) => ({ uidValidity, uid })),
  }
}
