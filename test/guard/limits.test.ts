import { describe, expect, test } from '@jest/globals'
import type { AutoSent } from '../../src/guard/ceiling.ts'
import { limitKey } from '../../src/mail/correspondents.ts'
import { codes, letter, now, verdict } from './letter.ts'

function sent(to: string, hoursAgo: number, more: Partial<AutoSent> = {}): AutoSent {
  return { to, at: new Date(now.getTime() - hoursAgo * 3_600_000), messageId: null, hash: null, ...more }
}

const times = (count: number, one: (at: number) => AutoSent) =>
  Array.from({ length: count }, (_, at) => one(at))

describe('sender-throttled', () => {
  test.each([
    [[1, 2], 'may ok'],
    [[1, 2, 24], 'draft sender-throttled'],
    [[1, 2, 24.1], 'may ok'],
    [[1, 2, -1], 'draft sender-throttled'],
  ])('%j hours ago gives %s', (hours, expected) => {
    const autoSent = hours.map((ago) => sent('Jonas+x@QUARRY.example', ago))
    expect(verdict(letter(), { autoSent })).toBe(expected)
  })
  test.each([
    ['a7@evil.example', 'a@evil.example', 'draft sender-throttled'],
    ['a.7-x@evil.example', 'a-x@evil.example', 'may ok'],
    ['ann@s1.evil.example', 'bob@s1.evil.example', 'draft sender-throttled'],
    ['ann@s1.evil.example', 'bob@s2.evil.example', 'may ok'],
    ['ann@evil.example', 'bob@evil.example', 'may ok'],
    ['kim1@gmail.com', 'kim2@gmail.com', 'may ok'],
    ['k.i.m@gmail.com', 'kim+9@googlemail.com', 'draft sender-throttled'],
    ['a1@shop.co.uk', 'a2@shop.co.uk', 'draft sender-throttled'],
    ['one@kim.fastmail.com', 'two@kim.fastmail.com', 'draft sender-throttled'],
    ['one@vip.qq.com', 'two@vip.qq.com', 'may ok'],
    ['ab1c2d@marketplace.amazon.de', 'ab3c4d@marketplace.amazon.de', 'may ok'],
    ['ab1c2d@marketplace.amazon.co.uk', 'xy3c4d@marketplace.amazon.co.uk', 'may ok'],
    ['1234-ab@guest.booking.com', '5678-ab@guest.booking.com', 'may ok'],
    ['1a2b@members.ebay.com', '3a4b@members.ebay.com', 'may ok'],
    ['kim7@privaterelay.appleid.com', 'kim8@privaterelay.appleid.com', 'may ok'],
    ['taro@i.softbank.jp', 'jiro@i.softbank.jp', 'may ok'],
    ['taro@rose.ocn.ne.jp', 'jiro@rose.ocn.ne.jp', 'may ok'],
    ['taro@rose.ocn.ne.jp', 'taro+x@rose.ocn.ne.jp', 'draft sender-throttled'],
    [
      'one@marketplace.amazon.de.evil.example',
      'two@marketplace.amazon.de.evil.example',
      'draft sender-throttled',
    ],
    ['one@x.amazon.de', 'two@x.amazon.de', 'draft sender-throttled'],
    ['k.i.m@proton.me', 'kim@protonmail.com', 'draft sender-throttled'],
    ['k-i_m@pm.me', 'kim@proton.me', 'draft sender-throttled'],
    ['kim-one@yahoo.fr', 'kim-two@yahoo.fr', 'draft sender-throttled'],
    ['kim@yahoo.fr', 'kim@yahoo.com', 'may ok'],
    ['kim@me.com', 'kim@icloud.com', 'draft sender-throttled'],
    ['k.i-m@yandex.com', 'k-i.m@ya.ru', 'draft sender-throttled'],
    ['kim1@live.xyz', 'kim2@live.xyz', 'draft sender-throttled'],
    ['kim1@live.com.mx', 'kim2@live.com.mx', 'may ok'],
    ['ann@shop.co.uk', 'bob@shop.co.uk', 'may ok'],
  ])('%s after three replies to %s: %s', (author, to, expected) => {
    const autoSent = times(3, () => sent(to, 1))
    expect(verdict(letter([`From: ${author}`]), { autoSent })).toBe(expected)
  })
  test('other people do not count', () => {
    expect(verdict(letter(), { autoSent: times(9, () => sent('jona@quarry.example', 1)) })).toBe('may ok')
  })
  test('the target counts, not From', () => {
    const message = letter(['Reply-To: ek@quarry.example'])
    expect(verdict(message, { autoSent: times(3, () => sent('jonas@quarry.example', 1)) })).toBe('may ok')
    expect(verdict(message, { autoSent: times(3, () => sent('ek@quarry.example', 1)) })).toBe(
      'draft sender-throttled',
    )
  })
})

describe('thread-throttled', () => {
  const ours = (id: string) => sent('jonas@quarry.example', 500, { messageId: id })
  test.each([
    ['In-Reply-To: <s2@harbor.example>', 'may ok'],
    ['References: <s1@harbor.example> <x@quarry.example> <s2@harbor.example>', 'draft thread-throttled'],
    ['References: <s1@harbor.example> <s1@harbor.example>', 'may ok'],
    ['References: <s3@harbor.example> <s4@harbor.example>', 'may ok'],
  ])('%s gives %s', (field, expected) => {
    const autoSent = [
      ours('<s1@harbor.example>'),
      ours('<s1@harbor.example>'),
      ours('<s2@harbor.example>'),
      sent('a@b.example', 500),
    ]
    expect(verdict(letter([field]), { autoSent })).toBe(expected)
  })
  test('In-Reply-To and References are taken together', () => {
    const message = letter(['In-Reply-To: <s2@harbor.example>', 'References: <s1@harbor.example>'])
    expect(verdict(message, { autoSent: [ours('<s1@harbor.example>'), ours('<s2@harbor.example>')] })).toBe(
      'draft thread-throttled',
    )
  })
})

describe('same-reply', () => {
  test.each([
    ['h', 'jonas@quarry.example', 24 * 7, 'draft same-reply'],
    ['h', 'JONAS+x@quarry.example', 1, 'draft same-reply'],
    ['h', 'jonas@quarry.example', 24 * 7 + 0.1, 'may ok'],
    ['other', 'jonas@quarry.example', 1, 'may ok'],
    [null, 'jonas@quarry.example', 1, 'may ok'],
    ['h', 'ek@quarry.example', 1, 'may ok'],
  ])('hash %s to %s, %d hours ago: %s', (hash, to, ago, expected) => {
    expect(verdict(letter(), { autoSent: [sent(to, ago, { hash })], candidateHash: 'h' })).toBe(expected)
  })
  test('without a candidate there is nothing to compare', () => {
    expect(verdict(letter(), { autoSent: [sent('jonas@quarry.example', 1)], candidateHash: null })).toBe(
      'may ok',
    )
  })
})

describe('limits of the account', () => {
  const someone = (at: number) => `p@d${at}.example`
  test.each([
    [49, 1, 'may ok'],
    [50, 1, 'draft hour-throttled'],
    [50, 1.1, 'may ok'],
    [299, 23, 'may ok'],
    [300, 24, 'draft day-throttled'],
    [300, 24.1, 'may ok'],
  ])('%d replies %d hours ago: %s', (count, ago, expected) => {
    expect(verdict(letter(), { autoSent: times(count, (at) => sent(someone(at), ago)) })).toBe(expected)
  })
})

describe('domain-throttled', () => {
  test.each([
    [19, 'mail.quarry.example', 24, 'may ok'],
    [20, 'mail.quarry.example', 24, 'draft domain-throttled'],
    [20, 'mail.quarry.example', 24.1, 'may ok'],
    [20, 'pit.example', 1, 'may ok'],
  ])('%d to %s, %d hours ago: %s', (count, domain, ago, expected) => {
    expect(verdict(letter(), { autoSent: times(count, (at) => sent(`p${at}@${domain}`, ago)) })).toBe(
      expected,
    )
  })
  test.each(['gmail.com', 'yahoo.co.uk', 'web.de', 'GMX.net'])(
    'the limit does not apply to %s, where strangers share a domain',
    (domain) => {
      const autoSent = times(30, (at) => sent(`p${at}@${domain}`, 2))
      expect(verdict(letter([`From: jonas@${domain}`]), { autoSent })).toBe('may ok')
    },
  )
  test.each([
    [99, 'may ok'],
    [100, 'draft domain-throttled'],
  ])('%d replies a day to a whole provider: %s', (count, expected) => {
    const autoSent = times(count, (at) => sent(`p${at}@gmail.com`, 2 + (at % 20)))
    expect(verdict(letter(['From: jonas@gmail.com']), { autoSent })).toBe(expected)
  })
  test.each(['webshop.de', 'mygmail.com', 'me.example'])('applies to %s', (domain) => {
    const autoSent = times(30, (at) => sent(`p${at}@${domain}`, 2))
    expect(verdict(letter([`From: jonas@${domain}`]), { autoSent })).toBe('draft domain-throttled')
  })
})

describe('fast-answer', () => {
  test.each([
    [60, 'draft fast-answer'],
    [61, 'may ok'],
    [-5, 'draft fast-answer'],
  ])('answered ours after %d seconds: %s', (seconds, expected) => {
    const autoSent = [sent('x@y.example', seconds / 3600, { messageId: '<s1@harbor.example>' })]
    expect(verdict(letter(['In-Reply-To: <s1@harbor.example>']), { autoSent })).toBe(expected)
    expect(verdict(letter(['In-Reply-To: <s9@harbor.example>']), { autoSent })).toBe('may ok')
  })
  test('arrival counts, not the time of the check', () => {
    const autoSent = [sent('x@y.example', 5, { messageId: '<s1@harbor.example>' })]
    const arrivedAt = new Date(now.getTime() - 5 * 3_600_000 + 30_000)
    expect(verdict(letter(['In-Reply-To: <s1@harbor.example>']), { autoSent, arrivedAt })).toBe(
      'draft fast-answer',
    )
  })
})

test('the limits stand in the order of the tables, behind all other codes', () => {
  const autoSent = [
    ...times(300, () => sent('jonas@quarry.example', 0.01, { messageId: '<s1@harbor.example>', hash: 'h' })),
    sent('jonas@quarry.example', 0.01, { messageId: '<s2@harbor.example>' }),
  ]
  const message = letter([
    'References: <s1@harbor.example> <s2@harbor.example>',
    'X-Auto-Response-Suppress: All',
  ])
  expect(codes(message, { autoSent, candidateHash: 'h' })).toEqual([
    'auto-response-suppress',
    'sender-throttled',
    'thread-throttled',
    'same-reply',
    'hour-throttled',
    'day-throttled',
    'domain-throttled',
    'fast-answer',
  ])
})

test.each([
  ['Jo.Nas+x@GMail.com', 'jonas@gmail.com'],
  ['jo.nas@googlemail.com', 'jonas@gmail.com'],
  ['Jo.Nas+x@quarry.example', 'jo.nas@quarry.example'],
])('%s counts as %s', (address, expected) => {
  expect(limitKey(address)).toBe(expected)
})

test.each([
  [5, 'may ok'],
  [6, 'never drafts-unsent'],
])('%d unsent drafts for this sender: %s', (openDrafts, expected) => {
  expect(verdict(letter(), { openDrafts })).toBe(expected)
})
