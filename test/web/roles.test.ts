/** Every page and form, and who may use it. A new route has to be entered in the table. */
import { beforeAll, expect, jest, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { type PersonRole, roles } from '../../src/store/people.ts'
import { neededRole, routeRoles } from '../../src/web/roles.ts'
import { buildApp, type WebContext } from '../../src/web/server.tsx'

const token = 'a-token-of-twenty-letters'
const session = (role: PersonRole) => ({
  ...{ id: 'h', actor: 'Ann', person: 'ann', role, device: '', address: '' },
  ...{ begunAt: new Date(0), seenAt: new Date('2026-11-28T10:00:00Z') },
})

beforeAll(() => {
  // Live updates end with the store's error, and log it.
  jest.spyOn(console, 'error').mockImplementation(() => undefined)
})

/** A page with a password, for somebody who is logged in with that role. Only the session works. */
function appFor(role: PersonRole) {
  const db = {
    query: async (sql: string) => {
      if (/from replyd\.session/.test(sql)) return { rows: [session(role)], rowCount: 1 }
      throw new Error('the store was asked')
    },
  }
  return buildApp(
    {
      context: {
        log: silentLog,
        clock: { now: () => new Date('2026-11-28T10:00:00Z') },
        db,
        accounts: new Map(),
        config: {
          web: { passwordHash: 'scrypt$x', totpSecret: null, trustedProxies: [] },
          budget: { timeZone: 'UTC' },
        },
      },
      boards: [],
      deliver: async () => undefined,
    } as unknown as WebContext,
    token,
  )
}

/** Routes that are open to everybody, or guarded by the API's tokens. */
const others =
  /^\/(?:api|mcp|assets|metrics|healthz|readyz|login|manifest\.webmanifest|service-worker\.js|sw\.js)(?:[/.]|$)/
/** Whether the route is a guard in front of everything below a folder. */
const isGuard = (path: string, method: string) => method === 'ALL' && !path.startsWith('/settings/queues')

const routesOf = (app: ReturnType<typeof buildApp>) => [
  ...new Set(
    app.routes
      .filter(({ path, method }) => !others.test(path) && !isGuard(path, method))
      .map(({ method, path }) => `${method} ${path}`),
  ),
]

test('every route is in the table, and nothing else is', () => {
  expect(routesOf(appFor('owner')).sort()).toEqual(Object.keys(routeRoles).sort())
})

/** An address that matches the pattern. */
const exampleOf = (path: string) =>
  path
    .replace(/\{([a-z]+)(?:\|[a-z|-]+)?\}/g, '=$1')
    .replace(/\{[^/]*\}/g, '')
    .replace(/:\w+=(\w+)/g, '$1')
    .replace(/:\w+/g, '1')
    .replace('*', 'x')

const routes = Object.entries(routeRoles).map(([route, needed]) => {
  const [method = '', path = ''] = route.split(' ')
  return { method: method === 'ALL' ? 'GET' : method, path: exampleOf(path), needed }
})

test.each(roles.flatMap((role) => routes.map((route) => ({ role, ...route }))))(
  '$role: $method $path (needs $needed)',
  async ({ role, method, path, needed }) => {
    const answer = await appFor(role).request(`http://127.0.0.1${path}`, {
      method,
      headers: { host: '127.0.0.1', cookie: 'replyd_session=secret', accept: 'application/json' },
    })
    const refused = answer.status === 403 && !(await answer.text()).includes('expired')
    expect(refused).toBe(roles.indexOf(role) < roles.indexOf(needed))
  },
)

test.each([
  ['a route that nobody has entered', [{ method: 'POST', path: '/new/thing' }], 'owner'],
  [
    'one of two that is not entered',
    [
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/new' },
    ],
    'owner',
  ],
  ['guards alone: an unknown address', [{ method: 'ALL', path: '/*' }], 'reader'],
])('%s needs: %s', (_, matched, expected) => expect(neededRole(matched)).toBe(expected))
