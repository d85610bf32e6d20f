import { describe, expect, test } from '@jest/globals'
import { base32, codeOf, matchingStep } from '../../src/config/totp.ts'

/** The secret of RFC 6238 appendix B for SHA-1. */
const secret = base32(Buffer.from('12345678901234567890'))

test('base32 is that of RFC 4648 section 10, without padding', () => {
  const pairs = [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ]
  for (const [text = '', encoded] of pairs) expect(base32(Buffer.from(text))).toBe(encoded)
})

// RFC 6238 appendix B prints eight digits; an authenticator app shows the last six.
test.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('the code at second %d ends %s', (second, eight) =>
  expect(codeOf(secret, new Date(second * 1000))).toBe(eight.slice(2)),
)

describe('a code', () => {
  const now = new Date(1_234_567_890_000)
  const step = Math.floor(1_234_567_890 / 30)
  const at = (seconds: number) => codeOf(secret, new Date(now.getTime() + seconds * 1000))

  test.each([
    ['of now', at(0), step],
    ['of the step before', at(-30), step - 1],
    ['of the next step', at(30), step + 1],
    ['in two groups', `${at(0).slice(0, 3)} ${at(0).slice(3)}`, step],
    ['of a minute ago', at(-60), null],
    ['of the minute to come', at(60), null],
    ['with a digit too few', at(0).slice(1), null],
    ['with a digit too many', `${at(0)}0`, null],
    ['empty', '', null],
    ['of letters', 'abcdef', null],
  ])('%s', (_, code, expected) => expect(matchingStep(secret, code, now)).toBe(expected))

  test('of a secret written in groups and small letters', () =>
    expect(
      matchingStep(
        secret
          .toLowerCase()
          .match(/.{1,4}/g)
          ?.join(' ') ?? '',
        at(0),
        now,
      ),
    ).toBe(step))
})
