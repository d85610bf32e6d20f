import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { runProgram } from '../../src/cli/program.ts'
import { run } from './run.ts'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const conformance = join(fixtures, 'conformance')
const directory = mkdtempSync(join(tmpdir(), 'replyd-explain-'))
afterAll(() => rmSync(directory, { recursive: true }))

const linesOf = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe('explain', () => {
  test('prints one JSON object per file, in the order of the arguments', async () => {
    const files = ['plain-question.eml', 'list-id.eml'].map((name) => join(conformance, name))
    const { status, out } = await run(['explain', '--json', ...files])
    const [question, list, ...rest] = linesOf(out)
    expect(question).toMatchObject({
      file: files[0],
      decision: 'may',
      reason: 'ok',
      text: expect.stringContaining('could the pallets go out on Thursday morning'),
      reply: {
        from: 'mara.lindqvist@harbor.example',
        to: ['jonas.ek@quarry.example'],
        subject: 'Re: Delivery slot on Thursday?',
        inReplyTo: '<b7c1.2026@quarry.example>',
        references: ['<b7c1.2026@quarry.example>'],
        autoSubmitted: 'auto-replied',
      },
    })
    expect(list).toMatchObject({ file: files[1], decision: 'never', reason: 'list-mail' })
    expect({ status, rest }).toEqual({ status: 0, rest: [] })
  })

  test('takes address and aliases into account', async () => {
    const file = join(conformance, 'plain-question.eml')
    const decide = async (...options: string[]) =>
      linesOf((await run(['explain', '--json', file, ...options])).out)[0]
    expect(await decide('--address', 'someone@else.example')).toMatchObject({ reason: 'not-addressed' })
    const alias = await decide(
      '-a',
      'Someone@Else.example',
      '--alias',
      'x@y.example',
      '--alias',
      'mara.lindqvist@harbor.example',
    )
    expect(alias).toMatchObject({ decision: 'may', reply: { from: 'mara.lindqvist@harbor.example' } })
  })

  test('walks folders, and takes the names of a Maildir', async () => {
    const maildir = join(directory, 'maildir')
    mkdirSync(join(maildir, 'cur'), { recursive: true })
    for (const name of ['1700000000.M1P2.host:2,S', '1700000001.M1P2.host', 'b.EML']) {
      cpSync(join(conformance, 'plain-question.eml'), join(maildir, 'cur', name))
    }
    writeFileSync(join(maildir, 'dovecot.index'), 'x')
    const { status, out } = await run(['explain', '--json', maildir])
    expect(linesOf(out).map(({ file }) => file.slice(maildir.length))).toEqual([
      '/cur/1700000000.M1P2.host:2,S',
      '/cur/1700000001.M1P2.host',
      '/cur/b.EML',
    ])
    expect(status).toBe(0)
  })

  test('continues after a missing file, and ends with status 1', async () => {
    const missing = join(directory, 'missing.eml')
    const { status, out, err } = await run(['explain', '--json', missing, join(conformance, 'list-id.eml')])
    expect(linesOf(out)).toHaveLength(1)
    expect(status).toBe(1)
    expect(JSON.parse(err)).toEqual({ error: 'failed', message: `${missing}: there is no such file` })
  })

  test('shows a mail to people without its control characters', async () => {
    const file = join(directory, 'escape.eml')
    writeFileSync(
      file,
      'From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?=1B]0;owned=07?=\r\n\r\n\u001b[2Jcleared \u202e txt\u0007\r\nsecond line\r\n',
    )
    const { out } = await run(['explain', file])
    expect(out).toMatch(/decision\s+May be answered\n\s+because\s+No rule prevents answering it\.\n/)
    expect(out).toMatch(/\| second line/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  test('does not show a header of a reply for a mail that is never answered', async () => {
    const { out } = await run(['explain', join(conformance, 'list-id.eml')])
    expect(out).toMatch(/decision\s+Is never answered\n/)
    expect(out).not.toMatch(/^ {2}(?:a reply|from|subject|in-reply-to) /m)
    expect(out).toContain('\n  The new text of the mail:\n  | ')
  })

  test('refuses a file that is not a mail', async () => {
    const file = join(directory, 'replyd.yaml')
    writeFileSync(file, 'accounts:\n  - address: me@example.com\n')
    const { status, out, err } = await run(['explain', file])
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toBe(`replyd: ${file}: not a mail: it has no header (From, To, Date, …)\n`)
  })

  test('ends quietly when its reader goes away', async () => {
    const stdout = new PassThrough({ highWaterMark: 1 })
    const stderr = new PassThrough()
    stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
    const terminal = { environment: {}, stdin: Readable.from([]), stdout, stderr }
    const status = await runProgram(['explain', '--json', conformance], terminal)
    expect({ status, err: stderr.read() }).toEqual({ status: 0, err: null })
  })

  test('never fails, whatever the octets are', async () => {
    const file = join(directory, 'any')
    const header = fc.constantFrom(
      'From: ',
      'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x',
      'Subject: =?',
      '\r\n\r\n',
      '',
    )
    const octets = fc.tuple(
      header,
      fc.uint8Array({ maxLength: 300 }),
      header,
      fc.uint8Array({ maxLength: 300 }),
    )
    await fc.assert(
      fc.asyncProperty(octets, async ([a, b, c, d]) => {
        const mail = Buffer.from('Date: today\r\n')
        writeFileSync(file, Buffer.concat([mail, Buffer.from(a), b, Buffer.from(c), d]))
        const { status, out, err } = await run(['explain', '--json', file])
        expect({ status, err }).toEqual({ status: 0, err: '' })
        expect(linesOf(out)).toHaveLength(1)
        expect((await run(['explain', file])).status).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})

describe('explain --cases', () => {
  test.each([
    ['cases.jsonl', '96/96 cases passed\n'],
    ['replies.jsonl', '25/25 cases passed\n'],
  ])('%s', async (name, out) => {
    expect(await run(['explain', '--cases', join(conformance, name)])).toEqual({ status: 0, out, err: '' })
  })

  test('prints each case that differs, and ends with status 1', async () => {
    const cases = [
      { file: 'list-id.eml', account: { address: 'a@b.example' }, expect: { decision: 'may', reason: 'ok' } },
      {
        file: 'list-id.eml',
        account: { address: 'a@b.example' },
        expect: { decision: 'never', reason: 'list-mail' },
      },
      { file: 'gone.eml', account: { address: 'a@b.example' }, expect: { decision: 'may', reason: 'ok' } },
    ]
    const file = join(directory, 'cases.jsonl')
    cpSync(join(conformance, 'list-id.eml'), join(directory, 'list-id.eml'))
    writeFileSync(file, cases.map((each) => JSON.stringify(each)).join('\n'))
    const people = await run(['explain', '--cases', file])
    expect(people.status).toBe(1)
    expect(people.out.split('\n')).toEqual([
      'list-id.eml: expected {"decision":"may","reason":"ok"}, got {"decision":"never","reason":"list-mail"}',
      expect.stringMatching(/^gone\.eml: expected .* got \{"error":/),
      '1/3 cases passed',
      '',
    ])
    const scripts = await run(['explain', '--json', '--cases', file])
    expect(linesOf(scripts.out)).toEqual([
      expect.objectContaining({ file: 'list-id.eml', passed: false }),
      expect.objectContaining({ file: 'gone.eml', passed: false }),
      { passed: 1, total: 3 },
    ])
  })
})
