/** Assistants over both transports and both revisions of the protocol, against a running daemon and without one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Client } from '@modelcontextprotocol/client'
import { stringify } from 'yaml'
import { newId } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { writeKnowledge } from '../../src/demo/world.ts'
import { listTaught } from '../../src/knowledge/taught.ts'
import type { TokenScope } from '../../src/store/api-tokens.ts'
import { openDatabase } from '../../src/store/database.ts'
import { loadReply } from '../../src/store/replies.ts'
import { run } from '../cli/run.ts'
import { fillState } from '../store-template.ts'
import { call, overHttp, overStdio, type Revision, toolNames } from './assistant.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { putWaiting } from './waiting.ts'

const account = 'assistant@shop.example'
const own = 'a-token-of-twenty-letters'
const at = new Date('2026-11-27T09:00:00Z')
let standIn: StandIn
let running: RunningDaemon
let uid = 0

beforeAll(async () => {
  standIn = await startStandIn()
  running = await startDaemon({
    address: account,
    imap: { host: '127.0.0.1', port: 9, user: 'assistant', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['web'],
    document: { web: { port: 0, token: own } },
  })
})

afterAll(async () => {
  await running?.stop()
  await standIn?.close()
})

const url = () => running.daemon.url ?? ''
const dbOf = () => running.daemon.context.db

async function wait(text = 'When do you open?', reply = 'At nine.'): Promise<string> {
  const id = newId(at)
  uid += 1
  const mail = { from: 'noor@buyers.example', subject: 'Opening hours', text, reply }
  await putWaiting(dbOf(), { id, account, uid, ...mail }, at)
  return id
}

async function api(method: string, path: string, body?: object, token = own): Promise<Response> {
  return fetch(`${url()}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
}

let tokens = 0
async function tokenFor(...scopes: TokenScope[]): Promise<string> {
  tokens += 1
  const made = await api('POST', '/tokens', { name: `token ${tokens}`, scopes })
  return ((await made.json()) as { token: string }).token
}

const reads = ['explain', 'list_waiting', 'read_mail', 'search_mails']
const decides = ['approve_reply', 'edit_reply', 'reject_reply', 'rewrite_reply', 'teach']

const viaHttp = async (revision: Revision) => overHttp(url(), await tokenFor('read', 'decide'), revision)
const viaStdio = (revision: Revision) => overStdio([], { REPLYD_URL: url(), REPLYD_TOKEN: own }, revision)

describe.each<[string, Revision, (revision: Revision) => Promise<Client>]>([
  ['Streamable HTTP, revision of 2026', 'auto', viaHttp],
  ['Streamable HTTP, revision of 2025', 'legacy', viaHttp],
  ['stdio, revision of 2026', 'auto', viaStdio],
  ['stdio, revision of 2025', 'legacy', viaStdio],
])('over %s', (_name, revision, open) => {
  let client: Client
  beforeAll(async () => {
    client = await open(revision)
  })
  afterAll(() => client?.close())

  test('it reads what waits, and why', async () => {
    const [id] = [await wait('Hello, when do you open on Saturday?', 'We open at nine.'), await wait()]
    expect(await toolNames(client)).toEqual([...reads, ...decides].sort())
    const { text: list } = await call(client, 'list_waiting', { search: 'Opening' })
    expect(list).toContain(`Mail ${id} to ${account}`)
    const { text: mail } = await call(client, 'read_mail', { id })
    expect(mail).toMatch(/<<<MAIL:(\S+)\nHello, when do you open on Saturday\?\nMAIL:\1>>>/)
    expect(mail).toMatch(/<<<REPLY:(\S+)\nWe open at nine\.\nREPLY:\1>>>/)
    expect(mail).toMatch(/<<<KNOWLEDGE:\S+\n\[hours\.md > Hours\]/)
    expect((await call(client, 'explain', { id })).text).toContain(`Mail ${id}`)
    expect((await call(client, 'search_mails', { from: 'noor', limit: 1 })).text).toContain('There are more')
    expect((await call(client, 'read_mail', { id: 'nothing' })).text).toBe('There is no such mail.')
  })

  test('each answer has a different number in its fences', async () => {
    const id = await wait()
    const numberIn = async () => /<<<MAIL:(\S+)/.exec((await call(client, 'read_mail', { id })).text)?.[1]
    expect(await numberIn()).not.toBe(await numberIn())
  })

  test('it edits, rewrites and rejects; a text that it did not see is refused', async () => {
    const [edited, rejected, rewritten] = [await wait(), await wait(), await wait()]
    const said = await call(client, 'edit_reply', { id: edited, text: 'At ten.' })
    expect([said.failed, (await loadReply(dbOf(), edited))?.text]).toEqual([false, 'At ten.'])
    const late = await call(client, 'edit_reply', { id: edited, text: 'At two.', version: 'of before' })
    const words = /^The text has changed in the meantime: .* edited it \(.*\)\. Review it again\.$/
    expect(late).toEqual({ failed: true, text: expect.stringMatching(words) })
    await call(client, 'reject_reply', { id: rejected })
    expect((await loadReply(dbOf(), rejected))?.state).toBe('rejected')
    expect((await call(client, 'rewrite_reply', { id: rewritten, instruction: 'Shorter' })).failed).toBe(
      false,
    )
    const { rows } = await dbOf().query<{ step: string }>('select step from replyd.message where id = $1', [
      rewritten,
    ])
    expect(rows[0]?.step).not.toBe('review')
  })

  test('it approves with the code for this text and with no other', async () => {
    const [id, other] = [await wait(), await wait('Do you ship?', 'We do.')]
    const codeOf = async (which: string) =>
      ((await (await api('GET', `/replies/${which}/code`)).json()) as { code: string }).code
    const before = await codeOf(id)
    await call(client, 'edit_reply', { id, text: 'At noon.' })
    const { version } = (
      (await (await api('GET', `/replies/${id}`)).json()) as { reply: { version: string } }
    ).reply
    for (const wrong of [before, await codeOf(other), `ok-${'0'.repeat(20)}`])
      expect((await call(client, 'approve_reply', { id, seen: wrong })).text).toMatch(/not the code for this/)
    for (const shapeless of [version, '', 'ok-', undefined])
      expect((await call(client, 'approve_reply', { id, seen: shapeless })).failed).toBe(true)
    expect((await loadReply(dbOf(), id))?.state).toBe('held')
    const right = await call(client, 'approve_reply', { id, seen: await codeOf(id) })
    expect([right.failed, right.text]).toEqual([false, expect.stringContaining('It goes out at 20')])
    expect((await loadReply(dbOf(), id))?.state).toBe('approved')
  })

  test('a fact that it teaches is knowledge once a person has accepted it', async () => {
    const topic = `The price of shipping ${_name}`
    const said = await call(client, 'teach', { topic, fact: 'Shipping to Norway costs 12 euros.' })
    const id = /Proposed as (\w+)/.exec(said.text)?.[1]
    const folder = running.daemon.context.accounts.get(account)?.settings.knowledge ?? ''
    const taughtFact = () => listTaught(folder).find(({ question }) => question === topic)
    expect(taughtFact()).toBeUndefined()
    expect((await api('POST', `/facts/${id}/accept`, {}, await tokenFor('read', 'decide'))).status).toBe(403)
    expect((await api('POST', `/facts/${id}/accept`)).status).toBe(200)
    expect(taughtFact()).toMatchObject({
      fact: 'Shipping to Norway costs 12 euros.',
      by: expect.stringMatching(/^api, proposed by api .* on 20/),
    })
    const file = encodeURIComponent(taughtFact()?.file ?? '')
    const uri = `replyd://knowledge/${encodeURIComponent(account)}/${file}`
    const { resources } = await client.listResources()
    expect(resources.map((each) => each.uri)).toEqual(expect.arrayContaining([uri, 'replyd://figures']))
    const { contents } = await client.readResource({ uri })
    expect(contents[0]).toMatchObject({ text: expect.stringContaining('costs 12 euros') })
    const figures = await client.readResource({ uri: 'replyd://figures' })
    expect(JSON.parse(String(Reflect.get(figures.contents[0] ?? {}, 'text'))).mailboxes).toHaveLength(1)
  })
})

test('a fact is accepted once, even if the mailbox with a draft that lacks it does not answer', async () => {
  const topic = 'the price of shipping to Iceland'
  const draft = await wait()
  const place = `saved_mailbox = 'Drafts', saved_uid_validity = '1', saved_uid = 1`
  await dbOf().query(
    `update replyd.reply set ${place}, composed = composed || jsonb_build_object('missing', jsonb_build_array($2::text)) where id = $1`,
    [draft, topic],
  )
  const said = await api('POST', '/facts', { topic, fact: 'Shipping to Iceland costs 15 euros.' })
  const { id } = (await said.json()) as { id: string }
  const accepted = [await api('POST', `/facts/${id}/accept`), await api('POST', `/facts/${id}/accept`)]
  expect(accepted.map(({ status }) => status)).toEqual([200, 404])
  const folder = running.daemon.context.accounts.get(account)?.settings.knowledge ?? ''
  expect(listTaught(folder).filter(({ question }) => question === topic)).toHaveLength(1)
})

test('tools beyond the scopes of the token are not there, and the API refuses them, too', async () => {
  const client = await overHttp(url(), await tokenFor('read'))
  expect(await toolNames(client)).toEqual(reads)
  expect((await call(client, 'edit_reply', { id: await wait(), text: 'x' })).failed).toBe(true)
  await client.close()
  const stdio = await overStdio([], { REPLYD_URL: url(), REPLYD_TOKEN: await tokenFor('read') })
  const said = await call(stdio, 'edit_reply', { id: await wait(), text: 'x' })
  expect(said).toEqual({ failed: true, text: 'This token lacks the scope decide.' })
  await stdio.close()
  const readOnly = await overStdio(['--read-only'], { REPLYD_URL: url(), REPLYD_TOKEN: own })
  expect(await toolNames(readOnly)).toEqual(reads)
  await readOnly.close()
})

describe('/mcp', () => {
  const initialize = JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  })
  const ask = (headers: Record<string, string>, body = initialize, method = 'POST') =>
    fetch(`${url()}/mcp`, {
      method,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      ...(method === 'POST' ? { body } : {}),
    })
  const bearer = { authorization: `Bearer ${own}` }

  test('answers with the token, sets no cookie and opens no session', async () => {
    const answer = await ask(bearer)
    expect(answer.status).toBe(200)
    expect([answer.headers.get('set-cookie'), answer.headers.get('mcp-session-id')]).toEqual([null, null])
  })

  test.each<[string, Record<string, string>, number]>([
    ['no token', {}, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['a cookie instead', { cookie: `session=${own}` }, 401],
    ['an origin', { ...bearer, origin: 'https://evil.example' }, 403],
    ['an origin of this machine', { ...bearer, origin: 'http://localhost:4280' }, 403],
    ['a sandboxed origin', { ...bearer, origin: 'null' }, 403],
    ['a browser from elsewhere', { ...bearer, 'sec-fetch-site': 'cross-site' }, 403],
    ['another media type', { ...bearer, 'content-type': 'text/plain' }, 415],
  ])('refuses %s', async (what, headers, status) => {
    const answer = await ask(headers)
    expect(answer.status).toBe(status)
    const challenge = what === 'a wrong token' ? 'Bearer error="invalid_token"' : 'Bearer'
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe(challenge)
    expect(answer.headers.get('content-type')).toMatch(/json/)
  })

  test('refuses a name that is not of this machine, as DNS rebinding would use', async () => {
    const { request } = await import('node:http')
    const { hostname, port } = new URL(url())
    const status = await new Promise((resolve, reject) => {
      const headers = { ...bearer, host: 'evil.example', 'content-type': 'application/json' }
      const asked = request({ hostname, port, path: '/mcp', method: 'POST', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.once('error', reject).end(initialize)
    })
    expect(status).toBe(421)
  })

  test('refuses a token that may only read metrics', async () => {
    expect((await ask({ authorization: `Bearer ${await tokenFor('metrics')}` })).status).toBe(403)
  })

  test('refuses a message that is too long, GET and DELETE', async () => {
    expect((await ask(bearer, JSON.stringify({ text: 'x'.repeat(300_000) }))).status).toBe(413)
    expect((await ask(bearer, '', 'GET')).status).toBe(405)
    expect((await ask(bearer, '', 'DELETE')).status).toBe(405)
  })

  test('the code of a reply is shown to no token of an assistant', async () => {
    const id = await wait()
    for (const scopes of [['read'], ['read', 'decide'], ['metrics']] as TokenScope[][])
      expect((await api('GET', `/replies/${id}/code`, undefined, await tokenFor(...scopes))).status).toBe(403)
    expect((await fetch(`${url()}/api/replies/${id}/code`)).status).toBe(401)
  })
})

test('a person sees text and code in a terminal, decides on facts there, and a pipe is refused', async () => {
  const id = await wait('When?', 'At nine sharp.')
  const environment = { REPLYD_URL: url(), REPLYD_TOKEN: own }
  expect(await run(['mcp', 'code', id], { environment })).toMatchObject({ status: 2, out: '' })
  const shown = await run(['mcp', 'code', id], { environment, isTTY: true })
  const { code } = (await (await api('GET', `/replies/${id}/code`)).json()) as { code: string }
  expect(shown.out).toContain(
    `At nine sharp.\n\nTo have exactly this sent, give your assistant the code ${code}`,
  )
  const proposed = await api('POST', '/facts', { topic: 'Returns', fact: 'Within 30 days.' })
  const { id: fact } = (await proposed.json()) as { id: string }
  expect((await run(['mcp', 'facts'], { environment })).out).toContain(`${fact}\nReturns (for ${account}`)
  expect((await run(['mcp', 'accept', fact], { environment })).status).toBe(2)
  expect((await run(['mcp', 'discard', fact], { environment, isTTY: true })).out).toBe('Forgotten.\n')
  expect((await run(['mcp', 'accept', fact], { environment, isTTY: true })).err).toMatch(/no such proposal/)
  expect((await run(['mcp', 'facts'], { environment })).out).toBe('No fact waits for you.\n')
})

describe('the page for people', () => {
  const password = 'a password for tests'
  const paths = (id: string) => ['/assistants', `/assistants/code/${id}`]

  test('shows no code without a password, and decides on no fact', async () => {
    const id = await wait()
    for (const path of paths(id)) {
      const page = await (await fetch(`${url()}${path}`)).text()
      expect(page).toContain('This page shows no codes until it has a password')
      expect(page).not.toMatch(/ok-[0-9a-f]{20}/)
    }
  })

  test('shows text and code to a person who is logged in, and decides on facts', async () => {
    await using locked = await startDaemon({
      address: account,
      imap: { host: '127.0.0.1', port: 9, user: 'assistant', password: 'none' },
      smtp: { host: '127.0.0.1', port: 9 },
      standIn,
      databaseUrl: await newDatabase(),
      roles: ['web'],
      document: { web: { port: 0, token: own, password } },
    })
    const { context, url: base } = locked.daemon
    const id = newId(at)
    const mail = { from: 'noor@buyers.example', subject: 'Hours', text: 'When?', reply: 'At nine.' }
    await putWaiting(context.db, { id, account, uid: 1, ...mail }, at)
    const post = (path: string, form: Record<string, string>, cookie = '') =>
      fetch(`${base}${path}`, {
        ...{ method: 'POST', redirect: 'manual', headers: { cookie } },
        body: new URLSearchParams(form),
      })
    const cookie = (await post('/login', { name: 'Ann', password })).headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ')
    const page = async (path: string) => (await fetch(`${base}${path}`, { headers: { cookie } })).text()
    expect((await fetch(`${base}/assistants/code/${id}`, { redirect: 'manual' })).status).toBe(303)
    expect(await page('/assistants')).toContain(`<a href="/assistants/code/${id}">Hours</a>`)
    const code = /ok-[0-9a-f]{20}/.exec(await page(`/assistants/code/${id}`))?.[0] ?? ''
    const client = await overHttp(base ?? '', own)
    const said = await call(client, 'teach', { topic: 'Returns', fact: 'Within 30 days.' })
    const fact = /Proposed as (\w+)/.exec(said.text)?.[1] ?? ''
    const token = /name="token" value="([^"]+)"/.exec(await page('/assistants'))?.[1] ?? ''
    expect((await post(`/assistants/facts/${fact}/accept`, {}, cookie)).status).toBe(403)
    expect((await post(`/assistants/facts/${fact}/accept`, { token }, cookie)).status).toBe(303)
    const folder = context.accounts.get(account)?.settings.knowledge ?? ''
    expect(listTaught(folder)[0]).toMatchObject({
      fact: 'Within 30 days.',
      by: expect.stringMatching(/^Ann, proposed by api/),
    })
    expect((await call(client, 'approve_reply', { id, seen: code })).failed).toBe(false)
    await client.close()
  })
})

test('without a daemon it reads the store itself, and says what deciding needs', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-mcp-'))
  await writeKnowledge(join(directory, 'knowledge'))
  await fillState(join(directory, 'data'))
  const server = { host: '127.0.0.1', port: 9, secure: false, user: 'u', password: 'p' }
  const document = {
    accounts: [{ address: account, imap: server, smtp: server }],
    model: { name: 'm', baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'none' },
    knowledge: './knowledge',
    state: { directory: './data' },
  }
  const path = join(directory, 'replyd.yaml')
  writeFileSync(path, stringify(document))
  const id = newId(at)
  {
    await using db = await openDatabase({ directory: join(directory, 'data'), databaseUrl: null }, silentLog)
    const mail = { from: 'noor@buyers.example', subject: 'Hours', text: 'When?', reply: 'At nine.' }
    await putWaiting(db, { id, account, uid: 1, ...mail }, at)
  }
  const client = await overStdio(['--config', path], {})
  expect((await call(client, 'list_waiting')).text).toContain(`Mail ${id}`)
  expect((await call(client, 'read_mail', { id })).text).toContain('At nine.')
  expect((await client.listResources()).resources.length).toBeGreaterThan(1)
  expect(await call(client, 'reject_reply', { id })).toEqual({
    failed: true,
    text: expect.stringContaining('no daemon runs here'),
  })
  await client.close()
  rmSync(directory, { recursive: true })
})
