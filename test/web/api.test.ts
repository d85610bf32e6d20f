/** Requests that the API refuses before it does anything. No store is needed. */
import { describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { silentLog } from '../../src/base/log.ts'
import { actions } from '../../src/web/actions.ts'
import * as answers from '../../src/web/answers.ts'
import { operations } from '../../src/web/api.ts'
import { examples } from '../../src/web/operations.ts'
import { buildApp, type WebContext } from '../../src/web/server.tsx'

const token = 'a-token-of-twenty-letters'
const untouched = async (sql: string) => {
  // The page has no password.
  if (/from replyd\.page_password/.test(sql)) return { rows: [], rowCount: 0 }
  throw new Error('the store was asked')
}
const web = {
  context: {
    log: silentLog,
    clock: { now: () => new Date('2026-11-28T10:00:00Z') },
    db: { query: untouched },
    config: { web: { passwordHash: null, totpSecret: null, trustedProxies: [] } },
  },
} as unknown as WebContext
const app = buildApp(web, token)

async function ask(method: string, path: string, body?: string) {
  const answer = await app.request(`http://127.0.0.1/api${path}`, {
    method,
    headers: { host: '127.0.0.1', authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
  return {
    status: answer.status,
    answer: (await answer.json()) as { error: string; message: string; fields?: string[] },
  }
}

test.each([
  ['GET', '/mails?limit=0', 'limit'],
  ['GET', '/mails?limit=501', 'limit'],
  ['GET', '/mails?limit=ten', 'limit'],
  ['GET', '/mails?limit=1.5', 'limit'],
  ['GET', '/mails?limit=', 'limit'],
  ['GET', '/mails?cursor=first', 'cursor'],
  ['GET', '/mails?cursor=01HZZZZZZZZZZZZZZZZZZZZZZ', 'cursor'],
  ['GET', '/mails?since=yesterday', 'since'],
  ['GET', '/mails?since=2026-02-29', 'since'],
  ['GET', '/mails?until=2026-11-28T10:00', 'until'],
  ['GET', '/mails?disposition=sent,gone', 'disposition'],
  ['GET', '/mails?colour=red', 'colour'],
  ['GET', '/replies?limit=0', 'limit'],
  ['GET', '/usage?by=week', 'by'],
  ['GET', '/usage?since=now', 'since'],
  ['GET', '/mails?limit=1&limit=2', 'limit'],
  ['GET', '/replies?cursor=first', 'cursor'],
  ['GET', '/accounts?x=1', 'x'],
  ['POST', '/audit?x=1', 'x'],
])('%s %s is refused, and %s is named', async (method, path, field) => {
  const { status, answer } = await ask(method, path)
  expect([status, answer.error, answer.fields]).toEqual([400, 'bad-request', [field]])
  expect(answer.message).toContain(field)
})

test('every parameter that does not fit is named', async () => {
  const { answer } = await ask('GET', '/mails?limit=0&since=now&colour=red')
  expect(answer.fields?.sort()).toEqual(['colour', 'limit', 'since'])
})

test.each([
  ['/replies/x/approve', '{}', 'seen'],
  ['/replies/x/approve', '{"seen":1}', 'seen'],
  ['/replies/x/approve', '{"seen":"deadbeef', 'not JSON'],
  ['/replies/x/approve', '{"seen":"a","text":"b"}', 'text'],
  ['/replies/x/edit', '{"seen":"a"}', 'text'],
  ['/replies/x/rewrite', '{"instruction":["a"]}', 'instruction'],
  ['/replies/x/cancel', '{"seen":"a"}', 'seen'],
  ['/junk/x/restore', '{"id":"y"}', 'id'],
  ['/accounts/a@shop.example/pause', '{"for":"ever"}', 'for'],
  ['/forget', '{"address":"nobody"}', 'address'],
  ['/forget', '[]', 'object'],
  ['/tokens', '{"name":"a"}', 'scopes'],
  ['/tokens', '{"name":"a","scopes":["root"]}', 'scopes'],
])('POST %s with %s is refused, and %s is named', async (path, body, field) => {
  const { status, answer } = await ask('POST', path, body)
  expect([status, answer.error]).toEqual([400, 'bad-request'])
  expect(answer.message).toContain(field)
})

test.each([
  ['GET', '/nothing'],
  ['POST', '/nothing'],
  ['POST', '/replies/x/send'],
  ['POST', '/junk/x/approve'],
  ['POST', '/replies/x/restore'],
  ['GET', '/'],
])('%s %s is answered in JSON: there is no such operation', async (method, path) => {
  const { status, answer } = await ask(method, path)
  expect([status, answer.error]).toEqual([404, 'not-found'])
})

test.each([
  ['GET', '/api/audit', 'POST'],
  ['PUT', '/api/mails', 'GET, HEAD'],
  ['DELETE', '/api/tokens', 'GET, HEAD, POST'],
  ['PATCH', '/api/replies/x', 'GET, HEAD'],
  ['OPTIONS', '/api/replies/x/approve', 'POST'],
  ['POST', '/metrics', 'GET, HEAD'],
  ['POST', '/healthz', 'GET, HEAD'],
])('%s %s is refused with 405, whatever the token: only %s work there', async (method, path, allowed) => {
  for (const authorization of [`Bearer ${token}`, 'Bearer another']) {
    const headers = { host: '127.0.0.1', authorization }
    const answer = await app.request(`http://127.0.0.1${path}`, { method, headers })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
    if (path.startsWith('/api/'))
      expect(await answer.json()).toEqual({
        error: 'method-not-allowed',
        message: `${method} does not work here. Use ${allowed.replaceAll(', ', ' or ')}.`,
      })
  }
})

test.each([
  ['GET', '/mails?limit=501', '', 'limit must be a whole number between 1 and 500.'],
  ['GET', '/mails?limit=some', '', 'limit must be a whole number between 1 and 500.'],
  ['GET', '/gaps?days=0', '', 'days must be a whole number between 1 and 3660.'],
  ['GET', '/mails?limt=5', '', 'limt is not known here. Did you mean limit?'],
  ['GET', '/accounts?colour=red', '', 'colour is not known here; no fields are accepted.'],
  ['GET', '/usage?colour=red', '', 'colour is not known here; only these are: by, since.'],
  ['POST', '/replies/x/reject', '{"colour":1}', 'colour is not known here; only seen is.'],
  ['GET', '/usage?by=week', '', 'by must be day, account or step.'],
  ['POST', '/replies/x/approve', '', 'seen is missing.'],
  ['POST', '/replies/x/approve', '[]', 'The body must be a JSON object.'],
  ['POST', '/replies/x/approve', '{"seen":1}', 'seen must be text.'],
  ['POST', '/replies/x/approve', '{"seen":""}', 'seen must not be empty.'],
  [
    'POST',
    '/replies/x/approve',
    '{"sean":"a"}',
    'seen is missing. sean is not known here. Did you mean seen?',
  ],
  ['POST', '/tokens', '{"name":"a","scopes":["root"]}', 'scopes[0] must be read, decide, metrics or admin.'],
  [
    'POST',
    '/facts',
    `{"topic":"a","fact":"${'x'.repeat(2001)}"}`,
    'fact must have at most 2,000 characters.',
  ],
])('%s %s %s: %s', async (method, path, body, message) => {
  const { status, answer } = await ask(method, path, method === 'GET' ? undefined : body)
  expect([status, answer.message]).toEqual([400, message])
})

test('of a hundred thousand unknown fields, ten are named', async () => {
  const long = 'x'.repeat(5000)
  const body = JSON.stringify({
    [long]: 1,
    ...Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`k${n}`, 1])),
  })
  const { status, answer } = await ask('POST', '/replies/x/approve', body)
  expect(status).toBe(400)
  expect(answer.message).toMatch(
    /^seen is missing\..* k7 is not known here; only seen is\. There are 59992 more\.$/,
  )
  expect(JSON.stringify(answer).length).toBeLessThan(2000)
})

test('for a body that is not JSON, no field is named', async () => {
  const { status, answer } = await ask('POST', '/replies/x/approve', 'seen')
  expect([status, answer]).toEqual([400, { error: 'bad-request', message: 'The body is not JSON.' }])
})

test('the description needs no token, even if there is a password', async () => {
  const locked = { ...web.context, config: { web: { ...web.context.config.web, passwordHash: 'x' } } }
  const guarded = buildApp({ ...web, context: locked } as unknown as WebContext, token)
  const statusOf = async (path: string) =>
    (await guarded.request(`http://127.0.0.1/api${path}`, { headers: { host: '127.0.0.1' } })).status
  expect([await statusOf('/openapi.json'), await statusOf('/mails')]).toEqual([200, 401])
})

test.each<[string, string, Record<string, string>, number, string]>([
  ['a NUL in the query', '/mails?q=%00', {}, 400, 'bad-request'],
  ['another site', '/mails', { 'sec-fetch-site': 'cross-site' }, 403, 'another-site'],
  ['another name', '/mails', { host: 'evil.example' }, 421, 'another-name'],
  ['too long a body', '/forget', { 'content-length': '2000000' }, 413, 'too-long'],
])('%s is refused in JSON', async (_what, path, headers, status, error) => {
  const answer = await app.request(`http://127.0.0.1/api${path}`, {
    headers: { host: '127.0.0.1', authorization: `Bearer ${token}`, ...headers },
  })
  expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([status, error])
})

test('HEAD is answered as GET, without the body', async () => {
  const [get, head] = await Promise.all(
    ['GET', 'HEAD'].map((method) =>
      app.request('http://127.0.0.1/api/openapi.json', { method, headers: { host: '127.0.0.1' } }),
    ),
  )
  expect([head?.status, await head?.text()]).toEqual([200, ''])
  expect(head?.headers.get('content-type')).toBe(get?.headers.get('content-type'))
  expect(get?.status).toBe(200)
})

test.each([
  ['/mail', '/api/mails'],
  ['/reply', '/api/replies'],
  ['/replies/01kb6s3v9m4q8x2c7d5f1g0h6j/aprove', '/api/replies/{id}/approve'],
  ['/accounts/a@shop.example/paused', '/api/accounts/{address}/pause'],
])('%s is not there, and the nearest path is named: %s', async (path, meant) => {
  const { answer } = await ask('GET', path)
  expect(answer.message).toBe(
    `There is no such operation. Did you mean ${meant}? All are in /api/openapi.json.`,
  )
})

test('no path is suggested for one that resembles none', async () => {
  expect((await ask('GET', '/zzzzzzzzzz')).answer.message).toBe(
    'There is no such operation: see /api/openapi.json.',
  )
})

describe('the description', () => {
  type Told = {
    operationId: string
    parameters: { name: string; in: string }[]
    requestBody?: { content: Record<string, { schema: { properties?: Record<string, object> } }> }
    responses: object
  }
  const { paths } = operations.describe() as { paths: Record<string, Record<string, Told>> }
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => ({ path, method, ...told })),
  )

  test('is what the API answers', async () => {
    expect((await ask('GET', '/openapi.json')).answer).toEqual(
      JSON.parse(JSON.stringify(operations.describe())),
    )
  })

  test('gives each operation an id of its own, and names the parameters of its path', () => {
    const ids = all.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(expect.arrayContaining(['listMails', 'approveReply', 'restoreMail', 'createToken']))
    for (const { path, parameters } of all) {
      const named = parameters.filter(({ in: where }) => where === 'path').map(({ name }) => name)
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(named)
    }
  })

  /** The address of that path, with a value for each parameter. */
  const placeOf = (path: string) => path.slice('/api'.length).replace(/\{\w+\}/g, 'x')

  test.each(all)('$operationId refuses what it does not know, by name', async ({ path, method }) => {
    const { status, answer } = await ask(method.toUpperCase(), `${placeOf(path)}?colour=red`)
    expect([status, answer.error, answer.fields]).toEqual([400, 'bad-request', ['colour']])
  })

  test.each(all.filter(({ method }) => method === 'post'))(
    '$operationId refuses bodies that are not its own',
    async ({ path, requestBody }) => {
      const posted = (body: string) => ask('POST', placeOf(path), body)
      for (const body of ['{', '[]', '"x"', 'null', '1']) expect((await posted(body)).status).toBe(400)
      const unknown = await posted('{"colour":"red"}')
      expect([unknown.status, unknown.answer.fields]).toEqual([400, expect.arrayContaining(['colour'])])
      const fields = Object.keys(requestBody?.content['application/json']?.schema.properties ?? {})
      for (const field of fields) {
        const wrong = await posted(JSON.stringify({ [field]: { of: 'another kind' } }))
        expect([wrong.status, wrong.answer.fields]).toEqual([400, expect.arrayContaining([field])])
      }
    },
  )

  test('describes every field and every parameter', async () => {
    const { answer } = await ask('GET', '/openapi.json')
    const bare = (node: unknown, place: string): string[] => {
      if (typeof node !== 'object' || node === null) return []
      const { properties } = node as { properties?: Record<string, object> }
      const fields = Object.entries(properties ?? {})
        .filter(([, field]) => !('description' in field) && !('$ref' in field))
        .map(([name]) => `${place}.${name}`)
      return [...fields, ...Object.entries(node).flatMap(([key, each]) => bare(each, `${place}/${key}`))]
    }
    expect(bare(answer, '')).toEqual([])
    for (const { parameters } of all)
      for (const each of parameters) expect(each).toMatchObject({ description: expect.stringMatching(/./) })
  })

  test('has examples that are what is asked and answered', () => {
    const answered = new Map<string, z.ZodType>([
      ['listWaiting', z.array(answers.listedMail)],
      ['listMails', z.array(answers.historyMail)],
      ['approveReply', answers.approved],
      ['editReply', answers.edited],
      ['rewriteReply', answers.done],
    ])
    expect(Object.keys(examples)).toEqual([...answered.keys()])
    for (const [id, { body, answer }] of Object.entries(examples)) {
      expect(answered.get(id)?.parse(answer)).toEqual(answer)
      if (body) expect(actions[id.replace('Reply', '')]?.fields.parse(body)).toEqual(body)
      expect(JSON.stringify(all.find(({ operationId }) => operationId === id))).toContain(
        JSON.stringify(answer),
      )
    }
  })

  test('says what may be refused', () => {
    const { responses } = all.find(({ operationId }) => operationId === 'approveReply') ?? { responses: {} }
    expect(Object.keys(responses)).toEqual(['200', '400', '401', '403', '404', '409', '422', 'default'])
  })
})
