import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Asker } from '../../../src/cli/init/asker.ts'
import { believingAuthority, presentedBy } from '../../../src/cli/init/authority.ts'
import type { AccountSettings } from '../../../src/config/settings.ts'
import { ScriptedServer } from '../../smtp/scripted-server.ts'

const certificate = readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8')
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
  const account = { imap: smtp, smtp } as unknown as AccountSettings
  const check = {
    name: 'smtp',
    account: 'a@b.example',
    status: 'failed',
    detail: 'the TLS certificate of x is not valid: unknown issuer',
    advice: null,
  } as const
  const changed = await believingAuthority(account, [check], { folder, asker, say })
  return { changed, said: said.join('\n') }
}

test('what a server presents after STARTTLS is its authority', async () => {
  const authority = await presentedBy({ host: '127.0.0.1', port: server.port, secure: false })
  expect(authority).toMatchObject({ issuer: 'CN=replyd.test', pem: certificate })
})

test('a person sees issuer and fingerprint, and may have it written down', async () => {
  const { changed, said } = await offered('y\n', false)
  expect(said).toMatch(
    /^Issued by: CN=replyd\.test\nSHA-256.*\n {2}([0-9A-F]{2}:){16}\n {2}([0-9A-F]{2}:){15}[0-9A-F]{2}$/m,
  )
  expect(changed).toBe('ca.pem')
  expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(certificate)
})

test.each([
  ['an empty answer', '\n', false],
  ['--yes', '', true],
])('%s believes nobody', async (_name, answer, yes) => {
  expect((await offered(answer, yes)).changed).toBeNull()
})
