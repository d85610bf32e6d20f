import { describe, expect, test } from '@jest/globals'
import { shareHolder, sharesOf } from '../../src/model/budget/shares.ts'

const fractions = { perSender: 0.1, perDomain: 0.15, reserve: 0.2 }
const of = (address: string | null, more: { known?: boolean; doubtful?: boolean } = {}) =>
  sharesOf({ address, known: false, doubtful: false, ...more }, fractions)
const namesOf = (...input: Parameters<typeof of>) => of(...input).map(({ name }) => name)

test('a stranger has a share, so has the domain, and the reserve is not for strangers', () => {
  expect(of('Kim@Shop.example')).toEqual([
    { name: 'sender:kim@shop.example', part: 0.1 },
    { name: 'domain:shop.example', part: 0.15 },
    { name: 'strangers', part: 0.8 },
  ])
})

test.each([
  ['gmail.com', 0.75],
  ['yahoo.co.uk', 0.75],
  ['web.de', 0.75],
  ['gmail.com.evil.example', 0.15],
])('%s may use %d', (domain, part) => {
  expect(of(`kim@${domain}`)[1]?.part).toBeCloseTo(part)
})

test('the share of a provider’s domain never exceeds the whole budget', () => {
  const all = { perSender: 1, perDomain: 0.5, reserve: 0 }
  expect(sharesOf({ address: 'k@gmail.com', known: false, doubtful: false }, all)[1]?.part).toBe(1)
})

describe('one person is one sender', () => {
  test.each([
    ['kim@shop.example', 'kim+2@shop.example', true],
    ['a1@shop.example', 'a2@shop.example', true],
    ['a@x.evil.example', 'b@x.evil.example', true],
    ['kim.lee@gmail.com', 'kimlee+x@googlemail.com', true],
    ['kim@shop.example', 'lee@shop.example', false],
    ['a1@gmail.com', 'a2@gmail.com', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(namesOf(one)[0] === namesOf(other)[0]).toBe(same)
  })

  test('and all subdomains are one domain', () => {
    expect(namesOf('a@x.evil.example')[1]).toBe(namesOf('b@y.evil.example')[1])
  })
})

test('people the owner has written to only have their own share', () => {
  expect(namesOf('kim@shop.example', { known: true })).toEqual(['sender:kim@shop.example'])
})

test('a forged mail does not count as the person it claims to be from', () => {
  const forged = namesOf('kim@shop.example', { known: true, doubtful: true })
  expect(forged).toEqual([
    'sender:unconfirmed kim@shop.example',
    'domain:unconfirmed shop.example',
    'strangers',
  ])
})

test('any From has a name that fits into an index', () => {
  for (const address of [null, '', 'x', '@', `${'x'.repeat(9000)}@${'y'.repeat(9000)}.example`])
    for (const name of namesOf(address)) expect(name.length).toBeLessThan(600)
})

test.each([
  ['sender:kim@shop.example', 'kim@shop.example'],
  ['domain:shop.example', 'shop.example'],
  ['strangers', 'people you have not written to'],
])('%s is shown as %s', (name, shown) => {
  expect(shareHolder(name)).toBe(shown)
})
