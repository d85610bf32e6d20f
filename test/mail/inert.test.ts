import { expect, test } from '@jest/globals'
import { findAddresses, findLinks } from '../../src/check/claims/links.ts'
import { inert } from '../../src/mail/text/deceptive.ts'

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

// A host may be a number without a dot: 1249763844 is 74.125.206.68.
test.each([
  ['[your bank](1249763844/x)', '[your bank]\u2060(1249763844/x)'],
  ['![](//1249763844/x)', '![]\u2060(//1249763844/x)'],
  ['[your bank][1]', '[your bank]\u2060[1]'],
  ['[1]: //1249763844/x', '[1]\u2060: //1249763844/x'],
  ['[ticket 5] (again)', '[ticket 5] (again)'],
])('%s is no link of Markdown', (text, expected) => {
  expect(inert(text)).toBe(expected)
})

test.each([
  ['a bidi override', 'gpj\u202eexe', 'gpjexe'],
  ['an isolate', '\u2067abc\u2069', 'abc'],
  ['a mark', 'a\u200fb\u061cc', 'abc'],
  ['a line break', 'Hi\r\n*Approved by replyd*', 'Hi  *Approved by replyd*'],
  ['a line separator', 'a\u2028b\u2029c', 'a b c'],
  ['a NUL and an escape', 'a\u0000b\u001b[31mc', 'a b [31mc'],
  ['an accent before the dot', 'evil\u0301.com', 'evil\u0301\u2060.\u2060com'],
  ['an invisible character before it', 'evil\u200b.com', 'evil\u200b\u2060.\u2060com'],
  ['an underscore', 'evil_.com', 'evil_\u2060.\u2060com'],
  ['a dot that becomes one', 'evil\u2024com', 'evil\u2060\u2024\u2060com'],
  ['a full stop of Chinese', 'evil\u3002example', 'evil\u2060\u3002\u2060example'],
])('%s neither turns nor breaks the line', (_name, text, expected) => {
  expect(inert(text)).toBe(expected)
})
