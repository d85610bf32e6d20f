/** Another person decided first: who, what they did and when. */
import { momentOf } from '../base/moment.ts'
import { isOwnerAction, ownerActionOf } from '../base/reasons.ts'
import { loadMessage } from '../store/messages.ts'
import { explainMail, type LoggedEvent } from '../store/review-lists.ts'
import { type Deed, Refusal, type Review } from './review.ts'

/** The last decision of a person about a mail; null if there is none. */
export const lastDeed = (events: readonly LoggedEvent[]): LoggedEvent | null =>
  events.findLast(({ reason, actor }) => isOwnerAction(reason) && actor !== 'replyd') ?? null

const begins = {
  'already-decided': 'This has already been decided',
  'text-changed': 'The text has changed in the meantime',
} as const
const ends = { 'already-decided': 'Nothing was changed.', 'text-changed': 'Review it again.' } as const

/** @returns a refusal about another person's decision with that person's name; anything else unchanged */
export async function named(
  { context }: Pick<Review, 'context'>,
  id: string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Refusal)) return error
  const { reason } = error
  if (reason !== 'already-decided' && reason !== 'text-changed') return error
  const state = await whatWasDone({ context }, id)
  if (state === null) return error
  const { timeZone } = context.config.budget
  const what = `${state.because.slice(0, -1)} (${momentOf(state.at, timeZone)})`
  const message = `${begins[reason]}: ${what}. ${ends[reason]}`
  return new Refusal(reason, { cause: error, state, message })
}

async function whatWasDone({ context: { db } }: Pick<Review, 'context'>, id: string): Promise<Deed | null> {
  const [row, { events }] = [await loadMessage(db, id), await explainMail(db, id)]
  const last = lastDeed(events) ?? events.at(-1) ?? null
  if (row === null || last === null) return null
  const { reason, actor, at } = last
  return { disposition: row.disposition, reason, because: ownerActionOf(reason, actor), by: actor, at }
}
