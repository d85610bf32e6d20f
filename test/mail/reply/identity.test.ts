import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { replyMessageId, textHash } from '../../../src/mail/reply/identity.ts'
import { anyText } from '../../guard/letter.ts'

const key = Buffer.alloc(32, 1)

describe('replyMessageId', () => {
  const id = replyMessageId(key, 'mara@harbor.example', '<g1@quarry.example>', 'send', 0, 'harbor.example')
  test('is an id of the domain that reveals nothing else', () => {
    expect(id).toMatch(/^<[0-9a-f]{40}@harbor\.example>$/)
  })
  test('the same job has the same id', () => {
    expect(
      replyMessageId(key, 'Mara@Harbor.example', '<g1@quarry.example>', 'send', '0', 'HARBOR.example'),
    ).toBe(id)
  })
  test.each([
    [
      'account',
      replyMessageId(key, 'office@harbor.example', '<g1@quarry.example>', 'send', 0, 'harbor.example'),
    ],
    [
      'original',
      replyMessageId(key, 'mara@harbor.example', '<G1@quarry.example>', 'send', 0, 'harbor.example'),
    ],
    ['kind', replyMessageId(key, 'mara@harbor.example', '<g1@quarry.example>', 'draft', 0, 'harbor.example')],
    [
      'attempt group',
      replyMessageId(key, 'mara@harbor.example', '<g1@quarry.example>', 'send', 1, 'harbor.example'),
    ],
  ])('another %s has another id', (_, other) => {
    expect(other).not.toBe(id)
  })
  test('parts do not run into each other', () => {
    expect(replyMessageId(key, 'a', 'bc', 'send', 0, 'x.example')).not.toBe(
      replyMessageId(key, 'ab', 'c', 'send', 0, 'x.example'),
    )
  })
  test.each([
    ['x.example>\r\nBcc: y', /@x\.examplebccy>$/],
    ['', /@localhost>$/],
  ])('the domain %j cannot break the header', (domain, expected) => {
    expect(replyMessageId(key, 'a', 'b', 'send', 0, domain)).toMatch(expected)
  })
})

describe('textHash', () => {
  const hash = textHash('Hello Jonas,\n\nThe gravel comes on Friday.', ['Jonas Ek'])
  test.each([
    ['Hello Jonas,\n\nThe gravel comes on Monday.', ['Jonas Ek']],
    ['hello Petra!\r\n\r\nthe  gravel comes\non friday', ['Petra']],
    ['Hello Jonas,\n\nThe gravel comes on Friday.\n> How much?', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on Friday, 13 March 2026.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on March 13th, 2026.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 13.03.2026.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 2026-03-13 14:30.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on vendredi 13 mars.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 13 stycznia 2026.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on Fri.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 13 Jan.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on leden 2026.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 13.03.26, 14:30:15.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 14.30.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on 2026年3月13日.', ['Jonas Ek']],
    ['13 March: hello Jonas,\n\nThe gravel comes on Friday.', ['Jonas Ek']],
    ['Ｈello Jonas,\n\nThe gravel comes on Friday.', ['JONAS']],
  ])('%j is the same answer', (text, names) => {
    expect(textHash(text, names)).toBe(hash)
  })
  test.each([
    ['Hello Jonas,\n\nThe sand comes on Friday.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes on Friday.', ['Petra']],
    ['Hello Jonas,\n\nOrder 4711: the gravel comes on Friday.', ['Jonas Ek']],
    ['Hello Jonas,\n\nThe gravel comes.', ['Jonas Ek']],
    ['', []],
  ])('%j is another', (text, names) => {
    expect(textHash(text, names)).not.toBe(hash)
  })
  test.each(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi', 'pl', 'cs', 'ru', 'tr'])(
    'every month and weekday in %s is a date, alone or in one, in full or short',
    (language) => {
      const styles: Intl.DateTimeFormatOptions[] = [
        { month: 'long' },
        { day: 'numeric', month: 'long' },
        { day: 'numeric', month: 'short' },
        { weekday: 'long' },
        { weekday: 'short' },
      ]
      const names = styles.flatMap((style) => {
        const format = new Intl.DateTimeFormat(language, { ...style, timeZone: 'UTC' })
        const days = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month, 15))
        const parts = days.flatMap((day) => format.formatToParts(day))
        return parts.filter(({ type }) => type === 'month' || type === 'weekday').map(({ value }) => value)
      })
      // Czech writes a short month as a number.
      for (const name of names.filter((name) => /\p{L}/u.test(name)))
        expect(`${name} ${textHash(`It comes ${name}`)}`).toBe(`${name} ${textHash('It comes')}`)
    },
  )
  test('their names are looked up when the first reply is written, not when the program starts', async () => {
    const { DateTimeFormat } = Intl
    let made = 0
    Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
      construct: (target, args) => {
        made++
        return Reflect.construct(target, args)
      },
    })
    try {
      const path = new URL('../../../src/mail/reply/identity.ts?again', import.meta.url).href
      const again = (await import(path)) as { textHash: typeof textHash }
      expect(made).toBe(0)
      expect(again.textHash('on Friday')).toBe(textHash('on'))
      expect(made).toBeGreaterThan(0)
      const first = made
      again.textHash('on Monday')
      expect(made).toBe(first)
    } finally {
      Intl.DateTimeFormat = DateTimeFormat
    }
  })
  test('other numbers than dates count', () => {
    expect(textHash('Order 4711 is ready')).not.toBe(textHash('Order 4712 is ready'))
  })
  test.each([
    ['ab c', 'a bc'],
    ['x de y', 'x y'],
    ['March 13000 tons', 'March 14000 tons'],
    ['March a13', 'March a14'],
    ['March 13xy', 'March 14xy'],
    ['at 12:3 sharp', 'at 12:4 sharp'],
  ])('%j is not %j', (left, right) => {
    expect(textHash(left)).not.toBe(textHash(right))
  })
  test('nothing is the hash of nothing', () => {
    expect(textHash(' ! ')).toBe('e3b0c44298fc1c149afbf4c8996fb924')
  })
  test('names are optional, and the hash is short hexadecimal', () => {
    expect(textHash('Hello')).toBe(textHash('hello', []))
    expect(textHash('Hello')).toMatch(/^[0-9a-f]{32}$/)
  })
  test('any text has a hash that its spaces and case do not change', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(textHash(`  ${text}\n`)).toBe(textHash(text))
      }),
      { numRuns: 500 },
    )
  })
})
