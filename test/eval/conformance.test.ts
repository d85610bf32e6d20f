import { describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { parseCases, runCases } from '../../src/eval/conformance.ts'

const now = new Date('2026-03-10T09:00:00Z')
const account = { address: 'mara@harbor.example', aliases: ['office@harbor.example'] }

const octets = Buffer.from(
  [
    'Authentication-Results: mx.harbor.example; dmarc=fail header.from=quarry.example',
    'List-Id: <yard.harbor.example>',
    'From: jonas@quarry.example',
    'To: office@harbor.example',
    'Subject: Gravel',
    'Message-ID: <g1@quarry.example>',
    'References: <s1@harbor.example> <s2@harbor.example>',
    '',
    'How much?',
  ].join('\r\n'),
)
const plain = Buffer.from(
  'From: jonas@quarry.example\r\nTo: office@harbor.example\r\nMessage-ID: <g1@quarry.example>\r\nIn-Reply-To: <s1@harbor.example>\r\n\r\nHow much?\r\n',
)

const read = (file: string): Buffer => {
  if (file === 'list.eml') return octets
  if (file === 'plain.eml') return plain
  throw new Error(`no such file: ${file}`)
}

async function run(...lines: object[]) {
  return runCases(parseCases(lines.map((line) => JSON.stringify(line)).join('\n')), read, now)
}

describe('guard cases', () => {
  const one = { file: 'plain.eml', account, expect: { decision: 'draft', reason: 'x' } }
  const reason = async (more: object) => (await run({ ...one, ...more })).results[0]?.got
  test('the default context is a message that has just arrived in the inbox', async () => {
    expect(await reason({})).toEqual({ decision: 'may', reason: 'ok' })
  })
  test.each([
    [{ special_use: '\\Sent' }, 'never own-message'],
    [{ flags: ['\\Answered'] }, 'never already-handled'],
    [{ age_hours: 73 }, 'draft stale'],
    [{ age_hours: 71 }, 'may ok'],
    [{ sent_message_ids: ['<g1@quarry.example>'] }, 'never own-message'],
    [{ answered_message_ids: ['<g1@quarry.example>'] }, 'never already-handled'],
    [{ auto_sent: Array(3).fill({ to: 'jonas@quarry.example', hours_ago: 2 }) }, 'draft sender-throttled'],
    [
      { auto_sent: [{ to: 'x@y.example', hours_ago: 0.01, message_id: '<s1@harbor.example>' }] },
      'draft fast-answer',
    ],
    [
      { auto_sent: [{ to: 'jonas@quarry.example', hours_ago: 2, hash: 'h' }], candidate_hash: 'h' },
      'draft same-reply',
    ],
    [
      { auto_sent: [{ to: 'jonas@quarry.example', hours_ago: 2, hash: null }], candidate_hash: null },
      'may ok',
    ],
    [{ thread_participants: ['x@y.example'] }, 'draft thread-stranger'],
    [{ thread_participants: null, special_use: null }, 'may ok'],
  ])('context %j gives %s', async (context, expected) => {
    const [decision, code] = expected.split(' ')
    expect(await reason({ context })).toEqual({ decision, reason: code })
  })
  test('trusted servers and own lists come from the account', async () => {
    const list = { file: 'list.eml' }
    expect(await reason(list)).toEqual({ decision: 'never', reason: 'list-mail' })
    const own = { ...account, own_lists: ['yard.harbor.example'] }
    expect(await reason({ ...list, account: own })).toEqual({ decision: 'draft', reason: 'own-list' })
    const trusting = { ...own, authserv_ids: ['mx.harbor.example'] }
    expect(await reason({ ...list, account: trusting })).toEqual({ decision: 'draft', reason: 'dmarc-fail' })
  })
  test.each([
    [{ decision: 'may', reason: 'ok' }, [], true],
    [{ decision: 'may', reason: 'fine' }, [], false],
    [{ decision: 'may', reason: 'fine' }, ['ok'], true],
    [{ decision: 'draft', reason: 'ok' }, [], false],
  ])('expect %j also %j: passed is %s', async (expected, also, passed) => {
    const score = await run({ ...one, expect: expected, also })
    expect(score).toMatchObject({
      passed: passed ? 1 : 0,
      total: 1,
      results: [{ file: 'plain.eml', passed, expected }],
    })
  })
})

describe('reply cases', () => {
  const right = {
    to: ['jonas@quarry.example'],
    from: 'office@harbor.example',
    subject: 'Re: (no subject)',
    in_reply_to: '<g1@quarry.example>',
    references: ['<s1@harbor.example>', '<g1@quarry.example>'],
    auto_submitted: 'auto-replied',
  }
  const reply = { file: 'plain.eml', account, mode: 'send', expect: right }
  test('all fields are read from the octets', async () => {
    expect((await run(reply)).results).toEqual([
      { file: 'plain.eml', passed: true, expected: right, got: right },
    ])
  })
  test.each([
    ['to', []],
    ['from', 'mara@harbor.example'],
    ['subject', 'Re: Gravel'],
    ['in_reply_to', null],
    ['references', ['<g1@quarry.example>']],
    ['auto_submitted', null],
  ])('a different %s does not pass', async (key, value) => {
    expect((await run({ ...reply, expect: { ...right, [key]: value } })).passed).toBe(0)
  })
  test('a draft has no Auto-Submitted', async () => {
    const score = await run({ ...reply, mode: 'draft', expect: { ...right, auto_submitted: null } })
    expect(score.passed).toBe(1)
  })
})

test('a file that cannot be read fails its case and stops nothing', async () => {
  const lost = { file: 'lost.eml', account, expect: { decision: 'may', reason: 'ok' } }
  const score = await run(lost, { ...lost, file: 'plain.eml' })
  expect(score).toMatchObject({ passed: 1, total: 2 })
  expect(score.results[0]?.got).toEqual({ error: 'no such file: lost.eml' })
})

test('all lines that are no case are named', () => {
  const good = JSON.stringify({ file: 'a.eml', account, expect: { decision: 'may', reason: 'ok' } })
  const bad = JSON.stringify({ file: 'a.eml', account, mode: 'shout', expect: {} })
  expect(parseCases(`${good}\r\n\n${good}\n`)).toHaveLength(2)
  expect(() => parseCases(`${good}\nrubbish\n${bad}\n17`)).toThrow(ConfigError)
  expect(() => parseCases(`${good}\nrubbish\n${bad}\n17`)).toThrow(/line 2: [\s\S]*line 3: [\s\S]*line 4: /)
})
