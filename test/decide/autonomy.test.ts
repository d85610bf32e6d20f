import { expect, test } from '@jest/globals'
import { type AutonomyOutcome, autonomyOf } from '../../src/decide/autonomy.ts'
import { isSpamUpstream } from '../../src/triage/step.ts'

const day = (at: number) => new Date(Date.UTC(2026, 10, 1 + at))
const outcome = (kind: AutonomyOutcome['kind'], edit = 0, automatic = false) => ({ kind, edit, automatic })
const passed = (count: number) => Array.from({ length: count }, () => outcome('approved'))
const sequence = (outcomes: Omit<AutonomyOutcome, 'at' | 'id'>[]) =>
  outcomes.map((each, at) => ({ ...each, id: `m${at}`, at: day(at) }))

test.each([
  ['nothing yet', [], null, { streak: 0, offered: false, granted: false, takenBack: null }],
  ['one too few', passed(2), null, { streak: 2, offered: false }],
  ['enough', passed(3), null, { streak: 3, offered: true, granted: false }],
  [
    'a small edit is no correction',
    [...passed(2), outcome('approved', 0.1)],
    null,
    { streak: 3, offered: true },
  ],
  ['a larger one is', [...passed(3), outcome('approved', 0.11)], null, { streak: 0, offered: false }],
  ['a rejection resets the count', [...passed(3), outcome('rejected'), ...passed(1)], null, { streak: 1 }],
  [
    'what went out by itself earns nothing',
    [...passed(2), outcome('approved', 0, true)],
    null,
    { streak: 2 },
  ],
  ['granted', passed(3), day(5), { granted: true, offered: false, takenBack: null }],
  [
    'automatic replies keep the grant',
    [...passed(3), outcome('approved', 0, true)],
    day(2),
    { granted: true },
  ],
  [
    'a cancel takes it',
    [...passed(3), outcome('cancelled')],
    day(2),
    { granted: false, takenBack: { reason: 'cancelled', at: day(3), id: 'm3' } },
  ],
  [
    'an edit takes it',
    [...passed(3), outcome('approved', 0.2)],
    day(2),
    { granted: false, takenBack: { reason: 'edited' } },
  ],
  [
    'an edit takes it at once, before it has gone out',
    [...passed(3), outcome('edited', 0.2)],
    day(2),
    { granted: false, streak: 0, takenBack: { reason: 'edited' } },
  ],
  [
    'a small edit that has not gone out earns nothing yet',
    [...passed(2), outcome('edited', 0.05)],
    null,
    { streak: 2 },
  ],
  [
    'a negative answer takes it',
    [...passed(3), outcome('negative-answer', 0, true)],
    day(2),
    { granted: false, takenBack: { reason: 'negative-answer' } },
  ],
  ['what was before the grant does not', [outcome('cancelled'), ...passed(3)], day(4), { granted: true }],
  [
    'taken back, it is offered again when it is earned again',
    [...passed(3), outcome('cancelled'), ...passed(3)],
    day(2),
    { granted: false, offered: true, streak: 3 },
  ],
] as const)('%s', (_name, outcomes, grantedAt, expected) => {
  expect(autonomyOf(sequence([...outcomes]), grantedAt, 3)).toMatchObject(expected)
})

const own = { name: 'authentication-results', value: 'mx.shop.example; dmarc=pass header.from=x.example' }
const spam = { name: 'x-spamd-result', value: 'default: True [15.00 / 15.00]; BAYES_SPAM(5.10)' }
const received = { name: 'received', value: 'from x by y' }

test.each([
  ['its own server says so', [spam, own, received], true],
  ['it says no', [{ ...spam, value: 'default: False [1.00 / 15.00]' }, own, received], false],
  ['it stands below Received', [own, received, spam], false],
  ['nobody of ours has signed', [spam, received], false],
  ['another server has', [spam, { ...own, value: 'evil.example; dmarc=pass' }, received], false],
  ['no server has received it', [spam, own], false],
] as const)('spam upstream: %s', (_name, fields, expected) => {
  expect(isSpamUpstream({ fields: [...fields] }, ['mx.shop.example'])).toBe(expected)
})
