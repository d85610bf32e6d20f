import type { Account } from '../context.ts'
import { CannotMove, MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { learnSpam, unlearnSpam } from '../observe/learn.ts'
import type { MessageRow } from '../store/messages.ts'
import { takePlace } from '../store/review.ts'
import { accountFor, decide, isOpen, load } from './decide.ts'
import { reject, reopen } from './reject.ts'
import { takeOut } from './restore.ts'
import { Refusal, type Review } from './review.ts'

/**
 * A person says that a waiting mail is spam: it is marked `$Junk`, moved to \\Junk, and learned from. Its draft is
 * removed as for a rejection. If the mailbox refuses or does not answer, the mail waits as before.
 * @throws Refusal when it was already decided, the draft was touched, or the mail is no longer where it was
 */
export async function junk(review: Review, id: string, actor: string, seen?: string): Promise<void> {
  const { context } = review
  const subject = await load(review, id)
  if (!isOpen(subject)) throw new Refusal('already-decided')
  const account = accountFor(review, subject.row.account)
  await reject(review, id, actor, seen)
  const { row } = await load(review, id)
  const place = await moveToJunk(account, row).catch(async (error: unknown) => {
    await waitAgain(review, row, actor)
    throw error
  })
  // If this process ends before the move is recorded, the observer finds the moved mail.
  await learnSpam(context, account, row, place, actor)
}

/** With its draft in \Drafts, if that was there and can be stored; otherwise on the page. */
async function waitAgain(review: Review, { id, step }: MessageRow, actor: string): Promise<void> {
  try {
    await reopen(review, id, actor)
  } catch (error) {
    if (error instanceof Refusal) throw error
    await decide(review, 'reopen', { id, at: step, actor, reason: 'reopened' })
  }
}

/**
 * Undoes `junk`: the mail goes back to its mailbox and waits again, and nothing is learned from it.
 * @throws Refusal when nobody called it spam here, or it is not in Junk any more
 */
export async function undoJunk(review: Review, id: string, actor: string): Promise<void> {
  const { context } = review
  const { row } = await load(review, id)
  if (row.reason !== 'junked-by-owner' && row.reason !== 'marked-junk-by-owner')
    throw new Refusal('already-decided')
  const place = await takeOut(accountFor(review, row.account), row)
  if (!(await unlearnSpam(context, row, actor))) throw new Refusal('already-decided')
  if (place !== 'somewhere') await takePlace(context.db, row, place)
}

/** @returns where it is now; null if it stays where it was, marked */
async function moveToJunk({ imap }: Account, row: MessageRow) {
  const { mailbox, uidValidity, uid } = row
  try {
    await imap.addFlags(mailbox, uidValidity, uid, ['$Junk'])
    await imap.removeFlags(mailbox, uidValidity, uid, ['$NotJunk'])
    const { junk: target } = await imap.specialMailboxes()
    if (target === null) return null
    const moved = await imap.move(mailbox, uidValidity, uid, target)
    if (moved.uid === null) return null
    const state = await imap.state(target)
    return { mailbox: target, uidValidity: state.uidValidity, uid: moved.uid }
  } catch (error) {
    if (error instanceof CannotMove) return null
    if (error instanceof MessageVanished || error instanceof UidValidityChanged)
      throw new Refusal('mail-moved')
    throw error
  }
}
