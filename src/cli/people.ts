/** `replyd people`: who logs in to the pages under a name and a password of their own. */
import { userInfo } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { pagePasswordHash } from '../review/page-password.ts'
import * as people from '../review/people.ts'
import { Refusal } from '../review/review.ts'
import type { Person, PersonRole } from '../store/people.ts'
import { calledAs } from './called.ts'
import { UsageError } from './failure.ts'
import { askedPassword } from './password.ts'
import { readConfig } from './settings.ts'
import { withStore } from './store-access.ts'
import { table } from './table.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface PeopleOptions {
  config?: string
  json?: boolean
  role?: PersonRole
}

/** The password is read from standard input. @throws UsageError when the page has no password */
export async function add(name: string, options: PeopleOptions, terminal: Terminal): Promise<ExitStatus> {
  const { role = 'reviewer' } = options
  const password = await askedPassword(terminal)
  const added = await withStore(options.config, terminal, {
    api: (api) => api.post<Person>('/people', { name, role, password }),
    direct: async (db) => {
      const config = readConfig(options.config, terminal)
      const hasLogin = (await pagePasswordHash({ db, config })) !== null
      const by = { hasLogin, actor: userInfo().username, now: systemClock.now() }
      return people.add(db, { name, role, password }, by)
    },
  }).catch(asUsage)
  return say(terminal, options, { name: added.name, role }, `${added.name} can log in now, as ${role}.`)
}

export async function list(options: PeopleOptions, terminal: Terminal): Promise<ExitStatus> {
  const found = await withStore(options.config, terminal, {
    api: (api) => api.get<Person[]>('/people'),
    direct: people.listPeople,
  })
  const rows = found.map(({ name, role, addedBy, addedAt }) => [
    name,
    role,
    `added ${new Date(addedAt).toISOString().slice(0, 10)} by ${addedBy}`,
  ])
  const text =
    rows.length === 0
      ? `There is nobody yet: ${calledAs(terminal.environment)} people add NAME`
      : table(rows, [], '')
  return say(terminal, options, found, text)
}

export async function role(
  name: string,
  to: PersonRole,
  options: PeopleOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  await withStore(options.config, terminal, {
    api: (api) => api.post(`${placeOf(name)}/role`, { role: to }),
    direct: (db) => people.changeRole(db, name, to),
  }).catch(asUsage)
  return say(terminal, options, { ok: true }, `${name} is ${to} now.`)
}

/** The password is read from standard input; the person's sessions end. */
export async function password(
  name: string,
  options: PeopleOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const next = await askedPassword(terminal)
  await withStore(options.config, terminal, {
    api: (api) => api.post(`${placeOf(name)}/password`, { password: next }),
    direct: (db) => people.changePassword(db, name, next),
  }).catch(asUsage)
  return say(terminal, options, { ok: true }, `${name} has a new password, and was logged out everywhere.`)
}

export async function remove(name: string, options: PeopleOptions, terminal: Terminal): Promise<ExitStatus> {
  await withStore(options.config, terminal, {
    api: (api) => api.post(`${placeOf(name)}/remove`),
    direct: (db) => people.remove(db, name),
  }).catch(asUsage)
  return say(terminal, options, { ok: true }, `${name} can't log in any more.`)
}

const placeOf = (name: string) => `/people/${encodeURIComponent(name)}`

function asUsage(error: unknown): never {
  throw error instanceof Refusal ? new UsageError(error.message) : error
}

async function say(
  { stdout }: Terminal,
  { json }: PeopleOptions,
  answer: object,
  text: string,
): Promise<ExitStatus> {
  await writeLine(stdout, json ? JSON.stringify(answer) : text)
  return 0
}
