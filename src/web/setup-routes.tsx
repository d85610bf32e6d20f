/** The Setup pages and their forms. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { accountIn, type SettingPath } from '../config/overlay.ts'
import { type SettingView, UnfitSetting } from '../review/page-settings.ts'
import { Refusal } from '../review/review.ts'
import { loadSettingEdit, settingHistory } from '../store/settings.ts'
import type { Env } from './access.ts'
import { BadRequest, fitting, formBody, text } from './bodies.ts'
import type { ViewOf } from './overviews.tsx'
import { fieldAt, fieldsOf, type SectionName, sectionOf, sections, valueTyped } from './setup-fields.ts'
import { type Saved, Scopes, SetupPage } from './setup-frame.tsx'
import { Categories, type CategoryTyped, Changes, idOf, type Refused, Settings } from './setup-page.tsx'
import type { WebContext } from './web-context.ts'

const changesShown = 50

const target = { path: text(), follows: z.string().regex(/^\d{1,18}$/) }
const setFields = z.strictObject({ ...target, value: text() })
const listFields = z.looseObject(target)
const undoFields = z.strictObject({ id: text(), from: text().optional() })

interface Setup {
  web: WebContext
  viewOf: ViewOf
}

export function addSetup(pages: Hono<Env>, setup: Setup): void {
  pages.get('/settings/:section', async (c) => {
    const section = c.req.param('section')
    // The address of a form whose value was refused: somebody has loaded that page again.
    if (section === 'set' || section === 'undo') return c.redirect('/settings', 303)
    if (section === 'people' || !isSection(section)) return c.notFound()
    return show(setup, c, { section, scope: c.req.query('account') ?? null })
  })
  pages.post('/settings/set', async (c) => {
    const { path: written, follows, value } = fitting(await formBody(c), setFields)
    const path = pathIn(written)
    const field = fieldAt(path)
    if (field === undefined) throw new Refusal('unknown-setting')
    const refused = (fault: string): Refused => ({ path, typed: value, fault })
    return save(setup, c, { path, follows, value: valueTyped(field, value), refused })
  })
  pages.post('/settings/categories', async (c) => {
    const { path: written, follows, ...typed } = fitting(await formBody(c), listFields)
    const path = pathIn(written)
    const listed = categoriesIn(typed)
    const value = listed.length === 0 ? undefined : listed.map(withoutEmptyMode)
    const refused = (fault: string): Refused => ({ path, typed: JSON.stringify(listed), fault })
    return save(setup, c, { path, follows, value, refused })
  })
  pages.post('/settings/undo', async (c) => {
    const { id, from } = fitting(await formBody(c), undoFields)
    const edit = await loadSettingEdit(setup.web.context.db, /^\d{1,18}$/.test(id) ? id : '0')
    if (edit === null) throw new Refusal('unknown-setting')
    const path = pathIn(edit.path)
    const back =
      from === 'changes' ? { section: 'changes' as const, path: null } : { section: sectionOf(path), path }
    try {
      await setup.web.settings.undo(id, c.get('session').actor)
    } catch (error) {
      if (error instanceof UnfitSetting)
        return c.redirect(addressOf(back, { refused: 'setting-changed' }), 303)
      if (!(error instanceof Refusal)) throw error
      return c.redirect(addressOf(back, { refused: error.reason }), 303)
    }
    return c.redirect(addressOf(back, { undone: setup.web.settings.view(path).edit?.id ?? '' }), 303)
  })
}

const isSection = (name: string): name is SectionName => Object.hasOwn(sections, name)

/** @throws BadRequest when it is no list of names */
function pathIn(written: string): SettingPath {
  try {
    return z.array(z.string()).min(1).max(6).parse(JSON.parse(written))
  } catch (cause) {
    throw new BadRequest('The form names no setting.', { cause, fields: ['path'] })
  }
}

const withoutEmptyMode = ({ name, description, mode }: CategoryTyped) =>
  mode === '' ? { name, description } : { name, description, mode }

/** The rows of the form, without those that are empty or to be removed. */
function categoriesIn(typed: Readonly<Record<string, unknown>>): CategoryTyped[] {
  const at = (name: string, row: number) => {
    const value = typed[`${name}-${row}`]
    return typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : ''
  }
  const rows = Array.from({ length: 41 }, (_, row) => row)
  return rows
    .filter((row) => at('remove', row) === '' && `${at('name', row)}${at('description', row)}` !== '')
    .map((row) => ({ name: at('name', row), description: at('description', row), mode: at('mode', row) }))
}

interface Place {
  section: SectionName
  path: SettingPath | null
}

function addressOf({ section, path }: Place, query: Record<string, string>): string {
  const account = path === null ? null : accountIn(path)
  const all = new URLSearchParams({ ...(account === null ? {} : { account }), ...query })
  return `/settings/${section}?${all}${path === null ? '' : `#${idOf(path)}`}`
}

interface Change {
  path: SettingPath
  follows: string
  value: unknown
  refused: (fault: string) => Refused
}

async function save(setup: Setup, c: Context<Env>, change: Change): Promise<Response> {
  const { path, follows, value } = change
  const { settings } = setup.web
  const place = { section: sectionOf(path), path }
  try {
    await settings.change(path, value, follows, c.get('session').actor)
  } catch (error) {
    if (error instanceof UnfitSetting)
      return show(
        setup,
        c,
        { section: place.section, scope: accountIn(path), refused: change.refused(sentence(error.message)) },
        422,
      )
    if (!(error instanceof Refusal)) throw error
    return c.redirect(addressOf(place, { refused: error.reason }), 303)
  }
  return c.redirect(addressOf(place, { saved: settings.view(path).edit?.id ?? '' }), 303)
}

/** `must be …` as a sentence. */
const sentence = (words: string): string => {
  const whole = /^(?:must|is|needs|names|unknown)\b/.test(words) ? `This ${words}` : words
  return /[.!?]$/.test(whole) ? whole : `${whole}.`
}

interface Asked {
  section: SectionName
  scope: string | null
  refused?: Refused
}

async function show(
  { web, viewOf }: Setup,
  c: Context<Env>,
  { section, scope: wanted, refused }: Asked,
  status: 200 | 422 = 200,
): Promise<Response> {
  const { settings, context } = web
  await settings.refresh()
  const accounts = [...context.accounts.keys()]
  const scope = wanted !== null && accounts.includes(wanted) && accounts.length > 1 ? wanted : null
  const view = { ...(await viewOf(c)), path: `/settings/${section}` }
  const content = settings.isChangeable ? (
    await contentOf(web, c, { view, section, scope, refused: refused ?? null })
  ) : (
    <p class="nothing">The settings of this replyd were made by a program and can't be changed here.</p>
  )
  return c.html(
    <SetupPage view={view} title={sections[section]} saved={await savedOf(web, c)} fault={unfitWords(web)}>
      {section === 'changes' ? null : <Scopes section={section} scope={scope} accounts={accounts} />}
      {content}
    </SetupPage>,
    status,
  )
}

type View = Awaited<ReturnType<ViewOf>>

async function contentOf(
  web: WebContext,
  c: Context<Env>,
  {
    view,
    section,
    scope,
    refused,
  }: { view: View; section: SectionName; scope: string | null; refused: Refused | null },
) {
  const { settings } = web
  const scoped = (path: SettingPath): SettingPath => (scope === null ? path : ['accounts', scope, ...path])
  if (section === 'categories') {
    const setting = settings.view(scoped(['categories']))
    const listed = refused === null ? categoriesOf(setting) : (JSON.parse(refused.typed) as CategoryTyped[])
    const ofFile = listed.map(({ name }) => settings.view(scoped(['categories', name.toLowerCase(), 'mode'])))
    const fault = refused?.fault ?? null
    return <Categories view={view} setting={setting} ofFile={ofFile} listed={listed} fault={fault} />
  }
  if (section === 'changes') {
    const before = c.req.query('before') ?? ''
    const wanted = { before: /^\d{1,18}$/.test(before) ? before : null, limit: changesShown + 1 }
    const found = await settingHistory(web.context.db, wanted)
    const edits = found.slice(0, changesShown)
    const older = found.length > changesShown ? (edits.at(-1)?.id ?? null) : null
    return <Changes view={view} edits={edits} older={older} />
  }
  const views = fieldsOf(section, scope).map(({ path }) => settings.view(scoped(path)))
  return <Settings view={view} settings={views} refused={refused} />
}

/** Whatever the file or the page holds: a list of them. */
function categoriesOf({ value }: SettingView): CategoryTyped[] {
  if (!Array.isArray(value)) return []
  return (value as Partial<CategoryTyped>[]).map(({ name = '', description = '', mode = '' }) => ({
    name,
    description,
    mode,
  }))
}

async function savedOf({ context }: WebContext, c: Context<Env>): Promise<Saved | null> {
  const [saved, undone] = [c.req.query('saved'), c.req.query('undone')]
  const id = saved ?? undone ?? ''
  const edit = /^\d{1,18}$/.test(id) ? await loadSettingEdit(context.db, id) : null
  return edit === null ? null : { edit, undone: saved === undefined }
}

/** Settings of the page that a changed file no longer allows. */
function unfitWords({ settings: { unfit } }: WebContext): string | null {
  if (unfit.length === 0) return null
  const named = unfit.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')
  return `Some of what was set here does not fit the file any more and does not apply: ${named}.`
}
