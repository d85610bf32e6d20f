/** The pages of the knowledge, and the forms that change its files. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { Account } from '../../context.ts'
import { changeFile, folderHash, folderText, undoFileChange } from '../../review/knowledge-files.ts'
import { Refusal } from '../../review/review.ts'
import type { Env } from '../access.ts'
import { BadRequest, fitting, formBody, text } from '../bodies.ts'
import { FilePage } from './file-page.tsx'
import { filePath, KnowledgePage, knowledgePath } from './knowledge-page.tsx'
import { foundFor, listedFiles, listedPages, passagesOfFile } from './knowledge-view.ts'
import { teachPath } from './teach-page.tsx'
import { settled, type Teaching } from './teaching.ts'

/** Files on one page. */
const filesShown = 50
/** Characters of a question. */
const longestQuestion = 500

const addFields = z.strictObject({ account: text(), name: text(), text: text() })
const saveFields = z.strictObject({ account: text(), file: text(), seen: text(), text: text() })
const removeFields = saveFields.omit({ text: true })

export function addKnowledge(pages: Hono<Env>, teaching: Teaching): void {
  const { accountOf } = teaching
  pages.get(knowledgePath, async (c) => {
    const account = accountOf(c.req.query('account'))
    return c.html(await knowledgePage(c, teaching, account))
  })
  pages.get(filePath, async (c) => {
    const account = accountOf(c.req.query('account'))
    return filePage(c, teaching, account, c.req.query('file') ?? '', null)
  })
  addForms(pages, teaching)
}

async function knowledgePage(c: Context<Env>, { web, teachOf }: Teaching, account: Account) {
  const { context } = web
  const asked = (name: string) => c.req.query(name) ?? ''
  const [question, named, after] = [asked('q').slice(0, longestQuestion), asked('named'), asked('after')]
  const own = account.settings.owner.address
  const all = await listedFiles(context, account)
  const pages = listedPages(context, account)
  const ofSite = new Set(pages.map(({ file }) => file))
  const files = all.filter(({ file, isInFolder }) => isInFolder || !ofSite.has(file))
  const matching = files.filter(({ file }) => file.toLowerCase().includes(named.trim().toLowerCase()))
  const behind = matching.filter(({ file }) => file > after)
  const shown = behind.slice(0, filesShown)
  const pathOf = (key: string) => teachPath(knowledgePath, own, { named, after: key })
  const knowledge = {
    files: shown,
    total: files.length,
    named,
    first: after === '' ? null : pathOf(''),
    next: behind.length > shown.length ? pathOf(shown.at(-1)?.file ?? '') : null,
    question,
    found: await foundFor(account, question),
    pages,
    hasFolder: account.settings.knowledge !== null,
  }
  return <KnowledgePage teach={await teachOf(c, account)} knowledge={knowledge} />
}

/** @param typed a text that could not be saved */
async function filePage(
  c: Context<Env>,
  { web, teachOf }: Teaching,
  account: Account,
  file: string,
  typed: string | null,
): Promise<Response> {
  const { context } = web
  const own = account.settings.owner.address
  const hasFolder = account.settings.knowledge !== null
  const passages = await passagesOfFile(context, account, file)
  const [folder, hash] = hasFolder
    ? [folderText(context, own, file), folderHash(context, own, file)]
    : [null, null]
  if (passages.length === 0 && hash === null) throw new Refusal('unknown-file')
  const teach = await teachOf(c, account)
  const shown = { file, folderText: folder, hash, passages, typed }
  return c.html(<FilePage teach={teach} shown={shown} />, typed === null ? 200 : 409)
}

const actorOf = (c: Context<Env>) => c.get('session').actor

function addForms(pages: Hono<Env>, teaching: Teaching): void {
  const { accountOf } = teaching
  const { context } = teaching.web
  addNewFiles(pages, teaching)
  pages.post('/teach/knowledge/save', async (c) => {
    const { account, file, seen, text } = fitting(await formBody(c), saveFields)
    try {
      const octets = Buffer.from(withoutReturns(text))
      const change = changeFile(context, { account, file, seen, octets }, actorOf(c))
      return c.redirect(teachPath(filePath, account, { file, done: 'file-saved', change }), 303)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.reason === 'file-changed') return filePage(c, teaching, accountOf(account), file, text)
      return c.redirect(teachPath(filePath, account, { file, refused: error.reason }), 303)
    }
  })
  pages.post('/teach/knowledge/remove', async (c) => {
    const { account, file, seen } = fitting(await formBody(c), removeFields)
    return settled(
      c,
      () => {
        const change = changeFile(context, { account, file, seen, octets: null }, actorOf(c))
        return teachPath(knowledgePath, account, { done: 'file-removed', change })
      },
      (refused) => teachPath(filePath, account, { file, refused }),
    )
  })
  pages.post('/teach/undo/:id', (c) =>
    settled(
      c,
      () => {
        const { account } = undoFileChange(context, c.req.param('id'), actorOf(c))
        return teachPath(knowledgePath, account, { done: 'undone' })
      },
      (refused) => teachPath(knowledgePath, '', { refused }),
    ),
  )
}

function addNewFiles(pages: Hono<Env>, { web: { context } }: Teaching): void {
  const add = (c: Context<Env>, given: { account: string; file: string; octets: Buffer }) =>
    settled(
      c,
      () => {
        const change = changeFile(context, { ...given, seen: null }, actorOf(c))
        return teachPath(filePath, given.account, { file: given.file, done: 'file-added', change })
      },
      (refused) => teachPath(knowledgePath, given.account, { refused }),
    )
  pages.post('/teach/knowledge/add', async (c) => {
    const { account, name, text } = fitting(await formBody(c), addFields)
    const file = /\.\w{1,8}$/.test(name.trim()) ? name.trim() : `${name.trim()}.md`
    return add(c, { account, file, octets: Buffer.from(withoutReturns(text)) })
  })
  pages.post('/teach/knowledge/upload', async (c) => {
    const { account, file } = await c.req.parseBody()
    if (typeof account !== 'string' || !(file instanceof File)) throw new BadRequest('Choose a file.')
    const name = file.name.split(/[\\/]/).at(-1) ?? ''
    return add(c, { account, file: name.normalize('NFC'), octets: Buffer.from(await file.arrayBuffer()) })
  })
}

/** A browser's form sends CRLF. A text ends with a line end. */
const withoutReturns = (text: string) => `${text.replace(/\r\n?/g, '\n').replace(/\n+$/, '')}\n`
