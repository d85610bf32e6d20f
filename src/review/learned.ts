/** What was learned from the owner, and how to undo it: taught facts, corrections from edits, and their style. */
import { correctionsOf } from '../compose/corrections.ts'
import { signaturesOf } from '../mail/reply/sign-off.ts'
import type { Correction } from '../model/prompts/messages.ts'
import { editedLately } from '../store/learning.ts'
import { loadStyles, type StoredStyles } from '../store/styles.ts'
import { correctionLesson, learnAgain, type StylePart, styleLesson, unlearn } from '../store/unlearned.ts'
import { Refusal, type Review } from './review.ts'
import { type Taught, taught } from './teach.ts'

/** One edit, as the writer of the next reply sees it. */
export interface LearnedCorrection extends Correction {
  /** Of the reply that was edited. */
  id: string
  category: string
  subject: string | null
  at: Date
}

export interface Learned {
  facts: readonly Taught[]
  corrections: readonly LearnedCorrection[]
  styles: StoredStyles | null
}

/** Corrections are taken from replies of the last half year, and at most this many of them are read. Milliseconds. */
const recentMs = 180 * 86_400_000
const mostEdited = 200
const everything = { queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }

/** @throws Refusal `unknown-account` */
export async function learned({ context }: Pick<Review, 'context'>, address: string): Promise<Learned> {
  const account = context.accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  const { db, clock } = context
  const { owner, replies, instructions } = account.settings
  const passages = account.knowledge?.find(everything) ?? []
  const known = [
    owner.displayName ?? '',
    ...signaturesOf(replies),
    instructions,
    ...passages.map(({ text }) => text),
  ]
  const since = new Date(clock.now().getTime() - recentMs)
  const edited = await editedLately(db, address, since, mostEdited)
  const corrections = edited.flatMap((reply) => {
    const correspondent = [reply.fromName ?? '', ...reply.addressees, ...reply.lookedUp]
    const { id, category, subject, at } = reply
    return correctionsOf([{ ...reply, correspondent }], known).map((found) => ({
      ...{ id, category, subject, at },
      ...found,
    }))
  })
  return { facts: taught(context, address), corrections, styles: await loadStyles(db, address) }
}

/** What is taken back: an edit, or a part of the style. */
export type Lesson = { reply: string } | { language: string; part: StylePart }

const nameOf = (lesson: Lesson) =>
  'reply' in lesson ? correctionLesson(lesson.reply) : styleLesson(lesson.language, lesson.part)

/** From now on no reply uses it. @throws Refusal `unknown-account` */
export async function forgetLesson(
  review: Review,
  account: string,
  lesson: Lesson,
  actor: string,
): Promise<void> {
  const { db, clock, accounts, log } = review.context
  if (!accounts.has(account)) throw new Refusal('unknown-account')
  await unlearn(db, account, nameOf(lesson), { actor, now: clock.now() })
  log.info({ event: 'lesson.forgotten', account, actor })
}

/** @throws Refusal `nothing-to-undo` */
export async function recallLesson(
  review: Review,
  account: string,
  lesson: Lesson,
  actor: string,
): Promise<void> {
  if (!(await learnAgain(review.context.db, account, nameOf(lesson)))) throw new Refusal('nothing-to-undo')
  review.context.log.info({ event: 'lesson.recalled', account, actor })
}
