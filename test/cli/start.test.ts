import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { accountLabel } from '../../src/base/log.ts'
import { LogFile, logFileOf } from '../../src/cli/log-file.ts'
import { eventWords } from '../../src/cli/log-words.ts'
import { logLine, mailLine } from '../../src/cli/plain-lines.ts'
import { afterwards, tell } from '../../src/cli/start.ts'
import { accountOn } from '../live/imap-account.ts'

const src = fileURLToPath(new URL('../../src', import.meta.url))
const account = accountOn({ host: '127.0.0.1', imapPort: 143, password: 'secret' }, 'me@replyd.test')

test('at a terminal it prints what the README shows, and the outcome of each mail', async () => {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const pipeline = new EventEmitter()
  const daemon = {
    pipeline: pipeline as never,
    url: 'http://127.0.0.1:8025',
    watching: [Promise.resolve('me@replyd.test')],
  }
  tell(daemon, { accounts: [account] }, { stdout }, false)
  await new Promise(setImmediate)
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const shown = /^Review page: http[^`]*?stops it\./m.exec(readme)?.[0]
  expect(stdout.read()).toBe(`${shown?.replace('you@example.com', 'me@replyd.test')}\n\n`)
  pipeline.emit('settled', { ...mail, disposition: 'drafted', reason: 'mode-draft' })
  expect(stdout.read()).toMatch(/^\d\d:\d\d Ann Berg, "Opening hours" → reply saved in Drafts\n$/)
})

const mail = {
  account: 'me@replyd.test',
  fromName: 'Ann Berg',
  fromAddress: 'ann@a.example',
  subject: 'Opening hours',
}
const at = new Date(2026, 10, 28, 15, 2)

describe('the line of a mail', () => {
  test.each([
    [{}, false, '15:02 Ann Berg, "Opening hours" → left alone: It is spam'],
    [{}, true, '15:02 Ann Berg, "Opening hours" (me@replyd.test) → left alone'],
    [{ fromName: null }, false, '15:02 ann@a.example, "Opening hours" → left alone'],
    [
      { fromName: '\x1b]0;x\x07Ann\r\n15:03 Bank', subject: '\u202etxt.\x9b2J' },
      false,
      '15:02 \ufffd]0;x\ufffdAnn 15:03 Bank, "txt.\ufffd2J" → left alone',
    ],
    [{ subject: 'long '.repeat(30) }, false, `15:02 Ann Berg, "${'long '.repeat(9)}long…" → left alone`],
  ] as const)('%j (%#)', (fields, several, line) => {
    const settled = { ...mail, ...fields, disposition: 'declined', reason: 'spam-flagged' } as const
    const shown = mailLine(settled, at, 80, several)
    expect(shown.replace(/: .* server .*$/, '')).toContain(line.replace(/: It is spam$/, ''))
    expect(shown).not.toMatch(/\n/)
  })
})

test('a mail that has to wait is named once for each reason, and again when it is settled', () => {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const pipeline = new EventEmitter()
  const daemon = { pipeline: pipeline as never, url: null, watching: [] }
  tell(daemon, { accounts: [account] }, { stdout }, true)
  const row = { ...mail, id: '1' }
  for (const why of ['no answer', 'no answer', 'refused\x1b[2J']) pipeline.emit('postponed', row, at, why)
  pipeline.emit('settled', { ...row, disposition: 'drafted', reason: 'mode-draft' })
  const lines = String(stdout.read()).replace(/^\d\d:\d\d /gm, '')
  const who = 'Ann Berg, "Opening hours" →'
  expect(lines).toBe(
    `${who} waits until 15:02: no answer\n${who} waits until 15:02: refused\ufffd[2J\n${who} reply saved in Drafts\n`,
  )
})

test('every event that the source logs has words, and no other event has', () => {
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!log-words)\.tsx?$/.test(name),
  )
  const text = sources.map((name) => readFileSync(join(src, name), 'utf8')).join('\n')
  const isQuiet = (at: number) => /debug\(\{\s*$/.test(text.slice(at - 20, at))
  const logged = [...text.matchAll(/event: '([a-z.-]+)'/g)].flatMap(({ 1: name = '', index }) =>
    isQuiet(index) || ['ready', 'looking', 'changed'].includes(name) ? [] : [name],
  )
  // Events about files of the knowledge get their names in another place than the one that logs them.
  const complained = [...text.matchAll(/'(knowledge\.[a-z-]+)'/g)].map(([, name = '']) => name)
  expect([...new Set([...logged, ...complained])].filter((name) => name !== 'reply.sent').sort()).toEqual(
    Object.keys(eventWords).sort(),
  )
})

describe('a line of the log', () => {
  const line = (fields: object) => JSON.stringify({ level: 40, time: at.getTime(), ...fields })
  test.each([
    [
      line({ event: 'watch.failed', reason: 'no answer' }),
      '15:02 ! new mail could not be read; replyd will retry soon: no answer',
    ],
    [
      line({ event: 'imap.watch.lost', waitMs: 2500 }),
      '15:02 ! the connection that waits for new mail was lost; next try in 2.5 s',
    ],
    [
      line({ event: 'knowledge.opened', files: 1, passages: 12 }),
      '15:02 ! the knowledge was read: 1 file, 12 passages',
    ],
    [
      line({ event: 'style.learned', languages: [] }),
      '15:02 ! your style was learned from sent mail; languages: none',
    ],
    [line({ event: 'new.thing', x: 1 }), '15:02 ! new thing'],
    [
      line({ event: 'account.paused', account: '<address>', actor: 'api root' }),
      '15:02 ! me@replyd.test: sending was paused by root via the API',
    ],
    [
      line({
        event: 'owner.action-needed',
        account: accountLabel('me@replyd.test'),
        reason: 'login refused',
      }),
      '15:02 ! me@replyd.test: login refused',
    ],
    [
      line({ event: 'mail.settled', id: '01m8', disposition: 'drafted', reason: 'mode-draft' }),
      '15:02 ! mail 01m8: reply saved in Drafts: You send replies of this kind yourself',
    ],
    [
      line({ event: 'mail.decided', id: '01m8', reason: 'rejected-by-person', actor: 'api root' }),
      '15:02 ! mail 01m8, by root via the API: A person rejected the reply',
    ],
    [line({ event: 'x', reason: '\x1b[2Ja' }), '15:02 ! x: \ufffd[2Ja'],
    [line({ level: 30, event: 'x' }), null],
    ['not JSON', null],
  ])('%s', (text, shown) => expect(logLine(text, ['me@replyd.test'])).toBe(shown))
})

test('the log file is private, and never larger than twice its limit', () => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-log-'))
  {
    using file = new LogFile(directory, 20)
    for (const line of ['one\n', 'two '.repeat(5), 'three\n']) file.write(line)
  }
  expect(readFileSync(logFileOf(directory), 'utf8')).toBe('three\n')
  expect(readFileSync(`${logFileOf(directory)}.1`, 'utf8')).toMatch(/^one\ntwo/)
  expect(statSync(logFileOf(directory)).mode & 0o777).toBe(0o600)
  rmSync(directory, { recursive: true })
})

test('a last line after the end of the log still reaches its file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-log-'))
  const file = new LogFile(directory)
  file.write('Stopping\n')
  file[Symbol.dispose]()
  file.write('a login was refused\n')
  expect(readFileSync(logFileOf(directory), 'utf8')).toBe('Stopping\na login was refused\n')
  rmSync(directory, { recursive: true })
})

test('shutdown has a time limit, counted from the signal', async () => {
  const stop = new AbortController()
  const cut = new Promise<boolean>((resolve) =>
    afterwards(stop.signal, 1, () => resolve(stop.signal.aborted)),
  )
  // The timer of `cut` does not keep the process alive; this one does.
  const alive = setInterval(() => undefined, 1000)
  setImmediate(() => stop.abort())
  expect(await cut).toBe(true)
  clearInterval(alive)
})

test('a page that asks for a password says so where its address is printed', async () => {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const daemon = { pipeline: new EventEmitter() as never, url: 'http://127.0.0.1:8025', watching: [] }
  tell(daemon, { accounts: [account], web: { passwordHash: 'a hash' } }, { stdout }, false)
  expect(stdout.read()).toMatch(/^Review page: http:\/\/127\.0\.0\.1:8025 \(asks for the password/)
})
