import { describe, expect, test } from '@jest/globals'
import { greetingTemplate } from '../../src/compose/greeting.ts'
import { type OwnMail, styleOf } from '../../src/compose/style.ts'

const kim = [{ name: 'Kim Sand', address: 'k.sand@asks.example' }]
const bare = [{ name: '', address: 'lou@asks.example' }]

describe('a greeting becomes a template', () => {
  test.each([
    ['Hi Kim,', kim, 'Hi {first name},'],
    ['Hello there!', kim, 'Hello there!'],
    ['Dear Ms Sand,', kim, 'Dear Ms {last name},'],
    ['Dear Kim Sand,', kim, 'Dear {full name},'],
    [
      'Sehr geehrte Frau Sand,',
      [{ name: 'Sand, Kim', address: 'x@y.example' }],
      'Sehr geehrte Frau {last name},',
    ],
    ['Guten Tag Herr Dr. Sand,', kim, 'Guten Tag Herr Dr. {last name},'],
    ['Bonjour Kim,', kim, 'Bonjour {first name},'],
    ['Hola Lou:', bare, 'Hola {name}:'],
    ['Kim,', kim, '{first name},'],
    ['田中様', [], '{name}様'],
    ['您好，', [], '您好，'],
    // Somebody not in the header
    ['Hi Peter,', kim, null],
    ['Dear Mrs Miller,', bare, null],
    // No greeting at all
    ['We have sent it,', kim, null],
    ['Your order 4711 is on its way.', kim, null],
    ['Please write to lou@asks.example', bare, null],
    ['', kim, null],
    [`Hi Kim, ${'and so on '.repeat(10)}`, kim, null],
  ])('%s', (line, to, expected) => {
    expect(greetingTemplate([line, true], to)).toBe(expected)
  })

  test('a line that runs on is not a greeting without its comma', () => {
    expect(greetingTemplate(['Hi Kim', false], kim)).toBeNull()
    expect(greetingTemplate(['Hi Kim', true], kim)).toBe('Hi {first name}')
  })
})

const people = ['Kim Sand', 'Lou Reed', 'Ida Blum', 'Max Stein']
/** That many mails, addressed to four people in turn. */
const mails = (count: number, text: (first: string, last: string, at: number) => string): OwnMail[] =>
  Array.from({ length: count }, (_, at) => {
    const name = people[at % people.length] ?? ''
    const [first = '', last = ''] = name.split(' ')
    return { text: text(first, last, at), to: [{ name, address: `${first}@asks.example`.toLowerCase() }] }
  })

const english = (first: string, _: string, at: number) =>
  `Hi ${first},\n\nthe parcel number ${at} is on its way${' and on'.repeat(at)}.\n\nAll the best,\nAnn`

describe('a style', () => {
  test('needs ten mails', () => {
    expect(styleOf(mails(9, english), 'en')).toBeNull()
    expect(styleOf(mails(10, english), 'en')).toMatchObject({ evidence: 10 })
  })

  test('is greeting, closing with name, and the median length', () => {
    expect(styleOf(mails(11, english), 'en')).toEqual({
      greeting: 'Hi {first name},',
      closing: 'All the best, / Ann',
      words: 24,
      manner: null,
      evidence: 11,
    })
  })

  test('contains nothing that was written to anybody', () => {
    const told = JSON.stringify(styleOf(mails(40, english), 'en'))
    expect(told).not.toMatch(/Kim|Lou|Ida|Max|Sand|Reed|Blum|Stein|parcel/)
  })

  test('does not exist if every mail is different', () => {
    const varied = mails(
      12,
      (first, _, at) =>
        `${['Hi', 'Hello', 'Dear'][at % 3]} ${first},\n\ntext number ${at}\n\n${'abcdefghijkl'[at]} bye`,
    )
    expect(styleOf(varied, 'en')).toMatchObject({ greeting: null, closing: null })
  })

  test('does not exist if only one person was addressed like that', () => {
    const one = mails(12, english).map(({ text }) => ({ text, to: kim }))
    expect(styleOf(one, 'en')).toMatchObject({ greeting: null, closing: null, words: 26 })
  })

  test.each([
    ['de', 'wir senden Ihnen die Ware, und Sie hören von uns', 'formal (Sie)'],
    ['de', 'wir senden dir die Ware, und du hörst von uns', 'informal (du)'],
    ['de', 'sie kommt morgen an', null],
    ['fr', 'nous vous envoyons votre colis', 'formal (vous)'],
    ['fr', 'je te l’envoie, tu verras', 'informal (tu)'],
    ['nl', 'wij sturen u het pakket', 'formal (u)'],
    ['es', 'le enviamos el paquete a usted', 'formal (usted)'],
    ['en', 'we send you the parcel', null],
  ])('%s: %s', (language, sentence, manner) => {
    expect(
      styleOf(
        mails(10, () => sentence),
        language,
      )?.manner,
    ).toBe(manner)
  })

  test('no form of address is given if both are used', () => {
    const mixed = mails(10, (_, __, at) => (at % 2 ? 'das geht an Sie' : 'das geht an dich'))
    expect(styleOf(mixed, 'de')?.manner).toBeNull()
  })

  test('words are not counted if no spaces separate them', () => {
    expect(
      styleOf(
        mails(10, () => 'ご注文の品は本日発送しました。'),
        'ja',
      )?.words,
    ).toBeNull()
  })
})
