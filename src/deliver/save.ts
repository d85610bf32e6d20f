import { dayBefore } from '../base/clock.ts'
import { PermanentError, TemporaryError, UncertainError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import type { Account, Delivery, Next, StepContext } from '../context.ts'
import { mailAfter } from '../store/carried.ts'
import { moveKnown } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'
import { persistently } from './claim.ts'
import { removeSavedDraft } from './draft-in-mailbox.ts'

/** A keyword without `$` (RFC 5788) by which a person can find our drafts. */
const draftKeyword = 'replyd'
/** On drafts that replyd doubts, if `replies.flagDoubts` is set. */
const doubtKeyword = 'replyd-doubt'

interface Saving {
  reason: Reason
  /** Why it is not sent, if that is more specific than the reason. */
  detail?: string
  /** An earlier attempt that the row does not know of may have stored it. */
  mayStand?: boolean
}

/**
 * Saves the reply in \Drafts, once. Its Message-ID shows whether an earlier attempt succeeded, so a lost answer to
 * APPEND never creates a second draft.
 */
export async function saveDraft(
  delivery: Delivery,
  { mayStand = false, ...why }: Saving,
): Promise<Next | null> {
  const { context, account, mail, reply } = delivery
  const { id } = reply
  const octets = reply.kind === 'draft' ? {} : withoutMarks(delivery)
  // If another worker has begun to save it since it was read, its draft has to be looked for.
  const start = { id, reply: { ...octets, version: reply.version } }
  const write = () => moveKnown(context.db, 'startSaving', start, context.clock.now())
  // Only this process knows that the server has refused it.
  const started = await (reply.state === 'sending' ? persistently(context, write) : write())
  if (!started) throw new TemporaryError('the reply changed while it was being saved')
  const claimed = { ...reply, ...octets }
  const drafts = await draftsOf(account)
  const retried = reply.state === 'saving' || mayStand
  const place =
    (retried
      ? await find(account, drafts, claimed, mayStand ? mail.row.internalDate : claimed.createdAt)
      : null) ?? (await appendOnce(context, account, drafts, claimed))
  const saved = { mailbox: drafts, size: claimed.octets.length, ...place }
  const now = context.clock.now()
  const change = { id, at: 'deliver', ...why, reply: { saved, finishedAt: now } } as const
  const moved = await moveKnown(context.db, 'markSaved', change, now)
  // An earlier draft of the same reply, unchanged: the version that was to be sent instead was refused.
  if (reply.savedUid !== null && reply.savedUid !== place.uid) await removeSavedDraft(account, reply)
  const after = moved && mailAfter(mail, 'markSaved', change, moved, now)
  return after && { stage: 'done', carried: { mail: after, reply: null } }
}

/** `mode-draft` alone is not a doubt: the owner sends everything themselves. */
function keywordsOf({ settings }: Account, { holdReasons }: ReplyRow): string[] {
  const doubtful = holdReasons.some((reason) => reason !== 'mode-draft')
  return settings.replies.flagDoubts && doubtful ? [draftKeyword, doubtKeyword] : [draftKeyword]
}

async function draftsOf({ imap }: Account): Promise<string> {
  const { drafts } = await imap.specialMailboxes()
  if (drafts !== null) return drafts
  throw new PermanentError('the account has no \\Drafts mailbox: create one, or name it in mailboxes.drafts')
}

const append = ({ clock }: StepContext, account: Account, drafts: string, reply: ReplyRow) =>
  account.imap.append(drafts, reply.octets, ['\\Draft', '\\Seen'], keywordsOf(account, reply), clock.now())

/** Stores a draft that nobody has stored before. @returns where it is */
export async function storeDraft(context: StepContext, account: Account, reply: ReplyRow) {
  const mailbox = await draftsOf(account)
  return { mailbox, size: reply.octets.length, ...(await append(context, account, mailbox, reply)) }
}

async function appendOnce(context: StepContext, account: Account, drafts: string, reply: ReplyRow) {
  try {
    return await append(context, account, drafts, reply)
  } catch (error) {
    if (!(error instanceof UncertainError)) throw error
    const place = await find(account, drafts, reply, reply.createdAt)
    if (place === null) throw new TemporaryError('the draft was not stored', { cause: error })
    return place
  }
}

async function find(account: Account, drafts: string, { replyMessageId }: ReplyRow, since: Date) {
  const uid = (await account.imap.findByMessageId(drafts, replyMessageId, dayBefore(since))).at(-1)
  if (uid === undefined) return null
  const { uidValidity } = await account.imap.state(drafts)
  return { uid, uidValidity }
}

/** A reply for automatic sending becomes a draft. No slot is taken, because nothing was sent. */
function withoutMarks({ context, account, mail, reply }: Delivery) {
  const built = writtenReply(account.settings, mail, 'draft', reply, {
    now: context.clock.now(),
    replyKey: context.replyKey,
  })
  if (built === null) throw new PermanentError('there is nobody to reply to')
  return { ...octetsOf('draft', built), claimedAt: null }
}
