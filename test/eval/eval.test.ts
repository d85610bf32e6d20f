/** The harness itself: a scripted model, few mails, and every figure computed by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import type { EvalReport } from '../../src/eval/eval.ts'
import { run } from '../cli/run.ts'

let directory: string
let standIn: StandIn

/** The model's verdict on each mail, by subject. */
const said: Record<string, { spam?: [boolean, number]; sentiment?: string; reply?: boolean }> = {
  one: { spam: [true, 0.95] },
  two: { spam: [true, 0.95] },
  three: { spam: [false, 0.65], reply: true },
  four: { spam: [true, 0.75] },
  five: { spam: [false, 0.95], sentiment: 'negative', reply: true },
  six: { spam: [false, 0.95], sentiment: 'positive' },
  seven: { spam: [false, 0.95], sentiment: 'neutral', reply: true },
}

const labels = [
  ['one', { spam: true, reply: false }],
  ['two', { spam: true, reply: false }],
  ['three', { spam: true, reply: false }],
  ['four', { spam: false, reply: 'allowed' }],
  ['five', { spam: false, reply: true, sentiment: 'negative' }],
  ['six', { reply: true, sentiment: 'positive' }],
  ['seven', { reply: true, sentiment: 'positive' }],
  ['robot', { spam: false, reply: false }],
] as const

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replyd-eval-'))
  standIn = await startStandIn({
    behaviour: ({ question }) => {
      const answer = said[question.facts.get('subject') ?? '']
      if (!answer) return undefined
      const [is, confidence] = answer.spam ?? [false, 1]
      return {
        content: JSON.stringify({
          spam: { is, kind: is ? 'scam' : 'none', confidence },
          sentiment: { label: answer.sentiment ?? 'neutral', intensity: 0.5 },
          language: 'en',
          category: 'other',
          urgency: 0,
          needs_reply: answer.reply ?? false,
          manipulation: false,
          summary: 'A mail.',
          confidence: 0.9,
        }),
      }
    },
  })
  mkdirSync(join(directory, 'mail'))
  for (const [name] of labels) {
    const mark = name === 'robot' ? 'X-Autoreply: yes\r\n' : ''
    writeFileSync(
      join(directory, 'mail', `${name}.eml`),
      `From: Ann <ann@example.org>\r\nTo: me@example.com\r\nSubject: ${name}\r\nMessage-ID: <${name}@example.org>\r\n${mark}\r\nText of ${name}.\r\n`,
    )
  }
  const lines = labels.map(([name, expect]) => JSON.stringify({ file: `mail/${name}.eml`, expect }))
  writeFileSync(join(directory, 'cases.jsonl'), `${lines.join('\n')}\n`)
  const server = 'host: 127.0.0.1, port: 1, secure: false, user: u, password: p'
  writeFileSync(
    join(directory, 'replyd.yaml'),
    `accounts: [{ address: me@example.com, imap: { ${server} }, smtp: { ${server} } }]
model: { name: gpt-4o-mini, baseUrl: "${standIn.baseUrl}", apiKey: k, price: { input: 0.15, cachedInput: 0.075, output: 0.6 } }
spam: { threshold: 0.9 }
`,
  )
})

afterAll(async () => {
  await standIn.close()
  rmSync(directory, { recursive: true, force: true })
})

const evaluate = (...more: string[]) =>
  run(['eval', join(directory, 'cases.jsonl'), '-c', join(directory, 'replyd.yaml'), ...more])

test('every figure is the one computed by hand', async () => {
  const before = standIn.counters()
  const { status, out, err } = await evaluate('--json')
  expect(err).toBe('')
  expect(status).toBe(0)
  const report = JSON.parse(out) as EvalReport
  expect(report).toMatchObject({ mails: 8, failed: 0, asked: 7, calls: 7, model: 'gpt-4o-mini' })
  // Labelled for spam: one to five and robot. Called: one, two (rightly), four (wrongly); three is missed.
  expect(report.spam).toMatchObject({
    truePositives: 2,
    falsePositives: 1,
    falseNegatives: 1,
    trueNegatives: 2,
  })
  expect(report.spam.precision?.value).toBeCloseTo(2 / 3, 12)
  expect(report.spam.recall?.value).toBeCloseTo(2 / 3, 12)
  // Four was not sure enough (0.75 under 0.9) to be filed.
  expect(report.filed).toMatchObject({
    truePositives: 2,
    falsePositives: 0,
    falseNegatives: 1,
    trueNegatives: 3,
  })
  // Five and six are right, seven is not.
  expect(report.sentiment).toMatchObject({ count: 2, of: 3 })
  // Labelled for replies: all but four. Would be answered: three (wrongly), five, seven; six is missed.
  expect(report.reply).toMatchObject({
    truePositives: 2,
    falsePositives: 1,
    falseNegatives: 1,
    trueNegatives: 3,
  })
  // Stated of spam, with a label: 0.95 right (one, two, five), 0.65 wrong (three), 0.75 wrong (four).
  // Bins: |3 - 2.85| + |0 - 0.65| + |0 - 0.75| = 1.55; of 5 answers: 0.31.
  expect(report.calibrationError).toBeCloseTo(0.31, 12)
  const { promptTokens, cachedTokens, completionTokens } = standIn.counters()
  const input = promptTokens - before.promptTokens
  const output = completionTokens - before.completionTokens
  const cached = cachedTokens - before.cachedTokens
  expect(report.perThousand?.inputTokens).toBeCloseTo(input * 125, 6)
  expect(report.perThousand?.outputTokens).toBeCloseTo(output * 125, 6)
  // 0.15, 0.075 and 0.60 dollars for a million tokens; 8 mails, so 125 times for a thousand.
  const dollars = ((input - cached) * 0.15 + cached * 0.075 + output * 0.6) / 1_000_000
  expect(report.dollars).toBeCloseTo(dollars, 12)
  expect(report.perThousand?.dollars).toBeCloseTo(dollars * 125, 10)
  expect(
    report.cases.filter(({ wrong }) => wrong.length > 0).map(({ file, wrong }) => [file, wrong]),
  ).toEqual([
    ['mail/three.eml', ['spam', 'reply']],
    ['mail/four.eml', ['spam']],
    ['mail/six.eml', ['reply']],
    ['mail/seven.eml', ['sentiment']],
  ])
  expect(report.cases.at(-1)).toMatchObject({ stage: 'guard', to: 'done' })
})

test('says what it will cost before it begins, and what to do after', async () => {
  const { out } = await evaluate()
  expect(out).toMatch(
    /^8 mails, of which 7 go to gpt-4o-mini: about \$0\.00\d+, at most \$0\.00\d+ \(ceiling \$1\.00\)\n/,
  )
  expect(out).toMatch(/spam: precision +0\.667 +0\.208 – 0\.939 +2 of 3 called spam are spam/)
  expect(out).toMatch(/\n→ .+\n$/)
})

test('a run that would exceed the limit is not started', async () => {
  const before = standIn.counters().requests
  const { status, err } = await evaluate('--max-dollars', '0.0001')
  expect(status).toBe(2)
  expect(err).toMatch(/would cost about \$0\.00\d+, and the limit is \$0\.0001: use fewer/)
  expect(standIn.counters().requests).toBe(before)
})

test('between the estimate and the worst case it stops before the call that could cross the ceiling', async () => {
  const { status, out } = await evaluate('--max-dollars', '0.0022', '--json')
  const report = JSON.parse(out) as EvalReport
  expect(status).toBe(1)
  expect(report.ceilingReached).toBe(true)
  expect(report.dollars).toBeLessThanOrEqual(0.0022)
  expect(report.mails).toBeLessThan(8)
})

test.each([
  ['no such file', ['eval', 'none.jsonl'], /none\.jsonl: there is no such file/],
  ['no file at all', ['eval'], /name a label file/],
  ['a limit of words', ['eval', 'x', '--limit', 'many'], /"many" is not a number of mails/],
  ['half a pair', ['eval', '--bayes', '--train', 'x'], /--train and --test must be given together/],
] as const)('%s: one line, exit status 2', async (_name, argv, line) => {
  const { status, err } = await run([...argv])
  expect(status).toBe(2)
  expect(err).toMatch(line)
  expect(err.trim().split('\n')).toHaveLength(1)
})

test('lines that are no labels are all named', async () => {
  writeFileSync(join(directory, 'bad.jsonl'), '{"file":"a.eml","expect":{"spam":"yes"}}\nnothing\n')
  const { status, err } = await run(['eval', '--bayes', join(directory, 'bad.jsonl')])
  expect(status).toBe(2)
  expect(err).toMatch(/line 1: [\s\S]*line 2: /)
})
