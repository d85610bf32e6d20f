/** The Setup pages and their forms. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { accountIn, isEditable, type SettingPath, type Shown } from '../config/overlay.ts'
import { UnfitSetting } from '../review/page-settings.ts'
import { Refusal } from '../review/review.ts'
import { loadSettingEdit, type SettingEdit, settingHistory } from '../store/settings.ts'
import type { Env } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import type { ViewOf } from './overviews.tsx'
import { sendingOf } from './sending.ts'
import { ConfirmSending } from './sending-confirm.tsx'
import { Categories, type CategoryTyped } from './setup-categories.tsx'
import { fieldsOf, nameOf, type SectionName, sectionOf, sections } from './setup-fields.ts'
import { type Saved, Scopes, SetupPage } from './setup-frame.tsx'
import { Changes, idOf, type Refused, Settings } from './setup-page.tsx'
import {
  categoriesOf,
  changesIn,
  faultsOf,
  pathIn,
  refusedOf,
  type SettingChange,
  startsSending,
  stopsAll,
} from './setup-save.ts'
import type { WebContext } from './web-context.ts'

const changesShown = 50
/** Fields of one form. */
const mostAtOnce = 40

const anyFields = z.record(z.string(), text())
const undoFields = z.strictObject({ id: text(), from: text().optional(), confirmed: text().optional() })

interface Setup {
  web: WebContext
  viewOf: ViewOf
}

export function addSetup(pages: Hono<Env>, setup: Setup): void {
  pages.get('/settings/:section', async (c) => {
    const section = c.req.param('section')
    // Somebody has reloaded the confirmation page that a form led to.
    if (section === 'undo') return c.redirect('/settings/changes', 303)
    if (section === 'people' || !isSection(section)) return c.notFound()
    return show(setup, c, { section, scope: c.req.query('account') ?? null })
  })
  pages.post('/settings/:section{replies|instructions|categories|senders|budget}', async (c) =>
    save(setup, c, c.req.param('section') as SectionName, fitting(await formBody(c), anyFields)),
  )
  pages.post('/settings/undo', async (c) => {
    const body = fitting(await formBody(c), undoFields)
    const { id, from, confirmed } = body
    const { context, settings } = setup.web
    const ids = id.split('.').filter((each) => /^\d{1,18}$/.test(each))
    const found = await Promise.all(ids.slice(0, mostAtOnce).map((each) => loadSettingEdit(context.db, each)))
    const edits = found.flatMap((edit) => edit ?? [])
    const [edit] = edits
    if (edit === undefined) throw new Refusal('unknown-setting')
    const path = pathIn(edit.path)
    const back: Place =
      from === 'changes' ? { section: 'changes', path: null } : { section: sectionOf(path), path }
    const changes = edits.map((each) => ({ path: pathIn(each.path), value: each.old ?? undefined }))
    const sending = changes.filter((change) => startsSending(settings, change))
    if (sending.length > 0 && confirmed !== '1')
      return c.html(
        await confirmPage(setup, c, {
          changes,
          sending,
          to: '/settings/undo',
          body,
          back: addressOf(back, {}),
        }),
      )
    try {
      for (const each of [...edits].reverse()) await settings.undo(each.id, c.get('session').actor)
    } catch (error) {
      if (error instanceof UnfitSetting)
        return c.redirect(addressOf(back, { refused: 'setting-changed' }), 303)
      if (!(error instanceof Refusal)) throw error
      return c.redirect(addressOf(back, { refused: error.reason }), 303)
    }
    const undone = changes.map((each) => settings.view(each.path).edit?.id ?? '').join('.')
    return c.redirect(addressOf(back, { undone }), 303)
  })
}

const isSection = (name: string): name is SectionName => Object.hasOwn(sections, name)

interface Place {
  section: SectionName
  path: SettingPath | null
}

function addressOf({ section, path }: Place, query: Record<string, string>): string {
  const account = path === null ? null : accountIn(path)
  const all = new URLSearchParams({ ...(account === null ? {} : { account }), ...query })
  return `/settings/${section}?${all}${path === null ? '' : `#${idOf(path)}`}`
}

async function save(
  setup: Setup,
  c: Context<Env>,
  section: SectionName,
  body: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const { settings } = setup.web
  await settings.refresh()
  const changes = changesIn(body)
  const [first] = changes
  const scope = c.req.query('account') ?? null
  if (first === undefined) return c.redirect(`/settings/${section}${accountQuery(scope)}`, 303)
  const place = { section, path: first.path }
  const to = `/settings/${section}${accountQuery(scope)}`
  try {
    const faults = faultsOf(settings, changes)
    if (faults.some((fault) => fault !== null))
      return await show(setup, c, { section, scope, refused: refusedOf(changes, faults) }, 422)
    const sending = changes.filter((change) => startsSending(settings, change))
    if ((sending.length > 0 || changes.some(stopsAll)) && body.confirmed !== '1')
      return c.html(await confirmPage(setup, c, { changes, sending, to, body, back: to }))
    for (const { path, value, follows } of changes)
      await settings.change(path, value, follows, c.get('session').actor)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(addressOf(place, { refused: error.reason }), 303)
  }
  const saved = changes.map(({ path }) => settings.view(path).edit?.id ?? '').join('.')
  return c.redirect(addressOf(place, { saved }), 303)
}

const accountQuery = (account: string | null) =>
  account === null ? '' : `?account=${encodeURIComponent(account)}`

type Wanted = Pick<SettingChange, 'path' | 'value'>

interface Confirming {
  changes: readonly Wanted[]
  /** The changes that let replyd send. */
  sending: readonly Wanted[]
  to: string
  body: Readonly<Record<string, unknown>>
  /** Where "Cancel" leads. */
  back: string
}

async function confirmPage({ web, viewOf }: Setup, c: Context<Env>, asked: Confirming) {
  const { changes, sending, to, body, back } = asked
  const fields = Object.entries(body).filter(([name]) => name !== 'token')
  const wide = await sendingOf(web, sending)
  const stopping = changes.filter(stopsAll)
  const others = changes
    .filter((change) => !sending.includes(change) && !stopping.includes(change))
    .map(({ path }) => nameOf(path))
  const view = { ...(await viewOf(c)), path: c.req.path }
  const form = { to, fields, back }
  return <ConfirmSending view={view} sending={wide} stops={stopping.length > 0} others={others} form={form} />
}

interface Asked {
  section: SectionName
  scope: string | null
  refused?: readonly Refused[]
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
    await contentOf(web, c, { view, section, scope, refused: refused ?? [] })
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
  }: { view: View; section: SectionName; scope: string | null; refused: readonly Refused[] },
) {
  const { settings } = web
  const to = `/settings/${section}${accountQuery(scope)}`
  const scoped = (path: SettingPath): SettingPath => (scope === null ? path : ['accounts', scope, ...path])
  if (section === 'categories') {
    const setting = settings.view(scoped(['categories']))
    const typed = refused.find(({ path }) => path.at(-1) === 'categories')?.typed
    const listed = typed === undefined ? categoriesOf(setting) : (JSON.parse(typed) as CategoryTyped[])
    const ofFile = listed.map(({ name }) => settings.view(scoped(['categories', name.toLowerCase(), 'mode'])))
    return <Categories {...{ view, to, setting, ofFile, listed, refused }} />
  }
  if (section === 'changes') {
    const before = c.req.query('before') ?? ''
    const wanted = { before: /^\d{1,18}$/.test(before) ? before : null, limit: changesShown + 1 }
    const found = await settingHistory(web.context.db, wanted)
    const edits = found.slice(0, changesShown)
    const older = found.length > changesShown ? (edits.at(-1)?.id ?? null) : null
    const shown = edits.map((edit) => ({ ...edit, without: withoutOf(web, edit) }))
    return <Changes view={view} edits={shown} older={older} />
  }
  const views = fieldsOf(section, scope)
    .map(({ path }) => settings.view(scoped(path)))
    .map((each) => (each.path.at(-1) === 'timeZone' ? { ...each, value: each.value ?? view.timeZone } : each))
  return <Settings view={view} to={to} settings={views} refused={refused} />
}

/** Of an edit; null for a key that this version does not have. */
function withoutOf({ settings }: WebContext, { path }: SettingEdit): Shown | null {
  const written = pathIn(path)
  return settings.isChangeable && isEditable(written) ? settings.without(written) : null
}

async function savedOf(web: WebContext, c: Context<Env>): Promise<Saved | null> {
  const [saved, undone] = [c.req.query('saved'), c.req.query('undone')]
  const ids = (saved ?? undone ?? '').split('.').filter((id) => /^\d{1,18}$/.test(id))
  const { db } = web.context
  const edits = await Promise.all(ids.slice(0, mostAtOnce).map((id) => loadSettingEdit(db, id)))
  const found = edits.flatMap((edit) => (edit === null ? [] : [{ ...edit, without: withoutOf(web, edit) }]))
  return found.length === 0 ? null : { edits: found, undone: saved === undefined }
}

/** Settings of the page that a changed file no longer allows. */
function unfitWords({ settings: { unfit } }: WebContext): string | null {
  if (unfit.length === 0) return null
  const named = unfit.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')
  return `Some settings made here no longer fit the file and do not apply: ${named}.`
}
