import { expect, test } from '@jest/globals'
import { type DigestFacts, digestText } from '../../src/daemon/digest.ts'

const facts: DigestFacts = {
  account: 'me@shop.example',
  day: '2026-11-24',
  dispositions: new Map([
    ['sent', 3],
    ['filed', 1],
  ]),
  waiting: [{ from: 'Kim', subject: 'Where is it?', reason: 'unsupported-claim', draft: false }],
  cost: 0.01234,
  notices: [],
}

test('it says what came, what was answered, what waits and what it cost', () => {
  const { subject, text } = digestText(facts) ?? { subject: '', text: '' }
  expect(subject).toBe('replyd 2026-11-24: 4 new, 1 waiting')
  expect(text).toMatch(/4 {2}mails arrived\n +3 {2}reply sent\n +1 {2}moved to Junk\n/)
  expect(text).toContain(
    'Waiting for you (1):\n  - Kim: Where is it?\n    The reply states something that none of your sources contains.\n',
  )
  expect(text).toContain('The model cost 0.0123 US dollars.')
})

test('a quiet day has no digest unless something waits', () => {
  const quiet = { ...facts, dispositions: new Map(), waiting: [] }
  expect(digestText(quiet)).toBeNull()
  expect(digestText({ ...quiet, waiting: facts.waiting })?.subject).toBe(
    'replyd 2026-11-24: 0 new, 1 waiting',
  )
})

test("strangers' words stay on their line", () => {
  const [waiting] = facts.waiting
  const hostile = {
    draft: true,
    reason: '',
    ...waiting,
    from: 'Kim\r\nBcc: x',
    subject: `a\n${'b'.repeat(500)}`,
  }
  const text = digestText({ ...facts, waiting: Array(25).fill({ ...hostile, draft: true }) })?.text ?? ''
  expect(text).not.toMatch(/^Bcc/m)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(180)
  expect(text).toContain('  and 5 more\n')
})

test('a model that does not answer is reported even on a quiet day', () => {
  const notice = 'small has not answered since 2026-11-24 08:00 UTC: HTTP 500.\nSee docs.'
  const text = digestText({ ...facts, dispositions: new Map(), waiting: [], notices: [notice] })?.text
  expect(text).toMatch(/US dollars\.\nsmall has not answered since .*HTTP 500\. See docs\.\n$/)
})

test('nothing that the server of a model says becomes a link', () => {
  const notice =
    'small has not answered since 2026-11-24 08:00 UTC: refused (HTTP 400): pay at https://evil.example/x.'
  const text = digestText({ ...facts, notices: [notice] })?.text ?? ''
  expect(text).not.toMatch(/https:|evil\.example/)
  expect(text.replaceAll('\u2060', '')).toContain(notice)
})
