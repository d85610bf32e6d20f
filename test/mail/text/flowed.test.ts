import { expect, test } from '@jest/globals'
import { unwrapFlowed } from '../../../src/mail/text/plain.ts'

test.each([
  ['one \ntwo\nthree', false, 'one two\nthree'],
  ['one \ntwo', true, 'onetwo'],
  ['> one \n> two\nthree', false, '> one two\nthree'],
  ['> one \n>> two \n>> three', false, '> one \n>> two three'],
  [' From x\n >y', false, 'From x\n>y'],
  ['text \n-- \nAnn', false, 'text \n-- \nAnn'],
  ['>\n> x', false, '>\n> x'],
  ['', false, ''],
])('%j (DelSp %s) reads as %j', (text, deleteSpace, unwrapped) => {
  expect(unwrapFlowed(text, deleteSpace)).toBe(unwrapped)
})
