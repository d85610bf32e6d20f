import { expect, test } from '@jest/globals'
import { personalMatter, withoutPersonal } from '../../src/check/personal.ts'

const known = {
  own: ['Lantern Shop', 'shop@lantern.example', 'Call us: +47 22 33 44 55. Ask for Ms Lund. VAT DE123456789'],
  people: ['Anna Berg', 'anna@berg.example'],
}

test.each([
  ['Write to anna@berg.example.', ['address anna@berg.example certain']],
  ['Write to help@other.example.', ['address help@other.example']],
  ['Anna gets it at cost.', ['name Anna certain']],
  ['We told Anna Berg that.', ['name Anna Berg certain']],
  ['We told Peter Olsen that.', ['name Peter Olsen']],
  ['Frau Schmidt bekommt 10 % Rabatt.', ['name Frau Schmidt']],
  ['Order 4711 was late.', ['number 4711']],
  ['Bestellung Nr. 815/77 kam an.', ['number 815/77']],
  ['AB-12345 is on its way.', ['number AB-12345']],
  ['It is 1234567.', ['number 1234567']],
  ['Pay to NO93 8601 1117 947.', ['number NO93 8601 1117 947']],
  ['Call +49 30 1234567.', ['telephone +49 30 1234567']],
  ['It goes to 12 Baker Street.', ['place 12 Baker Street']],
  ['Er wohnt in der Lindenstraße 12.', ['place Lindenstraße 12']],
  ['田中様は無料です。', ['name 田中様']],
])('%s', (text, expected) => {
  const found = personalMatter(text, known)
  expect(found.map(({ text: part, kind, certain }) => `${kind} ${part}${certain ? ' certain' : ''}`)).toEqual(
    expected,
  )
})

test.each([
  'Shipping to Norway costs 12 €, to Sweden EUR 1200.',
  'Der Versand nach Norwegen kostet 12 Euro und dauert 3 bis 5 Werktage.',
  'We are open from 9:00 to 18:00, closed on 2026-12-24 and 24.12.2026.',
  'Returns within 30 days; the XR-200 has a warranty of 2 years.',
  'It costs 100000 yen.',
  'Write to shop@lantern.example or call +47 22 33 44 55 and ask for Ms Lund.',
  'Our VAT number is DE123456789.',
  'Les retours sont gratuits pendant 14 jours.',
  '営業時間は9時から18時までです。',
])('nothing personal: %s', (text) => expect(personalMatter(text, known)).toEqual([]))

test('what is left out leaves a mark', () => {
  const text = 'Anna Berg (anna@berg.example, AB-12345) pays 12 €; Anna agreed.'
  expect(withoutPersonal(text, personalMatter(text, known))).toBe('… (…) pays 12 €; … agreed.')
})
