/** The claim: of all workers that might send a reply, only one may write its final dot, once. */
import { setTimeout as delay } from 'node:timers/promises'
import { PutOff, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import type { Delivery, StepContext } from '../context.ts'
import { move } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'

/** Two and a half minutes in total. */
const mostWrites = 160
const writeEveryMs = 1_000

/** Jitter, so competing workers do not collide again. */
const lookAgainMs = { least: 500, spread: 2_500 }

/**
 * One conditional update. It also takes the slot that the limits count, because a failed sending still counts
 * (docs/rules.md section 7).
 * @throws TemporaryError when another worker has the reply
 */
export async function claim({ context, reply: { id } }: Delivery): Promise<ReplyRow> {
  const now = context.clock.now()
  const claimed = await move(context.db, 'claim', { id, reply: { claimedAt: now } }, now)
  if (!claimed?.reply) throw new TemporaryError('another worker has this reply')
  return claimed.reply
}

/**
 * Releases the claim and its slot: nothing was sent.
 * @returns the error that makes the pipeline check it again soon
 */
export async function giveBack({ context, reply: { id } }: Delivery, reason: Reason): Promise<PutOff> {
  const now = context.clock.now()
  await persistently(context, () => move(context.db, 'giveBack', { id, reply: { claimedAt: null } }, now))
  const ms = lookAgainMs.least + context.random() * lookAgainMs.spread
  return new PutOff(new Date(now.getTime() + ms), reason)
}

/** Whether it is still what the server has received: a person may have edited it in the meantime. */
export function isUnchanged(claimed: ReplyRow, given: ReplyRow): boolean {
  return (
    claimed.octets.equals(given.octets) &&
    claimed.reversePath === given.reversePath &&
    claimed.addressees.join() === given.addressees.join()
  )
}

/**
 * Only this process knows the outcome of its claim, so it waits for an unavailable store; otherwise the reply would
 * end as uncertain.
 */
export async function persistently<T>(context: StepContext, write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (attempt >= mostWrites) throw error
      context.log.warn({ event: 'reply.commit-failed', reason: reasonOf(error), attempt })
      await delay(Math.min(writeEveryMs, 100 * attempt))
    }
  }
}
