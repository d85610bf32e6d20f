import { expect, test } from '@jest/globals'
import { findAddresses, findLinks } from '../../src/check/claims/links.ts'
import { inert } from '../../src/mail/inert.ts'

test.each([
  'https://evil.example/x?y=1&z=2',
  'Win at www.evil.example now',
  'evil.example',
  'http://192.0.2.1/',
  'write to boss@evil.example',
  '<https://evil.example|your bank>',
  '<!channel> now',
  'javascript:alert(1)',
])('%s is no link any more, and reads the same', (text) => {
  const shown = inert(text)
  expect([...findLinks(shown), ...findAddresses(shown)]).toEqual([])
  expect(shown).not.toMatch(/[<>]|&(?:lt|gt|amp);/)
  expect(shown.replaceAll('\u2060', '').replaceAll('‹', '<').replaceAll('›', '>')).toBe(text)
})

test.each(['Opening hours on Saturday?', 'Re: invoice 4711, 12 euros', 'Order no. 5'])(
  '%s stays as it is',
  (text) => {
    expect(inert(text)).toBe(text)
  },
)

test.each([
  ['@everyone look', '@\u2060everyone look'],
  ['(@here)', '(@\u2060here)'],
  ['3 @ 5 euros', '3 @ 5 euros'],
])('%s mentions nobody', (text, expected) => {
  expect(inert(text)).toBe(expected)
})
