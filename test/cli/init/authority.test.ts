import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Asker } from '../../../src/cli/init/asker.ts'
import { believingAuthority, presentedBy } from '../../../src/cli/init/authority.ts'
import { configText } from '../../../src/cli/init/files.ts'
import type { Config } from '../../../src/config/settings.ts'
import { ScriptedServer } from '../../smtp/scripted-server.ts'

const certificate = readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8')
const place = { host: '127.0.0.1', port: 1, secure: true }
const found = { imap: place, smtp: place, source: 'x', hint: '', oauth2: null }
const yaml = configText({ address: 'a@b.example', found, user: null, oauthClientId: null })
let folder: string
let server: ScriptedServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replyd-authority-'))
  server = await ScriptedServer.start((at) => (at === 'STARTTLS' ? '220 go ahead' : undefined))
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function offered(answer: string, yes: boolean) {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const terminal = { environment: {}, stdin: Readable.from([answer]), stdout, stderr: stdout }
  using asker = new Asker(terminal, yes)
  const said: string[] = []
  const say = async (line: string) => void said.push(line)
  const smtp = { host: '127.0.0.1', port: server.port, secure: false }
  const config = { accounts: [{ imap: smtp, smtp }] } as unknown as Config
  const check = {
    name: 'smtp',
    account: 'a@b.example',
    status: 'failed',
    detail: 'the TLS certificate of x is not valid: unknown issuer',
    advice: null,
  } as const
  const changed = await believingAuthority(yaml, config, [check], { folder, asker, say })
  return { changed, said: said.join('\n') }
}

test('what a server presents after STARTTLS is its authority', async () => {
  const authority = await presentedBy({ host: '127.0.0.1', port: server.port, secure: false })
  expect(authority).toMatchObject({ issuer: 'CN=replyd.test', pem: certificate })
})

test('a person sees issuer and fingerprint, and may have it written down', async () => {
  const { changed, said } = await offered('y\n', false)
  expect(said).toMatch(/issued by: CN=replyd\.test\n.*fingerprint.*: ([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  expect(changed).toContain('\n    tls: { ca: "ca.pem" }\n')
  expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(certificate)
})

test.each([
  ['an empty answer', '\n', false],
  ['--yes', '', true],
])('%s believes nobody', async (_name, answer, yes) => {
  expect((await offered(answer, yes)).changed).toBeNull()
})
