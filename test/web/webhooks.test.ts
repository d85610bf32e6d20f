import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { nameOfEvent, retryDelay, signatureOf } from '../../src/web/webhooks.ts'

test.each([
  ['held', 'decide', 'reply.held'],
  ['uncertain', 'deliver', 'reply.held'],
  ['sent', 'deliver', 'reply.sent'],
  ['sent', 'review', null],
  ['sent-by-owner', 'done', 'reply.sent'],
  ['filed', 'file', 'mail.junked'],
  ['marked', 'file', 'mail.junked'],
  ['declined', 'triage', null],
  ['restored', 'done', null],
] as const)('%s at %s is %s', (disposition, step, name) =>
  expect(nameOfEvent({ disposition, step })).toBe(name),
)

describe('the signature', () => {
  test('is that of Standard Webhooks, with a secret in base64', () => {
    const key = Buffer.from('a secret of ours, 24 byt')
    const expected = createHmac('sha256', key).update('event-1.1700000000.{}').digest('base64')
    expect(signatureOf(`whsec_${key.toString('base64')}`, 'event-1', 1_700_000_000, '{}')).toBe(
      `v1,${expected}`,
    )
  })

  test('changes with the body', () => {
    expect(signatureOf('plain secret', 'e', 1, '{}')).not.toBe(signatureOf('plain secret', 'e', 1, '{ }'))
  })
})

test.each([
  [1, 2_000],
  [5, 32_000],
  [12, 3_600_000],
  [2_000, 3_600_000],
])('after %d failures it waits %d ms', (attempts, ms) => expect(retryDelay(attempts)).toBe(ms))
