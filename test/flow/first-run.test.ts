/**
 * From an empty folder to the first draft, typed at a terminal: with one wrong host, one wrong password and one Ctrl+C.
 * No question is asked twice unless its answer failed, and no answer is lost.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { connectClient, defaultTiming } from '../../src/imap/client.ts'
import { accountOn } from '../live/imap-account.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { freePort } from '../live/servers/port.ts'

const address = 'me@replyd.test'
const tls = fileURLToPath(new URL('../fixtures/tls/private-ca', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'replyd-first-run-'))
let imapsPort: number
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn

beforeAll(async () => {
  imapsPort = await freePort()
  standIn = await startStandIn()
  dovecot = await startDovecot({ users: [address], extraConfig: await tlsLines() })
  postfix = await startPostfix({ deliverTo: dovecot, auth: 'required' })
})

/** In the syntax of the Dovecot version that runs. */
async function tlsLines(): Promise<string> {
  const version = spawn('dovecot', ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(version.stdout, 'data')
  const [certificate, key] = [join(tls, 'chain.pem'), join(tls, 'key.pem')]
  const files = String(said).startsWith('2.3')
    ? `ssl_cert = <${certificate}\nssl_key = <${key}`
    : `ssl_server_cert_file = ${certificate}\nssl_server_key_file = ${key}`
  return `ssl = yes\n${files}\nservice imap-login {\n  inet_listener imaps {\n    port = ${imapsPort}\n    ssl = yes\n  }\n}\n`
}

afterAll(async () => {
  await postfix?.stop()
  await dovecot?.stop()
  await standIn?.close()
  rmSync(folder, { recursive: true, force: true })
})

const mail = (id: string) => `Message-ID: <${id}@client.example>\r
Date: ${new Date().toUTCString()}\r
From: Ann Berg <ann@client.example>\r
To: ${address}\r
Subject: Opening hours ${id}\r
\r
Hello,\r
\r
when do you open on Saturday?\r
\r
Ann Berg\r
`

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** `replyd` on a separate terminal, which script(1) makes. */
class Session {
  readonly #child: ChildProcess
  readonly ended: Promise<unknown>
  #seen = 0
  text = ''

  constructor() {
    const command = `'${process.execPath}' '${program}'`
    const { PATH = '', HOME = '' } = process.env
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env: { PATH, HOME, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh', REPLYD_LISTEN: '127.0.0.1:0' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.ended = once(this.#child, 'exit')
    this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece
    })
  }

  /** Waits until this text appears after the text of the previous wait. */
  async shows(what: string | RegExp): Promise<void> {
    for (;;) {
      const rest = this.text.slice(this.#seen)
      const at = typeof what === 'string' ? rest.indexOf(what) : rest.search(what)
      if (at >= 0) {
        this.#seen += at + 1
        return
      }
      const more = await Promise.race([once(this.#child.stdout!, 'data'), this.ended.then(() => null)])
      if (more === null) throw new Error(`ended before it showed ${what}:\n${this.text}`)
    }
  }

  async answers(question: string | RegExp, text: string): Promise<void> {
    await this.shows(question)
    this.types(text)
  }

  types(text: string): void {
    this.#child.stdin?.write(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}

const times = (text: string, what: RegExp) => [...text.matchAll(new RegExp(what, 'g'))].length

test('a first run', async () => {
  const first = await untilCtrlC()
  expect(first).toContain('not known to DNS')
  expect(first).toMatch(/Issued by: O=Example Works, CN=Example Works private CA/)
  expect(first).toMatch(/refused the login/)
  expect(first).not.toContain('typed too early')
  expect(first).toMatch(/Stopped\. Your answers are in \.replyd-init\.json/)
  expect(statSync(join(folder, '.replyd-init.json')).mode & 0o777).toBe(0o600)
  expect(existsSync(join(folder, 'replyd.yaml'))).toBe(false)

  await dovecot.deliver(address, mail('one'))
  const second = await untilDraft()
  for (const question of ['Address that replyd answers for', 'IMAP server', 'SMTP server', 'Login name'])
    expect(second).toMatch(new RegExp(`^ {2}${question}.*: \\S+\r?$`, 'm'))
  expect(times(second, /^(Address that|IMAP server|SMTP server|Login name).*: \r?$/m)).toBe(0)
  expect(times(second, /Trust it/)).toBe(0)
  expect(second).toMatch(/This is what replyd would have answered:/)
  expect(`${first}${second}`).not.toMatch(/secret|wrong one|long enough/)
  expect(existsSync(join(folder, '.replyd-init.json'))).toBe(false)
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'replyd.yaml'), 'utf8')).toMatch(/tls: \{ ca: "ca\.pem" \}/)
  expect(await drafts()).toBe(1)
})

async function untilCtrlC(): Promise<string> {
  await using session = new Session()
  await session.answers('answers for: ', `${address}\r`)
  await session.answers(/IMAP server.*: /, `no-such-host.invalid:${imapsPort}\r`)
  await session.answers(/IMAP server.*\]: /, `localhost:${imapsPort}\r`)
  await session.answers(/SMTP server.*: /, `localhost:${postfix.smtpPort}\r`)
  await session.answers(/Login name.*\]: /, '\r')
  await session.answers(/Password for IMAP.*: /, 'wrong one\r')
  // While it tries the password there is no question: this input is no answer, and is not shown.
  session.types('typed too early\r')
  await session.answers(/Trust it.*: /, 'y\r')
  await session.answers(/Login name.*\]: /, '\r')
  await session.answers(/Password for IMAP.*: /, '\u0003')
  await session.shows('continues from there')
  await session.ended
  return session.text
}

async function untilDraft(): Promise<string> {
  await using session = new Session()
  await session.answers('Keep these?', '\r')
  await session.answers(/Password for IMAP and SMTP.*: /, `${dovecot.password}\r`)
  await session.answers('Another mailbox', '\r')
  await session.shows('Number [1]: ')
  const [, number] = /(\d+) {2}another server/.exec(session.text) ?? []
  session.types(`${number}\r`)
  await session.answers(/Address of the model.*: /, `${standIn.baseUrl}\r`)
  await session.answers(/Key of the model.*: /, '\r')
  await session.answers(`Name of the model [${standInModel}]: `, '\r')
  await session.answers(/review page.*: /, 'short\r')
  await session.shows('at least 8 characters')
  await session.answers(/review page.*: /, 'long enough\r')
  await session.answers('Draft an answer', '\r')
  await session.answers('Start now?', '\r')
  await session.shows(`replyd is running for ${address}.`)
  await dovecot.deliver(address, mail('two'))
  await session.answers('Ann Berg, "Opening hours two" → reply saved in Drafts', '\u0003')
  await session.shows('Stopping')
  await session.ended
  return session.text
}

async function drafts(): Promise<number> {
  const { imap } = accountOn(dovecot, address)
  const trusting = { ...imap, caFile: join(tls, 'ca.pem') }
  const client = await connectClient(trusting, {
    timing: defaultTiming,
    signal: AbortSignal.timeout(120_000),
  })
  const { messages } = (await client.status('Drafts', { messages: true })) || {}
  await client.logout()
  return messages ?? 0
}
