/** The page of what was learned, and the forms that take it back. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { Account } from '../../context.ts'
import { acceptFound, foundInSent, rejectFound } from '../../review/from-sent.ts'
import { noteRemoval } from '../../review/knowledge-files.ts'
import { forgetLesson, type Lesson, learned, recallLesson } from '../../review/learned.ts'
import { Refusal } from '../../review/review.ts'
import { beginUnteaching, knowledgeFolder, PersonalRefusal, taught } from '../../review/teach.ts'
import { styleParts } from '../../store/unlearned.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import type { TypedFound } from './found.tsx'
import { LearnedPage, learnedPath } from './learned-page.tsx'
import { teachPath } from './teach-page.tsx'
import { followed, settled, type Teaching } from './teaching.ts'

const lessonFields = z.union([
  z.strictObject({ reply: text() }),
  z.strictObject({ language: text().max(20), part: z.enum(styleParts) }),
])
const foundFields = z.strictObject({
  ...{ account: text(), question: text(), fact: text() },
  confirmed: z.literal('1').optional(),
})
const accountField = z.looseObject({ account: text() })

export function addLearned(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf } = teaching
  pages.get(learnedPath, (c) => learnedPage(c, teaching, accountOf(c.req.query('account')), null))
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
  addFound(pages, teaching)
}

async function learnedPage(
  c: Context<Env>,
  { web, teachOf }: Teaching,
  account: Account,
  typed: TypedFound | null,
): Promise<Response> {
  const { address } = account.settings.owner
  const lesson = c.req.query('done') === 'lesson-removed' ? c.req.query('lesson') : undefined
  const undo = lesson && teachPath('/teach/learned/recall', address, { lesson })
  const notice = undo ? { said: 'Removed. No further reply uses it.', undo } : undefined
  const shown = { learned: await learned(web, address), found: foundInSent(web, address), typed }
  const page = <LearnedPage teach={await teachOf(c, account, notice)} {...shown} />
  return c.html(page, typed === null ? 200 : 409)
}

/** What `replyd learn` found in sent mail. */
function addFound(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf } = teaching
  pages.post('/teach/found/:id/accept', async (c) => {
    const { confirmed, ...given } = fitting(await formBody(c), foundFields)
    const [id, by] = [c.req.param('id'), c.get('session').actor]
    const fact = given.fact.replace(/\r\n?/g, '\n')
    try {
      followed(web, await acceptFound(web, id, { ...given, fact, by, confirmed: confirmed === '1' }))
      return c.redirect(teachPath(learnedPath, given.account, { done: 'found-accepted' }), 303)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.reason === 'unknown-proposal')
        return c.redirect(teachPath(learnedPath, given.account, { refused: error.reason }), 303)
      const personal = error instanceof PersonalRefusal ? error.found : []
      const typed = { id, ...given, fact, fault: error.message, personal }
      return learnedPage(c, teaching, accountOf(given.account), typed)
    }
  })
  pages.post('/teach/found/:id/remove', async (c) => {
    const { account } = fitting(await formBody(c), accountField)
    return settled(
      c,
      () => {
        rejectFound(web, account, c.req.param('id'))
        return teachPath(learnedPath, account, { done: 'found-removed' })
      },
      (refused) => teachPath(learnedPath, account, { refused }),
    )
  })
}

function lessonOf(written: string): Lesson {
  let lesson: unknown = null
  try {
    lesson = JSON.parse(written)
  } catch {
    // It does not come from our page, and is refused like any other invalid value.
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
        followed(web, await beginUnteaching(web, { account, id, by: c.get('session').actor }))
        const change = file && before ? noteRemoval(context, { account, file, before }) : ''
        return teachPath(learnedPath, account, { done: 'untaught', change })
      },
      (refused) => teachPath(learnedPath, account, { refused }),
    )
  })
}
