import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { accountLabel } from '../../src/base/log.ts'

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
    nested: { text: 'Dear Ann' },
    messageId: '01abc',
  })
  expect(line).toMatchObject({
    event: 'imap.watch.lost',
    subject: '[redacted]',
    nested: { text: '[redacted]' },
    messageId: '01abc',
  })
  expect(JSON.stringify(line)).not.toMatch(/replyd\.test|example\.org|Private|Ann/)
})

test('an account has the same label everywhere, and another than its neighbour', () => {
  expect(accountLabel('me@replyd.test')).toMatch(/^[0-9a-f]{8}$/)
  expect(accountLabel('me@replyd.test')).toBe(accountLabel('me@replyd.test'))
  expect(accountLabel('me@replyd.test')).not.toBe(accountLabel('you@replyd.test'))
})
