/** The actions of forms and API calls, by the last word of the path. */
import * as z from 'zod'
import { approve, cancel } from '../review/approve.ts'
import { holdAgain, markSent, versionOf } from '../review/decide.ts'
import { edit } from '../review/edit.ts'
import { named } from '../review/faster.ts'
import { junk, undoJunk } from '../review/junk.ts'
import { reject, reopen } from '../review/reject.ts'
import { restore } from '../review/restore.ts'
import type { Review } from '../review/review.ts'
import { rewrite } from '../review/rewrite.ts'
import { loadAccountState } from '../store/accounts.ts'
import type { ReplyRow } from '../store/replies.ts'
import * as answers from './answers.ts'
import { fitting, text } from './bodies.ts'

const seenWith = (description: string) => text().min(1).meta({ description })
const seen = seenWith('`version` of the text that was seen; another text is refused')
const typed = text()
  .optional()
  .meta({ description: 'Unchanged if absent; filled in by replyd if it is empty' })
const nothing = z.strictObject({})

interface Action {
  /** The accepted input, for the API's description. */
  fields: z.ZodObject
  summary: string
  /**
   * @returns what the API answers beyond `ok`
   * @throws BadRequest when `given` has an unknown key or lacks one; Refusal like the review's own functions
   */
  act: (review: Review, id: string, actor: string, given: unknown) => Promise<object>
  done: string
  /** What the API answers. */
  answer: z.ZodObject
}

interface Telling<Result> {
  answer: z.ZodObject
  told: (review: Review, result: Result) => object | Promise<object>
}

function action<Given, Result>(
  summary: string,
  fields: z.ZodObject & z.ZodType<Given>,
  act: (review: Review, id: string, actor: string, given: Given) => Promise<Result>,
  done: string,
  { answer, told }: Telling<Result> = { answer: answers.done, told: () => ({}) },
): Action {
  const checked: Action['act'] = async (review, id, actor, given) => {
    const fit = fitting(given, fields)
    const result = await act(review, id, actor, fit).catch(async (error: unknown) => {
      throw await named(review, id, error)
    })
    return told(review, result)
  }
  return { fields, summary, act: checked, done, answer }
}

/** The time is null while the account is paused: somebody has to resume it first. */
async function sendsAt({ context }: Review, reply: ReplyRow | null): Promise<object> {
  const paused = reply === null || (await loadAccountState(context.db, reply.account)).paused
  return { sendsAt: paused ? null : reply.sendAfter }
}

export const actions: Readonly<Record<string, Action>> = {
  approve: action(
    'Send the reply when the undo window ends',
    z.strictObject({
      seen: seenWith(
        '`version` of the text that was seen, or its code (`showApprovalCode`); another text is refused',
      ),
    }),
    (review, id, actor, given) => approve(review, id, actor, given.seen),
    'Approved.',
    { answer: answers.approved, told: sendsAt },
  ),
  cancel: action('Undo the approval', nothing, cancel, 'Cancelled: nothing was sent.'),
  edit: action(
    'Replace the text of the reply, and To, Cc and Subject if they are given',
    z.strictObject({
      text: text().meta({ description: 'The whole new text' }),
      seen: seen.optional(),
      to: typed,
      cc: typed,
      subject: typed,
    }),
    (review, id, actor, { text, seen, ...header }) => edit(review, id, actor, text, seen, header),
    'Saved.',
    {
      answer: answers.edited,
      told: (_review, reply) => ({ version: versionOf(reply?.text ?? '', reply?.envelope) }),
    },
  ),
  reject: action(
    'Send nothing',
    z.strictObject({ seen: seen.optional() }),
    (review, id, actor, given) => reject(review, id, actor, given.seen),
    'Rejected: nothing will be sent.',
  ),
  reopen: action('Undo the rejection', nothing, reopen, 'Undone: it waits for you again.'),
  junk: action(
    'Say that the mail is spam: it goes to Junk, and replyd learns from it',
    z.strictObject({ seen: seen.optional() }),
    (review, id, actor, given) => junk(review, id, actor, given.seen),
    'Moved to Junk.',
  ),
  'undo-junk': action(
    'Undo that: the mail waits for a person again',
    nothing,
    undoJunk,
    'Undone: it waits for you again.',
  ),
  rewrite: action(
    'Have the reply written again',
    z.strictObject({
      instruction: text()
        .default('')
        .meta({ description: 'What to change, in words; empty: write a new version' }),
      seen: seen.optional(),
    }),
    (review, id, actor, given) => rewrite(review, id, actor, given.instruction, given.seen),
    'A new version is being written.',
  ),
  sent: action('Say that an uncertain reply was sent', nothing, markSent, 'Recorded as sent.'),
  hold: action(
    'Say that an uncertain reply was not sent, and hold it',
    nothing,
    holdAgain,
    'It waits for you again.',
  ),
  restore: action(
    'Take a mail out of Junk, and trust its sender',
    nothing,
    restore,
    'Restored. Its sender is now trusted.',
  ),
}
