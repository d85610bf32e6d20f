import { dayBefore } from '../base/clock.ts'
import { PermanentError, TemporaryError, UncertainError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import type { Account, StepContext } from '../context.ts'
import type { StoredMail } from '../store/bodies.ts'
import { changeReply, type ReplyRow } from '../store/replies.ts'
import { removeSavedDraft } from './draft-in-mailbox.ts'
import type { DeliveryOutcome } from './outcome.ts'

/** A keyword without `$` (RFC 5788) that lets a person find our drafts. */
const draftKeyword = 'replyd'
/** On drafts that replyd doubts, where `replies.flagDoubts` is set. */
const doubtKeyword = 'replyd-doubt'

/**
 * Saves the reply in \Drafts, once. Whether an earlier attempt got there is told by its Message-ID, so a lost answer to
 * APPEND is never a second draft.
 * @param mayStand an attempt that the row knows nothing of may have got there
 */
export async function saveDraft(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  reason: Reason,
  mayStand = false,
): Promise<DeliveryOutcome> {
  const octets = reply.kind === 'draft' ? {} : await withoutMarks(context, account, mail, reply)
  const from = ['composed', 'saving', 'approved', 'sending'] as const
  const claim = { id: reply.id, from, to: 'saving', actor: 'replyd', ...octets } as const
  const claimed = await changeReply(context.db, claim, context.clock.now())
  if (claimed === null) throw new TemporaryError('the reply changed while it was being saved')
  const { drafts } = await account.imap.specialMailboxes()
  if (drafts === null)
    throw new PermanentError(
      'the account has no \\Drafts mailbox: create one, or name it in mailboxes.drafts',
    )
  const retried = reply.state === 'saving' || mayStand
  const place =
    (retried
      ? await find(account, drafts, claimed, mayStand ? mail.row.internalDate : claimed.createdAt)
      : null) ??
    (await append(context, account, drafts, { reply: claimed, keywords: keywordsOf(account, claimed) }))
  const saved = { mailbox: drafts, size: claimed.octets.length, ...place }
  await changeReply(
    context.db,
    { id: reply.id, from: ['saving'], to: 'saved', actor: 'replyd', saved, finishedAt: context.clock.now() },
    context.clock.now(),
  )
  // An earlier draft of the same reply, as replyd left it: what was to be sent in its place was refused.
  if (reply.savedUid !== null && reply.savedUid !== place.uid) await removeSavedDraft(account, reply)
  return { to: 'done', disposition: 'drafted', reason }
}

/** `mode-draft` alone is no doubt: the owner sends everything themselves. */
function keywordsOf({ settings }: Account, { holdReasons }: ReplyRow): string[] {
  const doubtful = holdReasons.some((reason) => reason !== 'mode-draft')
  return settings.replies.flagDoubts && doubtful ? [draftKeyword, doubtKeyword] : [draftKeyword]
}

async function append(
  context: StepContext,
  account: Account,
  drafts: string,
  { reply, keywords }: { reply: ReplyRow; keywords: string[] },
) {
  try {
    return await account.imap.append(
      drafts,
      reply.octets,
      ['\\Draft', '\\Seen'],
      keywords,
      context.clock.now(),
    )
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

/** What was to go out by itself becomes a draft. No slot is taken: nothing went out. */
async function withoutMarks(context: StepContext, account: Account, mail: StoredMail, reply: ReplyRow) {
  const built = await writtenReply(account.settings, mail, 'draft', reply, context.clock.now())
  if (built === null) throw new PermanentError('there is nobody to reply to')
  return { ...octetsOf('draft', built), claimedAt: null }
}
