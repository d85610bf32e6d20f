import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/config.ts'
import { startStandIn } from '../../src/demo/stand-in.ts'
import { type Check, diagnose } from '../../src/doctor/doctor.ts'
import { run } from '../cli/run.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-doctor-'))
const servers: { server: Server; sockets: Set<Socket> }[] = []
afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A server on loopback that greets, then answers each line as scripted; null sends no answer. */
async function serverThat(greeting: string, answer: (line: string) => string | null): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (greeting) socket.write(greeting)
    socket.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split('\r\n').filter(Boolean)) {
        const text = answer(line)
        if (text) socket.write(text)
      }
    })
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** IMAP (RFC 9051) that knows its user, but not this password. */
const imapRefusing = () =>
  serverThat('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n', (line) => {
    const [tag, command = ''] = line.split(' ')
    if (/^(AUTHENTICATE|LOGIN)$/i.test(command))
      return `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n`
    return `${tag} OK done\r\n`
  })

/** SMTP (RFC 5321) that refuses each login. */
const smtpRefusing = () =>
  serverThat('220 mail.example.com ESMTP\r\n', (line) => {
    if (/^EHLO/i.test(line)) return '250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n'
    return /^AUTH/i.test(line) ? '535 5.7.8 Username and Password not accepted\r\n' : '221 bye\r\n'
  })

async function closedPort(): Promise<number> {
  const port = await serverThat('', () => null)
  const [last] = servers.splice(-1)
  await new Promise((resolve) => last?.server.close(resolve))
  return port
}

interface Setting {
  imap: number
  smtp: number
  secure?: boolean
  model?: string
  state?: string
  /** YAML. */
  replies?: string
}

function configFile({ imap, smtp, secure = false, model = '', state = '', replies = '{}' }: Setting): string {
  const path = join(directory, 'replyd.yaml')
  writeFileSync(
    path,
    `accounts:
  - address: support@example.com
    imap: { host: 127.0.0.1, port: ${imap}, secure: ${secure}, password: wrong }
    smtp: { host: 127.0.0.1, port: ${smtp}, secure: ${secure} }
model: { baseUrl: "${model || 'http://127.0.0.1:1/v1'}", apiKey: sk-wrong }
state: { directory: ./data ${state} }
replies: ${replies}
`,
  )
  return path
}

async function checksOf(setting: Setting, patienceMs = 60_000): Promise<Record<string, Check>> {
  const path = configFile(setting)
  const readFile = (name: string) => {
    if (name === path) return readFileSync(path, 'utf8')
    throw Object.assign(new Error('none'), { code: 'ENOENT' })
  }
  const config = loadConfig({ path, environment: {}, readFile })
  const checks = (
    await Promise.all(
      diagnose(config, { now: () => new Date('2026-11-24T00:00:00Z') }, patienceMs).map(
        ({ checks }) => checks,
      ),
    )
  ).flat()
  return Object.fromEntries(checks.map((check) => [check.name, check]))
}

describe('doctor', () => {
  test('says of a wrong password that the login was refused', async () => {
    const { imap, smtp, capabilities } = await checksOf({
      imap: await imapRefusing(),
      smtp: await smtpRefusing(),
    })
    expect(imap).toMatchObject({
      account: 'support@example.com',
      status: 'failed',
      detail: expect.stringMatching(/refused the login of support@example\.com: Invalid credentials/),
      advice: expect.stringMatching(/imap\.password/),
    })
    expect(smtp).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/refused the login of support@example\.com: 535 5\.7\.8 Username/),
      advice: expect.stringMatching(/smtp\.password/),
    })
    expect(capabilities).toBeUndefined()
  })

  test('names host and port of a server that is not there', async () => {
    const [imapPort, smtpPort] = [await closedPort(), await closedPort()]
    const { imap, smtp } = await checksOf({ imap: imapPort, smtp: smtpPort })
    expect(imap?.detail).toBe(`nothing listens on 127.0.0.1:${imapPort}`)
    expect(smtp?.detail).toBe(`nothing listens on 127.0.0.1:${smtpPort}`)
  })

  test('does not wait for ever for a server that says nothing', async () => {
    const port = await serverThat('', () => null)
    const { imap, smtp } = await checksOf({ imap: port, smtp: port }, 150)
    expect(imap?.detail).toBe(`127.0.0.1:${port} does not answer`)
    expect(smtp?.detail).toBe(`127.0.0.1:${port} does not answer`)
  })

  test('notices plain text where TLS was expected', async () => {
    const { imap, smtp } = await checksOf({
      imap: await imapRefusing(),
      smtp: await smtpRefusing(),
      secure: true,
    })
    expect(imap).toMatchObject({
      detail: expect.stringMatching(/does not speak TLS/),
      advice: expect.stringMatching(/imap\.secure to false/),
    })
    expect(smtp).toMatchObject({
      detail: expect.stringMatching(/does not speak TLS/),
      advice: expect.stringMatching(/smtp\.secure to false/),
    })
  })

  test('says of a model that answers 401 that the key is wrong', async () => {
    await using standIn = await startStandIn({ apiKey: 'sk-right' })
    const { model } = await checksOf({ imap: 1, smtp: 1, model: standIn.baseUrl })
    expect(model).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/401/),
      advice: expect.stringMatching(/OPENAI_API_KEY/),
    })
    expect(standIn.counters().answered).toBe(0)
  })

  test('says of a Redis and a PostgreSQL that are not there which setting to look at', async () => {
    const port = await closedPort()
    const urls = `, redisUrl: "redis://:pw@127.0.0.1:${port}", databaseUrl: "postgres://u:pw@127.0.0.1:${port}/d"`
    const { queue, state } = await checksOf({ imap: 1, smtp: 1, state: urls })
    expect(queue).toMatchObject({
      status: 'failed',
      detail: `nothing listens on 127.0.0.1:${port}`,
      advice: expect.stringMatching(/REDIS_URL/),
    })
    expect(state).toMatchObject({
      status: 'failed',
      detail: `nothing listens on 127.0.0.1:${port}`,
      advice: expect.stringMatching(/DATABASE_URL/),
    })
    expect(JSON.stringify([queue, state])).not.toMatch(/pw/)
  })

  test('says that a state directory is not a directory if it is a file', async () => {
    writeFileSync(join(directory, 'data'), '')
    const { state } = await checksOf({ imap: 1, smtp: 1 })
    rmSync(join(directory, 'data'))
    expect(state).toMatchObject({ status: 'failed', detail: `${directory}/data is not a folder` })
  })

  test.each([
    ['{ mode: send, disclosure: "" }', 'warning'],
    ['{ mode: send, disclosure: By a robot }', 'ok'],
    ['{ mode: send }', 'ok'],
    ['{ mode: draft, disclosure: "" }', 'ok'],
  ])('replies %s: the disclosure is %s', async (replies, status) => {
    const { configuration } = await checksOf({ imap: 1, smtp: 1, replies })
    expect(configuration?.status).toBe(status)
    expect(/AI system/.test(configuration?.detail ?? '')).toBe(status === 'warning')
  })

  test('on the command line: one block each, advice below, status 1, no stack', async () => {
    const config = configFile({ imap: await imapRefusing(), smtp: await smtpRefusing() })
    const { status, out, err } = await run(['doctor', '--config', config])
    expect(out).toMatch(/^✓ configuration {3}one account: support@example\.com$/m)
    expect(out).toMatch(/^✗ imap {12}support@example\.com: 127\.0\.0\.1:\d+ refused the login/m)
    expect(out).toMatch(/^ {18}→ Check imap\.user and imap\.password\./m)
    expect(out).toMatch(/^3 of 6 checks failed\.$/m)
    expect(out + err).not.toMatch(/^\s+at /m)
    expect({ status, err }).toEqual({ status: 1, err: '' })
  })

  test('with --json: one object', async () => {
    const config = configFile({ imap: await imapRefusing(), smtp: await smtpRefusing() })
    const { status, out } = await run(['doctor', '--json', '--config', config])
    const report = JSON.parse(out)
    expect(report.ok).toBe(false)
    expect(report.checks.map(({ name, status }: Check) => [name, status])).toEqual([
      ['configuration', 'ok'],
      ['imap', 'failed'],
      ['smtp', 'failed'],
      ['model', 'failed'],
      ['queue', 'ok'],
      ['state', 'ok'],
    ])
    expect(status).toBe(1)
  })
})
