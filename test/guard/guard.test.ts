import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyGuard, freshContext, type GuardContext } from '../../src/guard/ceiling.ts'
import { draftRules } from '../../src/guard/draft.ts'
import { neverRules } from '../../src/guard/never.ts'
import type { Owner } from '../../src/mail/account.ts'
import type { Message } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { anyText, codes, letter, now, owner, verdict } from './letter.ts'

test('a message that two owners received is judged for each of them', () => {
  const message = letter()
  expect(verdict(message)).toBe('may ok')
  expect(verdict(message, {}, { address: 'jonas@quarry.example' })).toBe('never self-sent')
})

describe('the strictest rule decides', () => {
  test('codes are those of never, then those of draft, in the order of the tables', () => {
    const message = letter([
      'Auto-Submitted: auto-replied',
      'Return-Path: <>',
      'X-Auto-Response-Suppress: All',
      'To: x@quarry.example',
      'Precedence: bulk',
    ])
    expect(codes(message)).toEqual([
      'null-return-path',
      'auto-submitted',
      'precedence',
      'not-addressed',
      'auto-response-suppress',
    ])
    expect(verdict(message)).toBe('never null-return-path')
  })
  test('the tables are in the order of the standards', () => {
    expect(neverRules.map(([code]) => code)).toEqual(
      (
        'own-message already-handled self-sent dsn mdn arf report null-return-path list-mail system-sender auto-submitted ' +
        'auto-reply-header precedence bulk-mail loop-marker auto-reply-subject no-reply-address calendar reaction spam-flagged ' +
        'no-sender encrypted'
      ).split(' '),
    )
    expect(draftRules.map(([code]) => code)).toEqual(
      (
        'contact-form dmarc-fail unauthenticated thread-stranger reused-message-id multiple-from malformed-from multiple-reply-to reply-to-list ' +
        'reply-to-mismatch not-addressed cc-only many-recipients auto-response-suppress own-list list-unsubscribe bulk-hint ' +
        'loop-marker auto-reply-subject receipt no-reply-address calendar spam-suspected postmaster-sender robot-address no-text stale unreadable human-asked'
      ).split(' '),
    )
  })
})

describe('it fails closed', () => {
  const broken = { ...owner, address: undefined } as unknown as Owner
  test('what cannot be read is a draft at most', () => {
    expect(applyGuard(letter(), broken, freshContext(now))).toEqual({
      decision: 'draft',
      reason: 'guard-error',
      codes: ['guard-error'],
    })
  })
  test('one rule that throws does not silence the others', () => {
    const flags = null as unknown as string[]
    expect(
      applyGuard(letter(['Auto-Submitted: auto-replied']), owner, { ...freshContext(now), flags }),
    ).toEqual({
      decision: 'never',
      reason: 'auto-submitted',
      codes: ['auto-submitted', 'guard-error'],
    })
    expect(verdict(letter(), { flags })).toBe('draft guard-error')
  })
  test('a rule of the draft table that throws, too', () => {
    const threadParticipants = [1] as unknown as string[]
    expect(verdict(letter(['In-Reply-To: <a@b.example>']), { threadParticipants })).toBe('draft guard-error')
  })
})

describe('a mail that is judged again', () => {
  const judge = (message: Message, context: Partial<GuardContext> = {}) =>
    applyGuard(message, owner, { ...freshContext(now), ...context }).codes
  test('the rules on the context are asked again', () => {
    const message = letter(['In-Reply-To: <a@b.example>'])
    expect(judge(message)).toEqual([])
    const changed = { flags: ['\\Answered', '$Junk', '\\Draft'], humanAsked: true, reusedMessageId: true }
    const later = { threadParticipants: [], arrivedAt: new Date(0) }
    expect(judge(message, { ...changed, ...later })).toEqual(
      'own-message already-handled spam-flagged thread-stranger reused-message-id stale human-asked'.split(
        ' ',
      ),
    )
    expect(judge(message)).toEqual([])
  })
  test('those on the mail alone are not', () => {
    let reads = 0
    const message = Object.defineProperty(letter(['Precedence: bulk', 'To: x@b.example']), 'text', {
      get: () => {
        reads++
        return 'How much?'
      },
    })
    expect(judge(message)).toEqual(['precedence', 'not-addressed'])
    const before = reads
    expect(judge(message)).toEqual(['precedence', 'not-addressed'])
    expect(reads).toBe(before)
  })
  test('one of those that threw still counts', () => {
    const message = Object.defineProperty(letter(['To: x@b.example']), 'text', {
      get: () => {
        throw new Error('no text')
      },
    })
    const expected = ['guard-error', 'not-addressed', 'guard-error', 'guard-error']
    expect(judge(message)).toEqual(expected)
    expect(judge(message)).toEqual(expected)
  })
})

describe('for any octets', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'From: ',
      'To: ',
      'Subject: ',
      'Auto-Submitted: ',
      'Return-Path: ',
      'List-Id: ',
      'X-Loop: ',
      'Reply-To: ',
      'Precedence: ',
      'Authentication-Results: mx.harbor.example; ',
    ),
    anyText,
    fc.constantFrom('<a@b.example>', '=?utf-8?Q?=0D=0A?=', '(', '"', '\r\n', '\n ', ';', ','),
  )
  const octets = fc.array(line, { maxLength: 30 }).map((lines) => Buffer.from(lines.join(''), 'utf8'))
  test('the guard answers with a known decision and a reason of its level', () => {
    fc.assert(
      fc.property(octets, (some) => {
        const { decision, reason, codes: fired } = applyGuard(parseOctets(some), owner, freshContext(now))
        expect(['never', 'draft', 'may']).toContain(decision)
        expect(reason).toBe(fired[0] ?? 'ok')
        expect(fired).not.toContain('guard-error')
        expect(decision === 'may').toBe(fired.length === 0)
      }),
      { numRuns: 300 },
    )
  })
  test('one more automatic mark never raises the ceiling', () => {
    const rank = { never: 0, draft: 1, may: 2 }
    const ceiling = (some: Buffer) => applyGuard(parseOctets(some), owner, freshContext(now)).decision
    fc.assert(
      fc.property(octets, (some) => {
        const marked = Buffer.concat([Buffer.from('Auto-Submitted: auto-replied\r\n'), some])
        expect(rank[ceiling(marked)]).toBeLessThanOrEqual(rank[ceiling(some)])
      }),
      { numRuns: 200 },
    )
  })
})
