/** What each sentence of a reply rests on, where no check by meaning has said so. */
import { expect, test } from '@jest/globals'
import type { ReplyRow } from '../../src/store/replies.ts'
import { marksOf } from '../../src/web/marks.ts'

const read = '(read Sun 2026-11-29 04:26)'
const sources = [
  { file: 'lookup order AB-1', heading: 'status', text: `handed to the carrier\n${read}`, lookup: true },
  { file: 'lookup order AB-1', heading: 'eta', text: `2026-12-03\n${read}`, lookup: true },
  { file: 'lookup order AB-1', heading: 'paid', text: `no\n${read}`, lookup: true },
  { file: 'a.md', heading: 'Days', text: '2026-12-04' },
]

test.each<[string, number[]]>([
  ['Your order was handed to the carrier.', [0]],
  ['It was handed to the carrier and arrives on 2026-12-03.', [0, 1]],
  ['It arrives on 2026-12-031.', []],
  ['There is no news.', []],
  ['We close on 2026-12-04.', []],
])('%s rests on %j', (text, expected) => {
  const reply = { text, draftText: text, checked: null, sources } as unknown as ReplyRow
  expect(marksOf(reply)).toEqual([{ text, sources: expected, doubt: null }])
})
