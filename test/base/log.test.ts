import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { accountLabel, logTo } from '../../src/base/log.ts'

const log = fileURLToPath(new URL('../../src/base/log.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.mjs', import.meta.url))

/** What a process writes to stderr when it logs these fields. */
function written(fields: Record<string, unknown>): Record<string, unknown> {
  const program = `import { openLog } from ${JSON.stringify(log)}\nopenLog('info', false).info(${JSON.stringify(fields)})`
  const args = ['--import', loader, '--input-type=module', '-e', program]
  return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr)
}

test('a log line names its event and nobody', () => {
  const line = written({
    event: 'imap.watch.lost',
    reason: 'IMAP connection to me@replyd.test@imap.example.com failed: no <ann@example.org> here',
    subject: 'Private',
    nested: { text: 'Dear Ann', deeper: [{ password: 'hunter2' }] },
    messageId: '01abc',
  })
  expect(line).toMatchObject({
    event: 'imap.watch.lost',
    subject: '[redacted]',
    nested: { text: '[redacted]', deeper: [{ password: '[redacted]' }] },
    messageId: '01abc',
  })
  expect(JSON.stringify(line)).not.toMatch(/replyd\.test|example\.org|Private|Ann/)
})

test('nothing in a line controls a terminal or reverses its text, however deeply nested', () => {
  const evil = 'a\u009b31mb\u202ec\u2066d\u200ee\u2028f'
  const line = written({
    event: 'x',
    reason: evil,
    list: [evil],
    nested: { reason: evil, deeper: [{ said: evil }] },
  })
  expect(JSON.stringify(line)).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069\u200e\u2028]/)
  const plain = 'a\ufffd31mb\ufffdc\ufffdd\ufffde\ufffdf'
  expect(line).toMatchObject({
    reason: plain,
    list: [plain],
    nested: { reason: plain, deeper: [{ said: plain }] },
  })
})

test('an address is removed, however deeply nested', () => {
  expect(
    JSON.stringify(
      written({
        event: 'x',
        list: ['no ann@example.org'],
        nested: { reason: 'ann@example.org', a: { b: { c: { d: { e: ['ann@example.org'] } } } } },
      }),
    ),
  ).not.toContain('ann@')
})

test('a moment is written as such, and a field without a value not at all', () => {
  let line = ''
  const at = new Date(0)
  logTo('info', (written) => {
    line = written
  }).info({ event: 'x', at, nested: { at }, subject: undefined })
  expect(JSON.parse(line)).toEqual(
    expect.objectContaining({ at: at.toISOString(), nested: { at: at.toISOString() } }),
  )
  expect(line).not.toContain('subject')
})

test('an account has the same label everywhere, different from that of its neighbour', () => {
  expect(accountLabel('me@replyd.test')).toMatch(/^[0-9a-f]{8}$/)
  expect(accountLabel('me@replyd.test')).toBe(accountLabel('me@replyd.test'))
  expect(accountLabel('me@replyd.test')).not.toBe(accountLabel('you@replyd.test'))
})
