/** The claim: of all workers that might send a reply, only one may write its final dot, once. */
import { setTimeout as delay } from 'node:timers/promises'
import { PutOff, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import type { Delivery, StepContext } from '../context.ts'
import { move } from '../store/moves.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'

/** Two and a half minutes of pauses, plus the time that the store takes to fail. */
const mostWrites = 160
const writeEveryMs = 1_000

/** Jitter, so competing workers do not collide again. */
const lookAgainMs = { least: 500, spread: 2_500 }

/**
 * Claims a reply whose text the server has and whose final dot is not written yet. After an error the reply is
 * unclaimed again, unless the store stays away: a claim that stays is one whose final dot may have been written.
 * @param stillAllowed called once the claim is made
 * @throws PutOff and TemporaryError as `claim` does; PutOff when the limits have changed
 */
export async function claimForFinalDot(
  delivery: Delivery,
  stillAllowed: () => Promise<boolean>,
): Promise<ReplyRow> {
  const claimed = await claim(delivery)
  const held = { ...delivery, reply: claimed }
  const allowed = await stillAllowed().catch(async (error: unknown) => {
    await release(held)
    throw error
  })
  if (!allowed) throw await giveBack(held, 'limits-changed')
  return claimed
}

/**
 * Claims what the server has seen. One conditional update; it also takes the slot that the limits count, because a
 * failed sending still counts (docs/rules.md section 7).
 * @throws PutOff when the reply has changed; TemporaryError when another worker has it
 */
export async function claim(delivery: Delivery): Promise<ReplyRow> {
  const { context, reply } = delivery
  const now = context.clock.now()
  const change = { id: reply.id, reply: { claimedAt: now } }
  const claimed = await move(context.db, 'claim', change, now).catch(async (error: unknown) => {
    await releaseUnanswered(delivery, now)
    throw error
  })
  if (!claimed?.reply) throw new TemporaryError('another worker has this reply')
  if (isUnchanged(claimed.reply, reply)) return claimed.reply
  throw await giveBack({ ...delivery, reply: claimed.reply }, 'changed-meanwhile')
}

/** Releases the claim and its slot: nothing was sent. Only this claim: another worker may have made the next one. */
async function release({ context, reply: { id, version } }: Delivery): Promise<void> {
  const change = { id, reply: { claimedAt: null, version } }
  await persistently(context, () => move(context.db, 'giveBack', change, context.clock.now()))
}

/**
 * The answer to a claim was lost. If the store has made it, nobody but this process knows that nothing was sent. A claim
 * is recognised by its millisecond: workers look at a reply again at different times.
 */
async function releaseUnanswered(delivery: Delivery, claimedAt: Date): Promise<void> {
  const { context, reply } = delivery
  const stored = await persistently(context, () => loadReply(context.db, reply.id))
  const isOurs = stored?.state === 'sending' && stored.claimedAt?.getTime() === claimedAt.getTime()
  if (isOurs) await release({ ...delivery, reply: stored })
}

/** @returns the error that makes the pipeline check the released reply again soon */
async function giveBack(delivery: Delivery, reason: Reason): Promise<PutOff> {
  const { clock, random } = delivery.context
  await release(delivery)
  const ms = lookAgainMs.least + random() * lookAgainMs.spread
  return new PutOff(new Date(clock.now().getTime() + ms), reason)
}

/** Whether it is still what the server has received: a person may have edited it in the meantime. */
function isUnchanged(claimed: ReplyRow, given: ReplyRow): boolean {
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
