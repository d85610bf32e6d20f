/** OAuth2 against a Dovecot that accepts only XOAUTH2 and asks the identity provider about every token (RFC 7662). */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { newId, systemClock } from '../../src/base/clock.ts'
import { SignInNeeded } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/config.ts'
import { type Daemon, type Role, runDaemon } from '../../src/daemon/daemon.ts'
import { openImapAccount } from '../../src/imap/imap.ts'
import { SignIns } from '../../src/oauth/oauth.ts'
import { run } from '../cli/run.ts'
import { Provider } from '../oauth/provider.ts'
import { accountOn, quietOptions } from './imap-account.ts'
import { type Dovecot, startDovecot } from './servers/index.ts'

const address = 'me@replyd.test'
const directory = mkdtempSync(join(tmpdir(), 'replyd-oauth-live-'))
let provider: Provider
let dovecot: Dovecot

beforeAll(async () => {
  provider = await Provider.start(address)
  // Dovecot runs as another user.
  chmodSync(directory, 0o755)
  const settings = join(directory, 'dovecot-oauth2.conf.ext')
  const introspection = `introspection_mode = post\nintrospection_url = ${provider.url}/introspect\n`
  writeFileSync(
    settings,
    `${introspection}username_attribute = email\nactive_attribute = active\nactive_value = true\n`,
  )
  dovecot = await startDovecot({
    extraConfig: `auth_mechanisms = xoauth2
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${settings}
}
`,
  })
})

afterAll(async () => {
  await dovecot?.stop()
  await provider?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

function configuration(): string {
  const path = join(directory, 'replyd.yaml')
  const { clientId, clientSecret, tokenUrl, deviceUrl, authorizeUrl } = provider.settings
  const endpoints = `tokenUrl: "${tokenUrl}", deviceUrl: "${deviceUrl}", authorizeUrl: "${authorizeUrl}"`
  writeFileSync(
    path,
    `accounts:
  - address: ${address}
    imap:
      host: 127.0.0.1
      port: ${dovecot.imapPort}
      secure: false
      oauth2: { provider: custom, clientId: ${clientId}, clientSecret: ${clientSecret}, ${endpoints}, scopes: [mail] }
    smtp: { host: 127.0.0.1, port: 1, secure: false }
model: { baseUrl: "http://127.0.0.1:1/v1", apiKey: any }
state: { directory: ./data }
web: { port: 0 }
`,
  )
  return path
}

async function imapCheck(path: string): Promise<{ status: string; detail: string; advice: string | null }> {
  const { out } = await run(['doctor', '--json', '--config', path])
  const { checks } = JSON.parse(out) as {
    checks: { name: string; status: string; detail: string; advice: string }[]
  }
  return checks.find(({ name }) => name === 'imap')!
}

const signIns = () => new SignIns({ directory: join(directory, 'data'), key: null }, systemClock)

function account() {
  const { imap, ...rest } = accountOn(dovecot, address)
  const settings = { ...rest, imap: { ...imap, oauth2: provider.settings } }
  const accessToken = (refused?: string) => signIns().accessToken(address, provider.settings, refused)
  return openImapAccount(settings, { ...quietOptions, accessToken })
}

test('before the sign-in the doctor says what to do; after replyd auth it logs in', async () => {
  const path = configuration()
  expect(await imapCheck(path)).toMatchObject({
    status: 'failed',
    detail: 'nobody has signed in for me@replyd.test: run replyd auth me@replyd.test',
  })
  const { status, out } = await run(['auth', address, '--device', '--config', path])
  expect(out).toMatch(/enter the code ABCD-EFGH[\s\S]*Signed in for me@replyd\.test\./)
  expect(status).toBe(0)
  expect(await imapCheck(path)).toMatchObject({ status: 'ok' })
})

test('a token that the mail server refuses before its time is replaced, and the login goes through', async () => {
  provider.revokeAccess()
  await using imap = account()
  expect((await imap.state('INBOX')).exists).toBe(0)
  expect(provider.refreshes).toBe(1)
})

test('a revoked sign-in stops the account with a clear message, until somebody signs in', async () => {
  provider.revokeAccess()
  provider.refuses = 'invalid_grant'
  await using imap = account()
  await expect(imap.state('INBOX')).rejects.toThrow(SignInNeeded)
  provider.refuses = null
  const { status } = await run(['auth', '--device', '--config', configuration()])
  expect(status).toBe(0)
  // The pool waits a moment before it looks again.
  await expect(settled(() => imap.state('INBOX'))).resolves.toMatchObject({ exists: 0 })
})

/** The first answer that is not one of these failures: the adapter fails each call at once. */
async function settled<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error) || !/sign-in|not connected/.test(error.message)) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

test.each([
  ['a code for any device', {}],
  ['the browser, whose last address is pasted', { way: 'browser' }],
])('an owner signs in on the page with %s, and the account is used', async (_name, way) => {
  provider.revokeAccess()
  provider.polls.push('authorization_pending')
  await using web = await daemonOf(['web'])
  const at = `${web.url}/accounts/${encodeURIComponent(address)}/sign-in`
  const begun = await fetch(at)
  const cookie = begun.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const token = /name="token" value="([^"]+)"/.exec(await begun.text())?.[1] ?? ''
  const post = (to: string, fields: Record<string, string>) =>
    fetch(to, {
      method: 'POST',
      headers: { cookie, origin: web.url },
      body: new URLSearchParams({ token, ...fields }),
    }).then((answer) => answer.text())
  const shown = await post(at, way)
  if ('way' in way) {
    const [, authorize = ''] = /href="([^"]+\/authorize[^"]+)"/.exec(shown) ?? []
    const given = await fetch(authorize.replaceAll('&amp;', '&'), { redirect: 'manual' })
    await post(`${at}/paste`, { ended: given.headers.get('location') ?? '' })
  } else expect(shown).toMatch(/type-it-in[\s\S]*ABCD-EFGH|Signed in\./)
  let page = shown
  while (!page.includes('Signed in.')) {
    expect(page).not.toContain('class="fault"')
    page = await (await fetch(at, { headers: { cookie } })).text()
  }
  await using imap = account()
  await expect(settled(() => imap.state('INBOX'))).resolves.toMatchObject({ exists: 0 })
})

/** In this process, with the configuration of the tests. */
async function daemonOf(roles: Role[], log = silentLog) {
  const path = configuration()
  const stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const daemon = await new Promise<Daemon>((resolve, reject) => {
    running = runDaemon({
      config: loadConfig({ path, environment: {}, readFile: (file) => readFileSync(file, 'utf8') }),
      ...{ roles, once: false, log, clock: systemClock, newId, signal: stop.signal },
      onReady: resolve,
    })
    running.catch(reject)
  })
  const end = async () => {
    stop.abort()
    await running
  }
  return { url: daemon.url ?? '', [Symbol.asyncDispose]: end }
}

test('a daemon whose refresh is refused stops that account, and the log, the API and the doctor say what to do', async () => {
  const path = configuration()
  provider.revokeAccess()
  provider.refuses = 'invalid_grant'
  const told = `the OAuth2 sign-in of ${address} is no longer valid`
  const lines = new PassThrough()
  {
    await using daemon = await daemonOf(['watch', 'work', 'web'], pino(lines))
    let line = ''
    for await (const each of createInterface({ input: lines })) {
      line = each
      if (each.includes('owner.action-needed')) break
    }
    lines.resume()
    expect(line).toContain('is no longer valid')
    expect(line).toContain('run replyd auth')
    // The log line comes before the row: the pages' live updates say when there is something new.
    const { url } = daemon
    const events = (await fetch(`${url}/events`)).body
    let stopped: string | null = null
    for await (const _ of events ?? []) {
      const [account] = (await (await fetch(`${url}/api/accounts`)).json()) as { stopped: string | null }[]
      stopped = account?.stopped ?? null
      if (stopped !== null) break
    }
    expect(stopped).toContain(told)
    expect(stopped).toContain(`run replyd auth ${address}`)
  }
  const check = await imapCheck(path)
  expect(check).toMatchObject({ status: 'failed', advice: 'Sign in: replyd auth ADDRESS.' })
  expect(check.detail).toContain(told)
})
