/** `replyd init` on real servers: it writes only settings that it has verified, and the daemon runs with them. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Talk } from '../../src/cli/init/talk.ts'
import { whatNext } from '../../src/cli/init/what-next.ts'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { connectClient, defaultTiming } from '../../src/imap/client.ts'
import { run } from '../cli/run.ts'
import { accountOn } from './imap-account.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from './servers/index.ts'

const folders = mkdtempSync(join(tmpdir(), 'replyd-init-live-'))
const ownFolder = join(folders, 'own')
const own = 'support@replyd.test'
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn

beforeAll(async () => {
  mkdirSync(ownFolder)
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  postfix = await startPostfix({ deliverTo: dovecot, auth: 'required' })
})

afterAll(async () => {
  await postfix?.stop()
  await dovecot?.stop()
  await standIn?.close()
  rmSync(folders, { recursive: true })
})

/** @param password null: it is typed in */
function init(
  password: string | null,
  input: string,
  more: { address?: string; folder?: string; yes?: true } = {},
) {
  const { address = own, folder = ownFolder, yes } = more
  const servers = ['--imap', `127.0.0.1:${dovecot.imapPort}`, '--smtp', `127.0.0.1:${postfix.smtpPort}`]
  const argv = ['init', '--address', address, ...servers, '--folder', folder, ...(yes ? ['--yes'] : [])]
  const environment = {
    ...(password === null ? {} : { MAIL_PASSWORD: password }),
    OPENAI_API_KEY: 'any',
    OPENAI_BASE_URL: standIn.baseUrl,
    REPLYD_MODEL: standInModel,
    REPLYD_WEB_PASSWORD: 'long enough',
  }
  return run(argv, { environment, input })
}

test('a wrong password is reported before anything is written', async () => {
  const { status, out } = await init('wrong', '\n\nn\nn\n')
  expect(out).toMatch(/✗ imap .*refused the login of support@replyd\.test/)
  expect(out).toMatch(/Nothing was written\. Your answers are kept in \S+\n$/)
  expect(status).toBe(1)
  expect(existsSync(join(ownFolder, 'replyd.yaml'))).toBe(false)
})

test('if everything works both files are written, and doctor agrees', async () => {
  const { status, out } = await init(dovecot.password, '\n')
  expect(out).toMatch(/✓ imap .*logged in to/)
  expect(out).toMatch(/✓ smtp .*logged in to/)
  expect(out).toMatch(/Recent mail does not show that your mail server checks/)
  expect(out).toMatch(/\nNext: replyd start --config \S+replyd\.yaml\n$/)
  expect(status).toBe(0)
  expect(readFileSync(join(ownFolder, '.env'), 'utf8')).toMatch(/^MAIL_PASSWORD="secret"/)
  // The model that init checked is in .env.
  const doctor = await run(['doctor', '--config', join(ownFolder, 'replyd.yaml')], { environment: {} })
  expect(doctor.status).toBe(0)
})

test('a password that was refused is asked for again, and only that', async () => {
  const folder = mkdtempSync(join(folders, 'again-'))
  const { status, out } = await init(null, `\nwrong\n\nstill wrong\n\n${dovecot.password}\n`, { folder })
  expect(out.match(/empty: the same again/g)).toHaveLength(2)
  expect(out).not.toMatch(/wrong/)
  expect(status).toBe(0)
  expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^MAIL_PASSWORD="secret"$/m)
})

test('the same password is tried again: the server may have been at fault', async () => {
  const folder = mkdtempSync(join(folders, 'same-'))
  const { status, out } = await init(null, `\nwrong\n\n\n\n\n${dovecot.password}\n`, { folder })
  expect(out.match(/Those are the same answers\..*\nTry again\?/g)).toHaveLength(1)
  expect(out.match(/✗ imap /g)).toHaveLength(2)
  expect(status).toBe(0)
})

test('a login name that the server does not know is asked for as well, and written down', async () => {
  await using strict = await startDovecot({ users: ['ann@replyd.test'] })
  const folder = mkdtempSync(join(folders, 'named-'))
  const servers = ['--imap', `127.0.0.1:${strict.imapPort}`, '--smtp', `127.0.0.1:${postfix.smtpPort}`]
  const environment = {
    MAIL_PASSWORD: strict.password,
    OPENAI_API_KEY: 'any',
    OPENAI_BASE_URL: standIn.baseUrl,
    REPLYD_MODEL: standInModel,
    REPLYD_WEB_PASSWORD: 'long enough',
  }
  const argv = ['init', '--address', own, ...servers, '--folder', folder]
  const { status, out } = await run(argv, { environment, input: '\nann@replyd.test\n' })
  expect(out).toMatch(/Login name for IMAP and SMTP \[support@replyd\.test\]:/)
  expect(status).toBe(0)
  expect(readFileSync(join(folder, 'replyd.yaml'), 'utf8')).toMatch(/imap: \{.*user: ann@replyd\.test/)
})

test('a trial with an empty mailbox says that it is empty', async () => {
  const folder = mkdtempSync(join(folders, 'empty-'))
  await init(dovecot.password, '\n', { address: 'empty@replyd.test', folder })
  const said: string[] = []
  const answers = [true, false, false]
  const stdout = new PassThrough()
  await whatNext({
    folder,
    asker: { confirm: async () => answers.shift() },
    say: async (line: string) => void said.push(line),
    terminal: { environment: {}, stdin: stdout, stdout, stderr: stdout },
  } as unknown as Talk)
  expect(said).toEqual(['INBOX is empty: there is no mail to try it on.'])
})

describe('an SMTP server with another login', () => {
  const servers = (smtp: Postfix) => [
    ...['--address', own, '--imap', `127.0.0.1:${dovecot.imapPort}`],
    ...['--smtp', `127.0.0.1:${smtp.smtpPort}`],
  ]
  const model = () => ({
    OPENAI_API_KEY: 'any',
    OPENAI_BASE_URL: standIn.baseUrl,
    REPLYD_MODEL: standInModel,
    REPLYD_WEB_PASSWORD: 'long enough',
  })
  let users: Dovecot
  let relay: Postfix

  beforeAll(async () => {
    users = await startDovecot({ users: ['relay-7'], password: 'of the relay' })
    relay = await startPostfix({ deliverTo: users, auth: 'required' })
  })

  afterAll(async () => {
    await relay?.stop()
    await users?.stop()
  })

  test('needs its own login when it refuses that of IMAP: init asks until the server accepts it', async () => {
    const folder = mkdtempSync(join(folders, 'relay-'))
    const argv = ['init', ...servers(relay), '--folder', folder]
    const input = `\n${dovecot.password}\nrelay-7\nwrong one\n\nof the relay\n`
    const { status, out } = await run(argv, { environment: model(), input })
    expect(out.match(/Login name for IMAP and SMTP/g)).toHaveLength(1)
    expect(out).toMatch(/needs a different login than 127\.0\.0\.1/)
    expect(out).toMatch(/Login name for SMTP \[support@replyd\.test\]:/)
    expect(out).toMatch(/Password for SMTP; empty: that of IMAP \(not shown\):/)
    expect(out).toMatch(/Login name for SMTP \[relay-7\]:/)
    expect(out).toMatch(/✓ smtp .*logged in to \S+ as relay-7/)
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'replyd.yaml'), 'utf8')).toMatch(
      /smtp: \{.*user: relay-7, password: "?\$\{SMTP_PASSWORD\}/,
    )
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^SMTP_PASSWORD="of the relay"$/m)
    const doctor = await run(['doctor', '--config', join(folder, 'replyd.yaml')], { environment: {} })
    expect(doctor.status).toBe(0)
  })

  test('needs no second prompt for it after an interrupted init', async () => {
    const folder = mkdtempSync(join(folders, 'relay-again-'))
    const argv = ['init', ...servers(relay), '--folder', folder]
    // It ends before it asks for the page's password, because nobody answers.
    const { REPLYD_WEB_PASSWORD: _, ...environment } = model()
    const input = `\n${dovecot.password}\nrelay-7\nof the relay\n`
    const first = await run(argv, { environment, input })
    expect(first.out).toMatch(/✓ smtp /)
    expect(first.status).toBe(2)
    const { status, out } = await run(argv, { environment, input: '\nlong enough\n' })
    expect(out).toMatch(/^ {2}Login name for SMTP: relay-7$/m)
    expect(out).not.toMatch(/refused the login/)
    expect(status).toBe(0)
  })

  test('takes the password from the environment, and says when that is the wrong one', async () => {
    const folder = mkdtempSync(join(folders, 'relay-environment-'))
    const argv = ['init', ...servers(relay), '--folder', folder]
    const environment = { ...model(), SMTP_PASSWORD: 'wrong one' }
    const { out } = await run(argv, { environment, input: `\n${dovecot.password}\nrelay-7\nn\nn\n` })
    expect(out).toMatch(/The password is in the environment as SMTP_PASSWORD/)
    expect(out).not.toMatch(/Password for SMTP/)
    expect(existsSync(join(folder, 'replyd.yaml'))).toBe(false)
  })
})

describe('the name of the own server', () => {
  const address = 'results@replyd.test'
  const id = 'mx.replyd.test'

  beforeAll(async () => {
    for (const domain of ['a.example', 'b.example', 'c.example']) {
      const results = `Authentication-Results: ${id}; dmarc=pass header.from=${domain}`
      const header = [results, `From: <ann@${domain}>`, `To: ${address}`, 'Subject: Hi']
      await dovecot.deliver(address, `${header.join('\r\n')}\r\n\r\nHello\r\n`)
    }
  })

  const idsIn = (folder: string) =>
    /^ *(# )?authservIds:.*$/m.exec(readFileSync(join(folder, 'replyd.yaml'), 'utf8'))?.[0].trim()

  test('is found in recent mail, which stays unread and recent', async () => {
    const folder = mkdtempSync(join(folders, 'found-'))
    const { status, out } = await init(dovecot.password, '\n\n', { address, folder })
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const shown = /^Your mail server seems[^`]*?\[y\]:/m.exec(readme)?.[0] ?? 'nothing'
    expect(out).toContain(shown.replaceAll('mx.example.com', id))
    expect(status).toBe(0)
    expect(idsIn(folder)).toBe('authservIds: ["mx.replyd.test"]')
    const { imap } = accountOn(dovecot, address)
    const client = await connectClient(imap, { timing: defaultTiming, signal: AbortSignal.timeout(120_000) })
    await client.mailboxOpen('INBOX', { readOnly: true })
    const rows = await client.fetchAll('1:*', { flags: true })
    await client.logout()
    expect(rows.map(({ flags }) => [...(flags ?? [])])).toEqual(Array(3).fill(['\\Recent']))
  })

  test.each([
    ['n', { input: '\nn\n' }],
    ['--yes', { input: '', yes: true as const }],
  ])('is not believed without a yes from a person: %s', async (_, { input, ...more }) => {
    const folder = mkdtempSync(join(folders, 'refused-'))
    const { status, out } = await init(dovecot.password, input, { address, folder, ...more })
    expect(status).toBe(0)
    expect(out).toMatch(/sign the result as mx\.replyd\.test/)
    expect(idsIn(folder)).toBe('# authservIds: [mx.example.com]')
  })

  test('is tried with a forged mail where replies are sent automatically, if the owner wants that', async () => {
    const folder = mkdtempSync(join(folders, 'forged-'))
    await init(dovecot.password, '\n\n', { address, folder })
    const path = join(folder, 'replyd.yaml')
    writeFileSync(path, readFileSync(path, 'utf8').replace('mode: draft', 'mode: send'))
    const no = await init(null, '\n\n', { address, folder })
    expect(no.out).toMatch(/✓ sending .*confirmed the author of 3 of the last 3 mails/)
    expect(no.out).toMatch(/forged author.*\[n\]/)
    expect(no.out).not.toMatch(/✓ forgery/)
    const yes = await init(null, '\ny\n', { address, folder })
    expect(yes.out).toMatch(/! forgery .*kept a result that the sender wrote in its name/)
    expect(yes.status).toBe(0)
    const after = await init(null, '\n\n', { address, folder })
    expect(after.out).toMatch(/INBOX holds 3 messages/)
  })

  test('is asked for in a second run, which keeps all else', async () => {
    const folder = mkdtempSync(join(folders, 'second-'))
    await init(dovecot.password, '\nn\n', { address, folder })
    const before = readFileSync(join(folder, 'replyd.yaml'), 'utf8')
    const { out } = await init(null, '\n\n', { address, folder })
    expect(out).not.toMatch(/Password/)
    const after = readFileSync(join(folder, 'replyd.yaml'), 'utf8')
    expect(after).toBe(before.replace('# authservIds: [mx.example.com]', 'authservIds: ["mx.replyd.test"]'))
  })
})
