/** Commands find the running daemon even with a faulty configuration file, or with nothing but its address. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { writeAccess } from '../../src/web/access.ts'
import { run } from './run.ts'

const account = 'me@example.com'
const directory = mkdtempSync(join(tmpdir(), 'replyd-found-'))
const faulty = join(directory, 'replyd.yaml')
let daemon: Server
let url: string
let asked: { path: string; token: string | undefined; body: string }[] = []

const answers: Record<string, unknown> = {
  '/healthz': { ok: true, parts: { [`watch ${account}`]: 'connected', model: 'ok' } },
  '/api/accounts': [{ account, paused: false, pausedBy: null, stopped: null }],
  '/api/replies': [],
  '/api/mails': [],
  '/api/usage': [],
  '/api/tokens': [],
}

const fault = { file: 'replyd.yaml', line: 3, key: null, message: 'wrong' }

beforeAll(async () => {
  daemon = createServer(async (request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '')
    asked.push({ path, token: request.headers.authorization, body: await text(request) })
    const needsToken = request.method === 'POST' && request.headers.authorization !== 'Bearer t-daemon'
    if (needsToken) response.writeHead(401)
    const unfit = { error: 'faulty-configuration', message: 'replyd.yaml:3: wrong', faults: [fault] }
    if (path === '/api/reload') response.writeHead(409)
    const body = needsToken
      ? { error: 'unauthorized', message: 'Send a token.' }
      : path === '/api/reload'
        ? unfit
        : (answers[path] ?? { ok: true })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => daemon.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(daemon.address() as AddressInfo).port}`
  writeAccess(join(directory, 'state'), { url, token: 't-daemon' })
})

beforeEach(() => {
  asked = []
})

afterAll(() => {
  daemon.close()
  daemon.closeAllConnections()
  rmSync(directory, { recursive: true })
})

const withFault = 'replies: { mode: revue }\nstate: { directory: ./state }\naccounts: []\n'

describe('a fault in replyd.yaml', () => {
  test.each([
    ['pause', `${account}: nothing is sent until \`replyd resume\`\n`],
    ['resume', `${account}: sending is on again\n`],
    ['status', expect.stringMatching(/All caught up\./)],
    ['replies list', 'No reply waits for you.\n'],
    ['token list', expect.any(String)],
  ])('does not stop `replyd %s`, which warns', async (line, out) => {
    writeFileSync(faulty, withFault)
    const found = await run([...line.split(' '), '--config', faulty])
    expect(found).toMatchObject({ status: 0, out })
    expect(found.err).toMatch(/replyd\.yaml:1: replies\.mode: must be draft, review or send/)
    expect(found.err).toMatch(/The running daemon keeps the configuration that it has\.\n$/)
  })

  test('a file that is no YAML, with the state in REPLYD_DATA', async () => {
    writeFileSync(faulty, 'replies: { mode: "review\n')
    const environment = { REPLYD_DATA: join(directory, 'state') }
    expect(await run(['pause', '--config', faulty], { environment })).toMatchObject({ status: 0 })
  })

  test('is reported once by `replyd reload`, in the words of the daemon', async () => {
    writeFileSync(faulty, withFault)
    const { err, status } = await run(['reload', '--config', faulty])
    expect(err).toBe(
      'replyd.yaml:3: wrong\nNothing was changed: a running daemon keeps the configuration that it has.\n',
    )
    expect(status).toBe(2)
    const asJson = await run(['reload', '--json', '--config', faulty])
    expect(JSON.parse(asJson.err)).toEqual({
      error: 'faulty-configuration',
      faults: [fault],
      message: expect.stringMatching(/^replyd\.yaml:3: wrong\nNothing was changed/),
    })
  })

  test('is reported if no daemon runs', async () => {
    writeFileSync(faulty, withFault.replace('./state', './elsewhere'))
    const { err, status } = await run(['pause', '--config', faulty])
    expect(err).toMatch(/replies\.mode: must be draft, review or send/)
    expect(err).not.toMatch(/running daemon/)
    expect(status).toBe(2)
  })
})

describe('the token of a daemon that has ended', () => {
  // Any user of the machine may listen at the port of a daemon that has ended.
  test.each([
    ['its process has ended', () => `${spawnSync('true').pid} 1\n`],
    ['its process is another one now', () => `${process.pid} 1\n`],
    ['nobody knows', () => undefined],
  ])('is sent to nobody: %s', async (_, ended) => {
    const left = join(directory, 'left')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'api.json'), JSON.stringify({ url, token: 't-daemon', process: ended() }))
    writeFileSync(faulty, withFault.replace('./state', './left'))
    for (const command of ['pause', 'status'])
      expect((await run([command, '--config', faulty])).status).not.toBe(0)
    expect(asked).toEqual([])
  })
})

describe('a token is never sent in plain text', () => {
  // This machine, too, but the address does not say so.
  const elsewhere = () => url.replace('127.0.0.1', '0.0.0.0')
  test('beyond this machine', async () => {
    const environment = { REPLYD_URL: elsewhere(), REPLYD_TOKEN: 't-daemon' }
    const { err, status } = await run(['pause'], { environment })
    expect(err).toContain('REPLYD_URL is not encrypted beyond this machine')
    expect(asked).toEqual([])
    expect(status).toBe(2)
  })

  test('unless its host is named', async () => {
    const environment = {
      REPLYD_URL: elsewhere(),
      REPLYD_TOKEN: 't-daemon',
      REPLYD_PLAINTEXT_HOSTS: 'daemon.lan, 0.0.0.0',
    }
    expect((await run(['pause'], { environment })).err).toBe('')
    expect(asked.map(({ token }) => token)).toContain('Bearer t-daemon')
  })
})

describe('status', () => {
  const listed = (disposition: string) => ({ id: '01', account, disposition })
  const before = { ...answers }
  afterEach(() => void Object.assign(answers, before))
  const status = async (...argv: string[]) =>
    run(['status', ...argv], { environment: { REPLYD_URL: url, REPLYD_TOKEN: 't-daemon' } })

  test('does not count a reply that is on its way among those that wait', async () => {
    answers['/api/replies'] = [listed('held'), listed('approved'), listed('drafted')]
    const { out } = await status()
    expect(out).toContain('\n2 replies wait for you: replyd replies list\n')
    expect(out).toContain('\n1 reply is approved and about to be sent.\n')
    expect(JSON.parse((await status('--json')).out)).toMatchObject({ waiting: 2, sending: 1, pending: 0 })
  })

  test('says who paused, and how to go on; that is no failure', async () => {
    const [running] = answers['/api/accounts'] as object[]
    const paused = { paused: true, pausedBy: 'api ann', pausedAt: '2026-11-28T10:00:00.000Z' }
    answers['/api/accounts'] = [{ ...running, ...paused }]
    const { out, status: ended } = await status()
    expect(out).toMatch(
      /^ {2}– me@example\.com {2}paused by ann via the API since 11-2\d \d\d:\d\d: nothing is sent/m,
    )
    expect(out.replace(/\s+/g, ' ')).toContain('until `replyd resume`')
    expect(ended).toBe(0)
  })

  test('of an approved reply while sending is paused: it waits until it is resumed', async () => {
    answers['/api/accounts'] = [{ account, paused: true, pausedBy: null, stopped: null }]
    answers['/api/replies'] = [{ ...listed('approved'), reason: 'approved-by-person', reply: null }]
    const { out } = await status()
    expect(out).toContain('\n1 approved reply waits until you resume: replyd resume\n')
    expect(out).not.toMatch(/about to be sent|caught up/)
    expect(JSON.parse((await status('--json')).out)).toMatchObject({ waiting: 0, sending: 0, paused: 1 })
    const list = await run(['replies', 'list'], {
      environment: { REPLYD_URL: url, REPLYD_TOKEN: 't-daemon' },
    })
    expect(list.out).toContain('approved, waits until you resume')
  })

  test('ends with 1 when an account has stopped', async () => {
    answers['/api/accounts'] = [{ account, paused: true, stopped: 'login refused' }]
    expect(await status()).toMatchObject({ status: 1, out: expect.stringMatching(/✗ me@.*login refused/) })
  })
})

describe('autonomy grant', () => {
  const place = `/api/autonomy/${encodeURIComponent(account)}/other`
  const consequences = ['From now on replyd sends replies automatically.', 'Each says so.']
  const grant = async (offered: boolean, ...more: string[]) => {
    answers[place] = { offered, consequences }
    const environment = { REPLYD_URL: url, REPLYD_TOKEN: 't-daemon' }
    const found = await run(['autonomy', 'grant', account, 'other', ...more], { environment })
    return { ...found, granted: asked.some(({ path }) => path === `${place}/grant`) }
  }

  test('grants nothing if nobody can be asked, unless --yes is given', async () => {
    for (const more of [[], ['--json']])
      expect(await grant(true, ...more)).toMatchObject({ status: 2, out: '', granted: false })
    expect((await grant(true)).err).toMatch(/in a script give --yes/)
  })

  test('with --yes it says what happens from then on, and how to take it back', async () => {
    const { status, out, granted } = await grant(true, '--yes')
    expect(out).toBe(
      `${consequences.join('\n- ')}\nGranted.\nTo take it back: replyd autonomy revoke ${account} other\n`,
    )
    expect([status, granted]).toEqual([0, true])
  })

  test('a category that is not offered is refused by the daemon, without a question', async () => {
    expect(await grant(false)).toMatchObject({ granted: true })
  })
})

describe('with --json an error is one object on standard error', () => {
  const environment = { REPLYD_URL: 'http://127.0.0.1:1' }
  test.each([
    ['status --json --colour', { error: 'usage', message: "unknown option '--colour'" }],
    ['replies --json', { error: 'usage', message: expect.any(String) }],
    ['start --roles x --json', { error: 'usage' }],
    ['replies list --limit few --json', { error: 'usage', message: '--limit takes a number, or all' }],
    ['config --json --config none.yaml', { error: 'faulty-configuration' }],
    ['replies list --json', { error: 'unavailable', message: expect.stringMatching(/^no daemon answers/) }],
  ])('%s', async (line, object) => {
    const { out, err, status } = await run(line.split(' '), { environment })
    expect(out).toBe('')
    expect(JSON.parse(err)).toMatchObject(object)
    expect(status).toBe(object.error === 'unavailable' ? 1 : 2)
  })

  test('with the code of the API for a mail that is not there', async () => {
    const { err, status } = await run(['replies', 'show', 'nonexist', '--json'], {
      environment: { REPLYD_URL: url },
    })
    expect(JSON.parse(err)).toEqual({
      error: 'not-found',
      message: 'no mail has an id that begins with nonexist',
    })
    expect(status).toBe(1)
  })

  test('with what the API said', async () => {
    const { err } = await run(['pause', 'x', '--json'], { environment: { REPLYD_URL: url } })
    expect(JSON.parse(err)).toMatchObject({
      error: 'unauthorized',
      message: expect.stringContaining('REPLYD_TOKEN is not set'),
    })
  })
})

describe('replies edit', () => {
  const id = '01m8h1b7w0000000000000000a'
  const environment = () => ({ REPLYD_URL: url, REPLYD_TOKEN: 't-daemon' })
  const edit = (words: string[], more: object = {}) =>
    run(['replies', 'edit', id, ...words], { environment: environment(), ...more })
  const file = join(directory, 'text.txt')

  test.each([
    [['--text', 'Yes.'], {}, 'Yes.'],
    [['--file', file], {}, 'From a file.'],
    [['--file', '-'], { input: 'Piped.\n' }, 'Piped.'],
    [[], { environment: { PATH: directory, EDITOR: 'echo E. >' } }, 'E.'],
    [[], { environment: { PATH: directory, VISUAL: 'echo V. >', EDITOR: 'false' } }, 'V.'],
  ])('%j saves that text', async (words, more, text) => {
    answers[`/api/replies/${id}`] = { id, reply: { text: 'No.', version: 'v1' } }
    writeFileSync(file, 'From a file.\n')
    const set = { ...environment(), ...(more as { environment?: object }).environment }
    expect(await edit(words, { ...more, environment: set })).toMatchObject({ status: 0 })
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toEqual({ text, seen: 'v1' })
  })

  test.each([
    [['--text', 'a', '--file', file], /^replyd: edit: give --text or --file, not both/],
    [['--file', join(directory, 'none')], /none: there is no such file/],
    [[], /^replyd: edit: give the text with --text or --file, or set EDITOR/],
  ])('%j is refused', async (words, message) => {
    answers[`/api/replies/${id}`] = { id, reply: { text: 'No.', version: 'v1' } }
    const { err, status } = await edit(words)
    expect(err).toMatch(message)
    expect(status).toBe(2)
  })
})

describe('REPLYD_URL without REPLYD_TOKEN', () => {
  test('is tried', async () => {
    const environment = { REPLYD_URL: url, REPLYD_CONFIG: join(directory, 'none.yaml') }
    expect(await run(['replies', 'list'], { environment })).toEqual({
      ...{ status: 0, err: '', out: 'No reply waits for you.\n' },
    })
    expect(asked).toEqual([{ path: '/api/replies', token: undefined, body: '' }])
    const refused = await run(['pause', account], { environment })
    expect(refused.err).toMatch(/^replyd: Send a token\. REPLYD_TOKEN is not set/)
    expect(refused.status).toBe(1)
  })

  test('takes the token of the daemon of this folder, if that is its address', async () => {
    writeFileSync(faulty, withFault)
    const environment = { REPLYD_URL: `${url}/` }
    expect(await run(['pause', '--config', faulty], { environment })).toMatchObject({ status: 0 })
    const other = { REPLYD_URL: url.replace('127.0.0.1', 'localhost') }
    expect(await run(['pause', account, '--config', faulty], { environment: other })).toMatchObject({
      status: 1,
    })
  })

  test('has to be an address', async () => {
    const { err, status } = await run(['status'], { environment: { REPLYD_URL: 'here' } })
    expect(err).toMatch(/^replyd: REPLYD_URL must be an address such as http:\/\/127\.0\.0\.1:8025/)
    expect(status).toBe(2)
  })
})
