import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { showCheck } from '../../src/cli/doctor.ts'
import { reportFailure } from '../../src/cli/failure.ts'
import { type Listed, listText } from '../../src/cli/review.ts'
import { columnsOf, type Terminal, tableColumnsOf, waiting, writeLine } from '../../src/cli/terminal.ts'

const terminalOf = (isTTY: boolean, columns = 40, environment: Record<string, string> = {}) => {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns })
  return { stdout, terminal: { environment, stdout } as unknown as Terminal }
}

describe('while something is awaited', () => {
  test('a terminal shows what is awaited, cut to its width and made harmless, and removes it afterwards', async () => {
    const { stdout, terminal } = terminalOf(true, 24)
    let answer = (_: string): void => undefined
    const asked = waiting(
      new Promise<string>((resolve) => (answer = resolve)),
      'asking \x1b[2Ja.example:993 for long',
      terminal,
    )
    const [shown] = await once(stdout, 'data')
    expect(shown).toBe('\r… asking \ufffd[2Ja.example…')
    answer('done')
    expect(await asked).toBe('done')
    expect(stdout.read()).toBe('\r\x1b[K')
  })

  test.each([
    ['a pipe', terminalOf(false)],
    ['a dumb terminal', terminalOf(true, 40, { TERM: 'dumb' })],
  ])('%s shows nothing', async (_, { stdout, terminal }) => {
    await expect(waiting(Promise.reject(new Error('refused')), 'asking', terminal)).rejects.toThrow('refused')
    expect(stdout.read()).toBeNull()
  })
})

test('a line of JSON cannot control a terminal, and means the same to a program', async () => {
  const { stdout } = terminalOf(true)
  const value = {
    subject: 'a\u009b31mb\u007f\u0085\u202egnp.exe\u2066\u200f\u061c',
    text: 'Grüße, 東京, \u{1f680}',
  }
  await writeLine(stdout, JSON.stringify(value))
  const shown = String(stdout.read())
  expect(shown).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u)
  expect(shown).toContain('Grüße, 東京, \u{1f680}')
  expect(JSON.parse(shown)).toEqual(value)
})

test('neither can a failure that is written as JSON', () => {
  const { stdout } = terminalOf(true)
  reportFailure(
    new Error('no file e\u009b31m.eml'),
    { environment: {}, stderr: stdout } as unknown as Terminal,
    'x',
    true,
  )
  const shown = String(stdout.read())
  expect(shown).not.toMatch(/(?!\n)\p{Cc}/u)
  expect(JSON.parse(shown)).toMatchObject({ message: 'no file e\u009b31m.eml' })
})

test('a file that may not be opened is named once, with what to do', () => {
  const { stdout } = terminalOf(false)
  const error = Object.assign(new Error("EACCES: permission denied, open '/etc/replyd/.env'"), {
    code: 'EACCES',
    path: '/etc/replyd/.env',
  })
  reportFailure(error, { environment: {}, stderr: stdout } as unknown as Terminal)
  expect(String(stdout.read())).toBe(
    'replyd: /etc/replyd/.env: this user may not open it. Run the command as its owner (ls -l shows who that is)\n',
  )
})

test('a table that a program reads is never cut, nor are its ids', () => {
  const columns = tableColumnsOf({ isTTY: false, columns: 40 } as unknown as Terminal['stdout'])
  const row = {
    id: '01m8m168aaaaaaaaaaaaaaaaaa',
    from: 'anna@a-long-name-of-a-shop.example',
    subject: 'Saturday hours, and whether there is a place to park',
    disposition: 'drafted',
    reason: 'mode-draft',
  } as Listed
  const shown = listText([row], columns)
  for (const cell of [row.id, row.from, row.subject]) expect(shown).toContain(cell)
})

test.each([
  [{ isTTY: true, columns: 120 }, 120],
  [{ isTTY: true, columns: 3 }, 20],
  [{ isTTY: true }, 80],
  [{ isTTY: false, columns: 120 }, 80],
])('%j has %i columns', (stdout, columns) => expect(columnsOf(stdout as Terminal['stdout'])).toBe(columns))

describe('a check', () => {
  const check = {
    name: 'imap',
    account: 'me@a.example',
    status: 'failed',
    detail: 'nothing listens on mail.a.example:993',
    advice: 'Check imap.host and imap.port, and that it is running.',
  } as const

  test('fits the terminal', async () => {
    const { stdout, terminal } = terminalOf(true, 60, { NO_COLOR: '1' })
    await showCheck(check, terminal)
    expect(stdout.read()).toBe(
      `✗ imap            me@a.example: nothing listens on
                  mail.a.example:993
                  → Check imap.host and imap.port, and
                    that it is running.
`,
    )
  })

  test('is one line in a pipe, and what to do another', async () => {
    const { stdout, terminal } = terminalOf(false)
    await showCheck(check, terminal)
    expect(stdout.read().split('\n')).toHaveLength(3)
  })
})
