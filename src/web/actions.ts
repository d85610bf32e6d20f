/** The actions of forms and API calls, by the last word of the path. */
import { z } from 'zod'
import { approve, cancel } from '../review/approve.ts'
import { edit } from '../review/edit.ts'
import { reject, reopen } from '../review/reject.ts'
import { restore } from '../review/restore.ts'
import type { Review } from '../review/review.ts'
import { rewrite } from '../review/rewrite.ts'
import { holdAgain, markSent } from '../review/uncertain.ts'
import { fitting, text } from './bodies.ts'

/** Version of the text that the person saw. */
const seen = text().min(1)
const nothing = z.strictObject({})

interface Action {
  /** @throws BadRequest when `given` has an unknown key or lacks one; Refusal as the review's own functions */
  act: (review: Review, id: string, actor: string, given: unknown) => Promise<unknown>
  done: string
}

function action<Fields>(
  fields: z.ZodType<Fields>,
  act: (review: Review, id: string, actor: string, given: Fields) => Promise<unknown>,
  done: string,
): Action {
  return { act: (review, id, actor, given) => act(review, id, actor, fitting(given, fields)), done }
}

export const actions: Readonly<Record<string, Action>> = {
  approve: action(
    z.strictObject({ seen }),
    (review, id, actor, given) => approve(review, id, actor, given.seen),
    'Approved.',
  ),
  cancel: action(nothing, cancel, 'Cancelled: nothing was sent.'),
  edit: action(
    z.strictObject({ text: text(), seen: seen.optional() }),
    (review, id, actor, given) => edit(review, id, actor, given.text, given.seen),
    'Saved.',
  ),
  reject: action(
    z.strictObject({ seen: seen.optional() }),
    (review, id, actor, given) => reject(review, id, actor, given.seen),
    'Rejected: nothing will be sent.',
  ),
  reopen: action(nothing, reopen, 'It is waiting for you again.'),
  rewrite: action(
    z.strictObject({ instruction: text().default(''), seen: seen.optional() }),
    (review, id, actor, given) => rewrite(review, id, actor, given.instruction, given.seen),
    'It is being rewritten.',
  ),
  sent: action(nothing, markSent, 'Recorded as sent.'),
  hold: action(nothing, holdAgain, 'It is waiting for you again.'),
  restore: action(nothing, restore, 'Restored. Its sender is now trusted.'),
}
