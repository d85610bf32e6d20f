import { expect, test } from '@jest/globals'
import { memoized, memoizedAddresses } from '../../src/base/lru.ts'

const counting = () => {
  const read: string[] = []
  return {
    read,
    length: (text: string) => {
      read.push(text)
      return text.length
    },
  }
}

test('a text is read once, and again after 128 others', () => {
  const { read, length } = counting()
  const lengthOf = memoized(length)
  for (const text of ['a', 'a', ...Array.from({ length: 128 }, (_, at) => `b${at}`), 'a'])
    expect(lengthOf(text)).toBe(text.length)
  expect(read.filter((text) => text === 'a')).toHaveLength(2)
})

test('a text in use is not forgotten', () => {
  const { read, length } = counting()
  const lengthOf = memoized(length)
  for (let at = 0; at < 500; at++) {
    lengthOf('a')
    lengthOf(`b${at}`)
  }
  expect(read.filter((text) => text === 'a')).toHaveLength(1)
})

test('an address longer than RFC 5321 allows is not kept', () => {
  const { read, length } = counting()
  const lengthOf = memoizedAddresses(length)
  for (const address of ['x'.repeat(320), 'x'.repeat(320), 'x'.repeat(321), 'x'.repeat(321)])
    lengthOf(address)
  expect(read.map((text) => text.length)).toEqual([320, 321, 321])
})
