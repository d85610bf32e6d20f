import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Asker } from '../../../src/cli/init/asker.ts'
import { presentedBy, trustedAuthority, trustedModelAuthority } from '../../../src/cli/init/authority.ts'
import type { AccountSettings, Config } from '../../../src/config/settings.ts'
import { ScriptedServer } from '../../smtp/scripted-server.ts'

const certificate = readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8')
let folder: string
let server: ScriptedServer
let https: { port: number; close: () => void }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replyd-authority-'))
  server = await ScriptedServer.start((at) => (at === 'STARTTLS' ? '220 go ahead' : undefined))
  const key = readFileSync(new URL('../../fixtures/tls/key.pem', import.meta.url))
  const listener = createServer({ cert: certificate, key }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  https = { port: (listener.address() as AddressInfo).port, close: () => listener.close() }
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  https?.close()
  rmSync(folder, { recursive: true })
})

const unknown = 'the TLS certificate of x is not valid: unknown issuer'

async function offered(answer: string, yes: boolean, name: 'smtp' | 'model' = 'smtp') {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const terminal = { environment: {}, stdin: Readable.from([answer]), stdout, stderr: stdout }
  using asker = new Asker(terminal, yes)
  const said: string[] = []
  const say = async (line: string) => void said.push(line)
  const smtp = { host: '127.0.0.1', port: server.port, secure: false }
  const model = { baseUrl: `https://127.0.0.1:${https.port}/v1` }
  const account = { imap: smtp, smtp } as unknown as AccountSettings
  const check = {
    ...{ name, account: 'a@b.example', detail: unknown, advice: null },
    status: 'failed',
  } as const
  const attempt = { folder, asker, say }
  const changed =
    name === 'smtp'
      ? await trustedAuthority(account, [check], attempt)
      : await trustedModelAuthority(model as Config['model'], [check], attempt)
  return { changed, said: said.join('\n') }
}

test('what a server presents after STARTTLS is its authority', async () => {
  const authority = await presentedBy({ host: '127.0.0.1', port: server.port, secure: false })
  expect(authority).toMatchObject({ issuer: 'CN=replyd.test', pem: certificate })
})

test('a person sees issuer and fingerprint, and may have it saved', async () => {
  const { changed, said } = await offered('y\n', false)
  expect(said).toMatch(
    /^Issued by: CN=replyd\.test\nSHA-256.*\n {2}([0-9A-F]{2}:){16}\n {2}([0-9A-F]{2}:){15}[0-9A-F]{2}$/m,
  )
  expect(changed).toBe('ca.pem')
  expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(certificate)
})

test('so may that of the model, for OPENAI_TLS_CA', async () => {
  const { changed, said } = await offered('y\n', false, 'model')
  expect(said).toMatch(
    /The certificate of 127\.0\.0\.1:\d+ is not from a public authority\.\nIssued by: CN=replyd\.test/,
  )
  expect(changed).toBe('model-ca.pem')
  expect(readFileSync(join(folder, 'model-ca.pem'), 'utf8')).toBe(certificate)
})

test.each([
  ['an empty answer', '\n', false],
  ['--yes', '', true],
])('%s trusts no authority', async (_name, answer, yes) => {
  expect((await offered(answer, yes)).changed).toBeNull()
  expect((await offered(answer, yes, 'model')).changed).toBeNull()
})
