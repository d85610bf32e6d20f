/** People on the Setup page, and in the API. Every action that grants something asks for the password again. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { pagePasswordHash } from '../review/page-password.ts'
import * as people from '../review/people.ts'
import { Refusal } from '../review/review.ts'
import { hasPeople, listPeople, loadPerson, type PersonRole, roles } from '../store/people.ts'
import type { Env } from './access.ts'
import * as answers from './answers.ts'
import { fitting, formBody, text } from './bodies.ts'
import { unconfirmed } from './confirm.tsx'
import type { Operations } from './operations.ts'
import { People, type TypedPerson } from './people-page.tsx'
import { SetupPage } from './setup-frame.tsx'
import type { WebContext } from './web-context.ts'
import { addYou, type YouAccess } from './you-page.tsx'

const typed = { password: text().default(''), code: text().default('') }
const role = z.enum(roles)
const addFields = z.strictObject({ ...typed, name: text(), role, fresh: text() })
const changeFields = z.strictObject({ ...typed, role: role.optional(), fresh: text().optional() })

interface Said {
  fault?: string
  notice?: string
  /** Who was not added, so that only the password has to be typed again. */
  typed?: TypedPerson
}
type Status = 200 | 403 | 409 | 422 | 429

export function addPeople(pages: Hono<Env>, access: YouAccess): void {
  const { web, passwords } = access
  const { db, clock, log } = web.context
  const show = (c: Context<Env>, said: Said = {}, status: Status = 200) => page(access, c, said, status)
  /** Runs `act` if the password was right, and shows the people. */
  const confirmed = async (
    c: Context<Env>,
    given: { password: string; code: string },
    act: () => Promise<string>,
    typed?: TypedPerson,
  ): Promise<Response> => {
    const kept = typed === undefined ? {} : { typed }
    const refused = isOpen(c) ? null : await unconfirmed(passwords, c, given)
    if (refused !== null) return show(c, { fault: refused.fault, ...kept }, refused.status)
    return settled(
      () => act(),
      (said, status) => show(c, said.fault === undefined ? said : { ...said, ...kept }, status),
    )
  }
  pages.get('/settings/people', (c) => show(c))
  pages.post('/settings/people', async (c) => {
    const { name, role, fresh, ...given } = fitting(await formBody(c), addFields)
    const by = { hasLogin: !isOpen(c), actor: c.get('session').actor, now: clock.now() }
    const add = async () => {
      const isFirst = !(await hasPeople(db))
      const added = await people.add(db, { name, role, password: fresh }, by)
      log.info({ event: 'people.added', role })
      const own = isFirst && c.get('session').person === null ? firstWords(by.actor) : ''
      return `${added.name} can log in now.${own}`
    }
    return confirmed(c, given, add, { name, role })
  })
  pages.post('/settings/people/:id/:action{role|password|remove}', async (c) => {
    const { id, action } = c.req.param()
    const { role, fresh = '', ...given } = fitting(await formBody(c), changeFields)
    const known = await loadPerson(db, id)
    if (known === null) throw new Refusal('unknown-person')
    if (action === 'remove')
      return settled(
        () => removed(web, id, known.name),
        (said, status) => show(c, said, status),
      )
    return confirmed(c, given, () =>
      role === undefined ? reset(web, id, known.name, fresh) : assigned(web, id, known.name, role),
    )
  })
  addYou(pages, access)
}

/** For the owner, who was the only person until now, and typed a name of their own choice. */
const firstWords = (name: string) =>
  name === 'owner' || name === people.reviewerName('')
    ? ''
    : ` From now on you are “owner” here, not “${name}”: add yourself to keep that name.`

const isOpen = (c: Context<Env>) => c.get('passwordHash') === null

async function removed({ context: { db, log } }: WebContext, id: string, name: string): Promise<string> {
  await people.remove(db, id)
  log.info({ event: 'people.removed' })
  return `${name} can't log in any more. What they decided stays in the history.`
}

async function assigned({ context: { db, log } }: WebContext, id: string, name: string, to: PersonRole) {
  await people.changeRole(db, id, to)
  log.info({ event: 'people.role-changed', role: to })
  return `${name} is ${to === 'owner' ? 'an' : 'a'} ${to} now.`
}

async function reset({ context: { db, log } }: WebContext, id: string, name: string, password: string) {
  await people.changePassword(db, id, password)
  log.info({ event: 'people.password-set' })
  return `${name} has a new password, and was logged out everywhere.`
}

async function settled(
  act: () => Promise<string>,
  show: (said: Said, status: Status) => Promise<Response>,
): Promise<Response> {
  try {
    return await show({ notice: await act() }, 200)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return show({ fault: error.message }, error.reason === 'name-taken' ? 409 : 422)
  }
}

async function page(
  { web, viewOf }: YouAccess,
  c: Context<Env>,
  said: Said,
  status: Status,
): Promise<Response> {
  const { db, config } = web.context
  const view = await viewOf(c)
  const shown = { ...view, path: '/settings/people', notice: said.notice ?? view.notice }
  return c.html(
    <SetupPage view={shown} title="People" fault={said.fault ?? null}>
      <People
        view={shown}
        people={await listPeople(db)}
        hasCode={config.web.totpSecret !== null}
        typed={said.typed ?? null}
      />
    </SetupPage>,
    status,
  )
}

const personRole = role.meta({ description: 'What the person may do' })
const freshPassword = text().meta({ description: 'The first password of the person, or the new one' })
const personFields = z.strictObject({
  name: text().meta({ description: 'Name of the person' }),
  role: personRole,
  password: freshPassword,
})
const named = z.strictObject({
  name: z.string().meta({ description: 'Name of the person, in any spelling' }),
})

export function addPeopleOperations(api: Operations): void {
  api.add(
    {
      ...{ id: 'listPeople', method: 'get', path: '/people', tag: 'people' },
      summary: 'The people who log in to the pages',
      answer: z.array(answers.person),
    },
    ({ context }) => listPeople(context.db),
  )
  api.add(
    {
      ...{ id: 'addPerson', method: 'post', path: '/people', tag: 'people' },
      summary: 'Let somebody log in under a name and a password of their own',
      body: personFields,
      answer: answers.person,
      refusals: [409, 422],
    },
    async ({ context }, { body, actor }) => {
      const hasLogin = (await pagePasswordHash(context)) !== null
      return people.add(context.db, body, { hasLogin, actor, now: context.clock.now() })
    },
  )
  addPersonOperations(api)
}

function addPersonOperations(api: Operations): void {
  api.add(
    {
      ...{ id: 'changeRole', method: 'post', path: '/people/{name}/role', tag: 'people' },
      summary: 'Give somebody another role',
      parameters: named,
      body: z.strictObject({ role: personRole }),
      answer: answers.done,
      refusals: [404],
    },
    async ({ context }, { path, body }) => {
      await people.changeRole(context.db, path.name, body.role)
      return { ok: true }
    },
  )
  api.add(
    {
      ...{ id: 'changePassword', method: 'post', path: '/people/{name}/password', tag: 'people' },
      summary: 'Give somebody another password; their sessions end',
      parameters: named,
      body: z.strictObject({ password: freshPassword }),
      answer: answers.done,
      refusals: [404, 422],
    },
    async ({ context }, { path, body }) => {
      await people.changePassword(context.db, path.name, body.password)
      return { ok: true }
    },
  )
  api.add(
    {
      ...{ id: 'removePerson', method: 'post', path: '/people/{name}/remove', tag: 'people' },
      summary: 'Remove a person, who then can no longer log in',
      parameters: named,
      answer: answers.done,
      refusals: [404],
    },
    async ({ context }, { path }) => {
      await people.remove(context.db, path.name)
      return { ok: true }
    },
  )
}
