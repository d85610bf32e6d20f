import { createHash, createHmac } from 'node:crypto'
import { PermanentError, reasonOf } from '../base/errors.ts'
import { logDecision } from '../base/log.ts'
import { seenAs, type TypedEnvelope } from '../base/typed-envelope.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import type { Account, StepContext } from '../context.ts'
import { type DraftState, removeSavedDraft, savedDraft } from '../deliver/draft-in-mailbox.ts'
import { storeDraft } from '../deliver/save.ts'
import type { Reply } from '../mail/reply/build.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { loadMessage, type MessageRow } from '../store/messages.ts'
import { type Change, move } from '../store/moves.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'
import type { ReplyFields, VerbName } from '../store/transitions.ts'
import { Refusal, type Review } from './review.ts'

/** Identifies a text and its header: a person decides on exactly what they saw. @returns 16 hex digits */
export function versionOf(text: string, envelope: TypedEnvelope | null = null): string {
  return createHash('sha256').update(seenAs(text, envelope)).digest('hex').slice(0, 16)
}

/**
 * The code that is shown to a person next to a text. An assistant can approve the text only if the person gives it the
 * code. Unlike the version, it can't be computed from the text: a mail that dictates a reply can't dictate its code.
 * @param replyKey of StepContext; a Message-ID is made from four parts, this code from three
 */
export function approvalCode(
  replyKey: Buffer,
  { id, text, envelope }: Pick<ReplyRow, 'id' | 'text' | 'envelope'>,
): string {
  const parts = JSON.stringify(['approval', id, seenAs(text, envelope)])
  return `ok-${createHmac('sha256', replyKey).update(parts).digest('hex').slice(0, 20)}`
}

export const isApprovalCode = (seen: string): boolean => seen.startsWith('ok-')

interface Subject {
  row: MessageRow
  reply: ReplyRow | null
}

/** @throws Refusal when there is no such mail */
export async function load({ context }: Review, id: string): Promise<Subject> {
  const row = await loadMessage(context.db, id)
  if (row === null) throw new Refusal('not-found')
  return { row, reply: await loadReply(context.db, id) }
}

/** @throws Refusal when the account was removed from the configuration */
export function accountFor({ context }: Pick<Review, 'context'>, address: string): Account {
  const account = context.accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  return account
}

/** @throws Refusal when the text was removed after its retention time */
export async function loadText({ context }: Review, id: string): Promise<StoredMail> {
  const mail = await loadMail(context.db, id)
  if (mail === null) throw new Refusal('text-removed')
  return mail
}

/**
 * Whether the reply waits for a person: held, saved in \Drafts, or where a failure left the mail. The mail's stage
 * outranks the reply's state, because the two change together.
 */
export function isOpen({ row, reply }: Subject): boolean {
  if (row.step === 'review') return row.disposition !== 'uncertain'
  return row.step === 'done' && reply?.state === 'saved'
}

/**
 * The reply that a person wants to decide on.
 * @param seen version of the text that they saw; undefined accepts any
 * @throws Refusal
 */
export function openReply({ row, reply }: Subject, seen?: string): ReplyRow {
  if (!isOpen({ row, reply })) throw new Refusal('already-decided')
  if (reply === null) throw new Refusal('nothing-written')
  if (seen !== undefined && versionOf(reply.text, reply.envelope) !== seen) throw new Refusal('text-changed')
  return reply
}

/** @throws Refusal when the owner has touched the draft: then they continue in their mail client */
export async function untouched(account: Account, reply: ReplyRow): Promise<DraftState> {
  const state = await savedDraft(account, reply)
  if (state === 'touched') throw new Refusal('draft-touched')
  return state
}

/**
 * Carries out a person's decision, based on what they saw.
 * @throws Refusal when the mail has moved on: a second reviewer, a double click
 */
export async function decide<V extends VerbName>(
  { context }: Review,
  verb: V,
  change: Change<V>,
): Promise<ReplyRow | null> {
  const moved = await move(context.db, verb, change, context.clock.now())
  if (moved === null) throw new Refusal('already-decided')
  logDecision(context.log, change)
  return moved.reply
}

/**
 * Stores the draft in \Drafts before the decision that names its place, and removes it if somebody was faster. A crash
 * in between, or a store that stays away, leaves one draft too many, never one too few.
 */
export async function withDraft(
  { context }: Review,
  account: Account,
  reply: ReplyRow,
  decision: (saved: NonNullable<ReplyFields['saved']>) => Promise<ReplyRow | null>,
): Promise<ReplyRow | null> {
  const saved = await storeDraft(context, account, reply)
  // If only the answer was lost, the store refuses the repetition.
  const again = (error: unknown) => {
    if (error instanceof Refusal) throw error
    return decision(saved)
  }
  try {
    return await decision(saved).catch(again)
  } catch (error) {
    const now = await loadReply(context.db, reply.id)
    const { mailbox: savedMailbox, uidValidity: savedUidValidity, uid: savedUid, size: savedSize } = saved
    if (savedUid !== null && now?.savedUid === savedUid && now.savedUidValidity === savedUidValidity)
      return now
    if (error instanceof Refusal)
      await removeSavedDraft(account, { ...reply, savedMailbox, savedUidValidity, savedUid, savedSize })
    throw error
  }
}

/** After a decision: it stands even if the mailbox can't be reached, and one draft too many stays. */
export async function removeDecidedDraft(
  { context }: Review,
  account: Account,
  reply: ReplyRow,
): Promise<void> {
  const { log } = context
  await removeSavedDraft(account, reply).catch((error: unknown) =>
    log.warn({ event: 'draft.not-removed', id: reply.id, reason: reasonOf(error) }),
  )
}

/**
 * The octets of a text that a person has reviewed: no automatic marks, and dated now, because it is finished now.
 * @throws Refusal when it has no addressee, or the text is empty or too long
 */
export function asWritten(
  context: StepContext,
  mail: StoredMail,
  reply: Pick<ReplyRow, 'text' | 'language' | 'attemptGroup'> & Partial<Pick<ReplyRow, 'envelope'>>,
): Reply {
  const { settings } = accountFor({ context }, mail.row.account)
  try {
    const built = writtenReply(settings, mail, 'draft', reply, {
      now: context.clock.now(),
      replyKey: context.replyKey,
    })
    if (built === null) throw new Refusal('nobody-to-answer')
    return built
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error
    throw new Refusal('unfit-text', { cause: error })
  }
}

/**
 * A person has found out that the reply was sent: the copy in \Sent and the mark on the original follow.
 * @throws Refusal when nothing is uncertain (or no longer)
 */
export async function markSent(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { context, pipeline } = review
  const { row } = await load(review, id)
  if (row.disposition !== 'uncertain') throw new Refusal('already-decided')
  const finishedAt = context.clock.now()
  const reply = { finishedAt, replyText: `${actor} says that it was delivered` }
  const change = { id, at: row.step, actor, reason: 'sent-by-their-word', reply } as const
  const sent = await decide(review, 'confirmSent', change)
  await pipeline.advance(id, 'deliver')
  return sent
}

/**
 * A person has found out that it was not sent, or can't tell: it waits again, under another Message-ID, and nothing
 * is sent until they approve it.
 * @throws Refusal when nothing is uncertain (or no longer)
 */
export async function holdAgain(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { row, reply } = await load(review, id)
  if (row.disposition !== 'uncertain' || reply === null) throw new Refusal('already-decided')
  const attemptGroup = reply.attemptGroup + 1
  const built = asWritten(review.context, await loadText(review, id), { ...reply, attemptGroup })
  const written = { attemptGroup, ...octetsOf('draft', built) }
  const change = { id, at: row.step, actor, reason: 'held-again', reply: written } as const
  return decide(review, 'holdUncertain', change)
}
