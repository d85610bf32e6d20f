/** The page of what was learned, and the forms that take it back. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { z } from 'zod'
import { noteRemoval } from '../../review/knowledge-files.ts'
import { forgetLesson, type Lesson, learned, recallLesson } from '../../review/learned.ts'
import { knowledgeFolder, taught, unteach } from '../../review/teach.ts'
import { styleParts } from '../../store/unlearned.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import { LearnedPage, learnedPath } from './learned-page.tsx'
import { teachPath } from './teach-page.tsx'
import { settled, type Teaching } from './teaching.ts'

const lessonFields = z.union([
  z.strictObject({ reply: text() }),
  z.strictObject({ language: text().max(20), part: z.enum(styleParts) }),
])
const accountField = z.looseObject({ account: text() })

export function addLearned(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf, teachOf } = teaching
  pages.get(learnedPath, async (c) => {
    const account = accountOf(c.req.query('account'))
    const shown = await learned(web, account.settings.owner.address)
    const lesson = c.req.query('done') === 'lesson-removed' ? c.req.query('lesson') : undefined
    const undo = lesson && teachPath('/teach/learned/recall', account.settings.owner.address, { lesson })
    const notice = undo ? { said: 'Removed. No further reply uses it.', undo } : undefined
    return c.html(<LearnedPage teach={await teachOf(c, account, notice)} learned={shown} />)
  })
  pages.post('/teach/learned/forget', async (c) => {
    const { account, ...given } = fitting(await formBody(c), accountField)
    const lesson = fitting(given, lessonFields)
    const written = JSON.stringify(lesson)
    return settled(
      c,
      async () => {
        await forgetLesson(web, account, lesson, c.get('session').actor)
        return teachPath(learnedPath, account, { done: 'lesson-removed', lesson: written })
      },
      (refused) => teachPath(learnedPath, account, { refused }),
    )
  })
  pages.post('/teach/learned/recall', (c) => {
    const account = c.req.query('account') ?? ''
    return settled(
      c,
      async () => {
        await recallLesson(web, account, lessonOf(c.req.query('lesson') ?? ''), c.get('session').actor)
        return teachPath(learnedPath, account, { done: 'undone' })
      },
      (refused) => teachPath(learnedPath, account, { refused }),
    )
  })
  addFactRemoval(pages, teaching)
}

function lessonOf(written: string): Lesson {
  let lesson: unknown = null
  try {
    lesson = JSON.parse(written)
  } catch {
    // Not of a page: refused like any other unfit value.
  }
  return fitting(lesson, lessonFields)
}

/** The undo brings the file back; drafts that were written again without it stay. */
function addFactRemoval(pages: Hono<Env>, { web }: Teaching): void {
  const { context } = web
  pages.post('/teach/learned/facts/:id/remove', async (c) => {
    const { account } = fitting(await formBody(c), accountField)
    const id = c.req.param('id')
    return settled(
      c,
      async () => {
        const file = taught(context, account).find((fact) => fact.id === id)?.file ?? null
        const before = file === null ? null : readFileSync(join(knowledgeFolder(context, account), file))
        await unteach(web, { account, id, by: c.get('session').actor })
        const change = file && before ? noteRemoval(context, { account, file, before }) : ''
        return teachPath(learnedPath, account, { done: 'untaught', change })
      },
      (refused) => teachPath(learnedPath, account, { refused }),
    )
  })
}
