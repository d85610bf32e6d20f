/** Lessons that a person took back: an edited reply as a correction, or a part of the style in one language. */
import type { Queryable } from './database.ts'

/** Parts of a style that are learned and removed separately. */
export const styleParts = ['greeting', 'closing', 'words', 'manner'] as const
export type StylePart = (typeof styleParts)[number]

export const correctionLesson = (replyId: string) => `reply ${replyId}`
export const styleLesson = (language: string, part: StylePart) => `style ${language} ${part}`

/** It is no longer used, even if it is learned again. */
export async function unlearn(
  db: Queryable,
  account: string,
  lesson: string,
  { actor, now }: { actor: string; now: Date },
): Promise<void> {
  await db.query(
    `insert into replyd.unlearned (account, lesson, actor, at) values ($1, $2, $3, $4) on conflict do nothing`,
    [account, lesson, actor, now],
  )
}

/** It is used again. @returns false when it was not taken back */
export async function learnAgain(db: Queryable, account: string, lesson: string): Promise<boolean> {
  const { rows } = await db.query(
    'delete from replyd.unlearned where account = $1 and lesson = $2 returning lesson',
    [account, lesson],
  )
  return rows.length > 0
}
