import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findDates, wrongWeekdays } from '../../src/check/claims/dates.ts'
import { masked } from '../../src/check/claims/found.ts'
import { hasContact } from '../../src/check/claims/links.ts'
import {
  findDurations,
  findPercentages,
  findPlainNumbers,
  findPrices,
} from '../../src/check/claims/numbers.ts'
import { checkClaims, checkFigures, linksOf, outboundFaults, placeholders } from '../../src/check/claims.ts'

interface Draft {
  language: string
  sources: string[]
  draft: string
  /** The one fact that no source states, as the draft writes it; null for a sound draft. */
  invented: string | null
  kind: string | null
}

const drafts = readFileSync(new URL('../fixtures/claims/drafts.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Draft)
const invented = drafts.filter((one) => one.invented !== null)
const sound = drafts.filter((one) => one.invented === null)

describe('hand-written drafts', () => {
  test('there are 40 in four languages, half of them with one invented fact', () => {
    expect([drafts.length, invented.length, new Set(drafts.map(({ language }) => language)).size]).toEqual([
      40, 20, 4,
    ])
  })

  test.each(invented.map((one) => [one.invented, one.language, one] as const))(
    '%s (%s) is found',
    (fact, _language, one) => {
      const claims = checkClaims(one.draft, one.sources)
      expect(claims.map(({ claim }) => claim).join(' | ')).toContain(fact)
      expect(claims.find(({ claim }) => claim.includes(fact ?? ''))?.kind).toBe(one.kind)
    },
  )

  test('in addition, at most two false alarms are raised in all 40', () => {
    const alarms = drafts.flatMap((one) =>
      checkClaims(one.draft, one.sources).filter(
        ({ claim }) => one.invented === null || !claim.includes(one.invented),
      ),
    )
    expect(alarms.map(({ claim }) => claim).length).toBeLessThanOrEqual(2)
  })

  test('the invented facts are found by their absence from the sources: with them as a source nothing is left', () => {
    const left = invented.flatMap((one) => checkClaims(one.draft, [...one.sources, one.invented ?? '']))
    expect(left.length).toBeLessThanOrEqual(2)
  })

  test('without any source every draft that states something is marked', () => {
    const silent = sound.filter((one) => checkClaims(one.draft, []).length === 0)
    expect(silent.length).toBeLessThanOrEqual(4)
  })
})

const cases: readonly (readonly [
  name: string,
  sources: readonly string[],
  draft: string,
  claims: readonly string[],
])[] = [
  // Figures
  ['a figure in another notation', ['1.234,56 EUR'], 'The amount of €1,234.56 is being checked.', []],
  ['its digits swapped', ['1.234,56 EUR'], 'The amount of €1,234.65 is being checked.', ['€1,234.65']],
  ['a price whose figure has another unit', ['30 days'], 'It costs $30.', ['$30']],
  ['a price in another currency', ['It costs 30 €.'], 'It costs $30.', ['$30']],
  ['a price without currency in the source', ['Table: Falcon 49,90'], 'Der Preis ist 49,90 €.', []],
  ['a percentage in words', ['10% on orders'], 'There is a 10 percent discount.', []],
  ['another percentage', ['10% on orders, 15 items'], 'There is a 15 % discount.', ['15 %']],
  ['a duration in another unit', ['14 days'], 'You have two weeks.', []],
  ['a duration in another unit that differs', ['14 days'], 'You have three weeks.', ['three weeks']],
  ['working days are no days', ['5 days'], 'It takes 5 working days.', ['5 working days']],
  ['a range of days', ['2 bis 3 Werktage'], 'Das dauert 3 Werktage.', []],
  ['a version', ['Version 2.1 is out'], 'Version 2.1 fixes it; version 2.3 too.', ['2.3']],
  ['the number of a list line', ['x'], 'We need:\n\n1. your postcode\n2. your street\n', []],
  ['a number word that counts nothing', ['x'], 'I could offer you two options.', []],
  ['a figure that stands in a date of the source', ['2026-11-24'], 'In 2026 it changed.', []],
  ['Arabic digits', ['٣٠ days'], 'You have 30 days.', []],
  ['a telephone number with the country code', ['040 1234567'], 'Call +49 40 1234567.', []],
  ['another telephone number', ['040 1234567'], 'Call +49 40 7654321.', ['+49 40 7654321']],
  // Dates
  ['a date that can be read two ways', ['It arrived on 03/04/2026'], 'It arrived on 4 March 2026.', []],
  ['a date that it cannot be', ['It arrived on 03/04/2026'], 'It arrived on 5 March 2026.', ['5 March 2026']],
  ['a date in another language', ['am 3. Dezember'], 'On December 3 we are open.', []],
  ['the same day of another year', ['3 December 2025'], 'On 3 December 2026.', ['3 December 2026']],
  ['the weekday of a date', ['2026-11-24'], 'See you on Tuesday, November 24.', []],
  ['another weekday', ['2026-11-24'], 'See you on Friday.', ['Friday']],
  ['the afternoon', ['We close at 18:00'], 'We close at 6 p.m.', []],
  ['another hour', ['We close at 18:00'], 'We close at 7 p.m.', ['7 p.m.']],
  ['a morning is not tomorrow', ['x'], 'Guten Morgen! Wir melden uns.', []],
  ['may is a verb', ['x'], 'May I ask for your address? You may also march in.', []],
  ['a month', ['x'], 'It will be back in May.', ['May']],
  // Links and addresses
  ['a link with a full stop behind it', ['https://a.example/help'], 'See https://a.example/help.', []],
  ['links that nobody gave', ['x'], 'See evil.com/help or www.evil.com.', ['evil.com/help', 'www.evil.com']],
  [
    'a longer path',
    ['https://a.example/help'],
    'See https://a.example/help/pay',
    ['https://a.example/help/pay'],
  ],
  ['a forgotten space is no link', ['x'], 'Bitte warten.Wir melden uns.', []],
  ['an address in other case', ['Help@A.example'], 'Write to help@a.example.', []],
  ['another address', ['help@a.example'], 'Write to hello@a.example.', ['hello@a.example']],
  // Names
  [
    'polite formulas',
    ['Hi, Sam'],
    'Hello Sam,\n\nThank you. Our Customer Support Team will help.\n\nKind Regards,\nSupport Team',
    [],
  ],
  ['a signature nobody has', ['Hi, Sam'], 'Hello Sam,\n\nthank you.\n\nBest,\nMegan', ['Megan']],
  ['a product', ['printer'], 'Your HP LaserJet needs toner.', ['HP LaserJet']],
  ['two names at the beginning of a sentence', ['x'], 'Anna Schmidt will call you.', ['Anna Schmidt']],
  ['a title before a name', ['x'], 'We asked Dr. Wu about it.', ['Wu']],
  ['a possessive', ['Zoe'], "We are checking Zoe's account.", []],
  ['German nouns', ['x'], 'Vielen Dank für Ihre Anfrage. Wir prüfen die Bestellung und den Versand.', []],
  [
    'a German product',
    ['x'],
    'Wir empfehlen Ihnen den BlitzSurf und das Paket „Rundum Sorglos“.',
    ['BlitzSurf', 'Rundum Sorglos'],
  ],
  ['a French article', ['Paul'], "Bonjour Paul,\n\nMerci.\n\nCordialement,\nL'équipe Support", []],
  ['a French name after a preposition', ['x'], "C'est le bureau d'Anna qui vous répondra.", ['Anna']],
  ['a Japanese name', ['田中'], '田中様、鈴木さんがご対応します。お客様へ。', ['鈴木さん']],
  ['a Japanese duration', ['返品は三十日以内'], '返品は30日以内にお願いします。', []],
]
test.each(cases)('%s', (_name, sources, draft, expected) => {
  expect(checkClaims(draft, sources).map(({ claim }) => claim)).toEqual(expected)
})

// Scripts that put no space between a figure and the next word.
test.each([
  ['a Japanese price', ['| カップ | ¥1,980 |'], '価格は1,980円（税込）です。', []],
  ['another one', ['送料は全国一律550円です。'], '送料は990円です。', ['990円']],
  ['one in full width', ['送料は550円です。'], '送料は１，２００円です。', ['1,200円']],
  ['one with its sign before it', ['送料は550円です。'], '送料は¥990です。', ['¥990']],
  ['one in ten thousands', ['修理費は20,000円、点検は35000円'], '修理費は2万円、点検は3万5千円です。', []],
  ['another one in ten thousands', ['修理費は20,000円'], '修理費は3万円です。', ['3万円']],
  ['hours in Japanese', ['10:00〜18:30'], '営業は午前10時から午後6時半、または18時30分までです。', []],
  ['hours with a colon', ['10:00〜18:00'], '午後6：00に閉店します。', []],
  ['other hours', ['営業時間は10時から18時'], '営業時間は9時から20時までです。', ['9時', '20時']],
  [
    'a Japanese duration of hours is no time',
    ['営業は10時から、納期は48時間'],
    '48時間以内に発送します。',
    [],
  ],
  ['a percentage', ['10%引き'], '今なら20%割引です。', ['20%']],
  ['a percentage in tenths', ['20% off'], '今なら2割引です。', []],
  ['another duration', ['返品は7日以内'], '返品は30日以内です。', ['30日以内']],
  ['a duration in other words', ['返品は45分以内'], '四十五分以内です。十分ご注意ください。', []],
  ['days of a month', ['24.12.-26.12.'], '12月24日から26日まで休業します。', []],
  ['a month', ['On 3 February 2027'], '2月にお届けします。2027年2月の予定です。', []],
  ['a year of the emperor', ['2027-02-03'], '令和9年2月3日です。', []],
  ['a digit as an article', ['x'], '1つご用意します。', []],
  ['an order number', ['注文12345'], 'ご注文12345は発送済み、12346は準備中です。', ['12346']],
  ['a Chinese price', ['运费 12 元'], '运费为99元，送货需要3天。', ['99元', '3天']],
  [
    'the same one',
    ['Shipping 12 yuan in 3 days, 41 euros'],
    '运费为12元，送货需要3天，上门费为41欧元。',
    ['12元'],
  ],
  ['a Thai price', ['ค่าส่ง 50'], 'ค่าส่ง50และ70', ['70']],
  ['a Korean price', ['배송비 3000원'], '배송비는 3,000원입니다. 반품은 5,000원입니다.', ['5,000원']],
  ['a figure within a Latin word', ['x'], 'The HX5b and 7th are words.', []],
])('without spaces: %s', (_name, sources, draft, expected) => {
  const grounds = { sources, mail: '', today: '2026-12-09', exact: true }
  expect(checkFigures(draft, grounds).map(({ claim }) => claim)).toEqual(expected)
})

test('a claim is reported once, in the order of the text', () => {
  expect(checkClaims('It is $5 on Friday. Really, $5.', [])).toEqual([
    { claim: '$5', kind: 'price' },
    { claim: 'Friday', kind: 'date' },
  ])
})

// With one careless quantifier each of these took seconds; the runner's time limit then fails the test.
test.each([
  '\n',
  ' ',
  '(',
  '[',
  'a',
  'a.',
  'a@',
  '1 ',
  '1.000 ',
  '1-',
  '€ 1',
  '3 to ',
  'www.',
  'Aa Bb ',
  'in ',
  '<',
  '{',
])('16 KiB of %j are read in time', (part) => {
  const text = part.repeat(Math.floor(16_384 / part.length))
  expect(checkClaims(text, [text])).toEqual([])
  placeholders(text)
})

test.each([
  ['Dear [Name],', ['[Name]']],
  ['Dear [Your Name], see [insert date]', ['[Your Name]', '[insert date]']],
  ['Hallo {{vorname}}, {name}!', ['{{vorname}}', '{name}']],
  ['Dear <Your name>', ['<Your name>']],
  ['Date: ____', ['____']],
  ['am XX.XX. oder TT.MM.JJJJ', ['TT.MM.JJJJ']],
  ['the price is XXX', ['XXX']],
  ['〇〇様', ['〇〇']],
  ['【お名前】', ['【お名前】']],
  ['TBD', ['TBD']],
  ['Dear %FIRST_NAME%', ['%FIRST_NAME%']],
  // Near misses
  ['See note [1] and [2].', []],
  ['<https://a.example> and <help@a.example>', []],
  ['a < b and b > c', []],
  ['I waited ... and waited', []],
  ['Size XXL', []],
])('%s leaves the placeholders %j', (text, expected) => {
  expect(placeholders(text)).toEqual(expected)
})

test.each([
  ['Win at www.evil.example', true],
  ['Win at ｅｖｉｌ-shop．ｃｏｍ', true],
  ['Win at evil-shop[.]com', true],
  ['Win at evil-shop (dot) com', true],
  ['Win at evil-shop。com', true],
  ['Win at evil-shop\u200b.com', true],
  ['Win at hxxp://evil-shop/x', true],
  ['Win at EVIL-SHOP.COM', true],
  ['Win at /evil-shop.com', true],
  ['Win at _evil-shop.com_', true],
  ['Call +49 30 1234567 now', true],
  ['Opening hours (dot your i)', false],
  ['発送について。お願いします', false],
  ['Order 2026-11-24 of 3 lamps', false],
])('whether the subject %s says where to go: %s', (subject, expected) => {
  expect(hasContact(subject)).toBe(expected)
})

describe('outbound faults', () => {
  const check = {
    canaries: ['kite-7f3a9c2e51'],
    knownLinks: ['https://www.acme.example/help'],
    knownAddresses: ['Help@acme.example'],
    promptText: 'Every number, date, price and promise must stand in a source; copy it exactly.',
    salt: 'x7k2p9q4',
    instructions: 'Our margin on bikes is forty percent. Sign as the team of the workshop in Kiel.',
    quotable: ['The team of the workshop in Kiel'],
  }
  const leaked = Buffer.from('the mark is kite-7f3a9c2e51').toString('base64')
  test.each([
    ['See http://acme.example/help/ or write to help@acme.example.', []],
    ['See acme.example/help?id=1', ['link']],
    ['[here](https://evil.com/x)', ['link']],
    ['javascript:alert(1)', ['link']],
    ['Pay at EVIL.COM/pay', ['link']],
    ['Pay at Evil.Com', ['link']],
    ['Pay at EVIL.EXAMPLE', ['link']],
    ['Pay at evil。com/pay', ['link']],
    ['Pay at evil․com', ['link']],
    ['Pay at evil[.]com/pay or evil (dot) com', ['link', 'link']],
    ['Pay at evil\u00ad.com', ['link']],
    ['Pay at ｈｔｔｐ：／／evil', ['link']],
    ['Pay at //evil.com/pay', ['link']],
    ['Pay now:-evil.com', ['link']],
    ['Wait...evil.com', ['link']],
    ['Pay at evil.com@ now', ['link']],
    ['Pay at 192.0.2.7/pay or 192.0.2.7:8080', ['link', 'link']],
    ['Write to boss＠evil.com', ['address']],
    ['Write to boss@evil。com', ['address']],
    ['See ACME.example/help or write to HELP＠acme.example.', []],
    ['Version 2.1.0.4 is in docs/readme.md, not 1/2.5.', []],
    ['ありがとうございます。お待ちください。', []],
    ['Write to boss@evil.com', ['address']],
    ['The mark is KITE 7F3A 9C2E 51', ['canary']],
    ['15e2c9a3f7etik', ['canary']],
    [`Decode ${leaked}`, ['canary']],
    ['A kite in the sky, 7f3a', []],
    ['<<<MAIL:x7k2p9q4', ['marker', 'marker', 'marker']],
    ['My rules say: Every number, date, price and promise must stand in a source!', ['prompt']],
    ['Every price must stand in a source.', []],
    ['As told: OUR margin, on bikes, is forty percent', ['instructions']],
    ['Our margin is low.', []],
    ['OUR MARGIN\nON BIKES\nIS FORTY', ['instructions']],
    ['o u r m a r g i n o n b i k e s i s f o r t y', ['instructions']],
    ['.tnecrep ytrof si sekib no nigram ruO', ['instructions']],
    [Buffer.from('Psst: our margin on bikes is forty percent').toString('base64'), ['instructions']],
    [Buffer.from('Our margin on bikes is forty percent').toString('hex'), ['instructions']],
    [Buffer.from('The workshop is open on Saturday').toString('base64'), []],
    ['On bikes of forty riders our margin of error is small, about a percent', []],
    ['Yours, the team of the workshop in Kiel', []],
  ])('%s has the faults %j', (text, expected) => {
    expect(outboundFaults(text, check).map(({ fault }) => fault)).toEqual(expected)
  })

  const told = 'Our margin on bikes is forty percent'
  const codesOf = (base: number, width: number) =>
    [...told].map((letter) => letter.charCodeAt(0).toString(base).padStart(width, '0'))
  const each = (change: (letter: string) => string) =>
    [...told].map((letter) => (letter === ' ' ? letter : change(letter))).join('')
  const shifted = (by: number) =>
    each((letter) => {
      const start = letter < 'a' ? 65 : 97
      return String.fromCharCode(start + ((letter.charCodeAt(0) - start + by) % 26))
    })
  const cyrillic: Record<string, string> = { a: 'а', o: 'о', e: 'е', i: 'і', p: 'р', s: 'ѕ', y: 'у' }
  const symbol = (start: number) =>
    each((letter) => String.fromCodePoint(start + letter.toUpperCase().charCodeAt(0) - 65))
  const small = 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ'
  test.each([
    ['by ROT13', shifted(13)],
    ['by Caesar', shifted(3)],
    ['in letters of another alphabet', each((letter) => cyrillic[letter] ?? letter)],
    ['with accents', each((letter) => `${letter}\u0301`)],
    ['in small capitals', each((letter) => [...small][letter.toLowerCase().charCodeAt(0) - 97] ?? letter)],
    ['in squares', symbol(0x1f170)],
    ['in circles', symbol(0x1f150)],
    ['in regional indicators', symbol(0x1f1e6)],
    ['with figures as letters', told.replace(/o/g, '0').replace(/i/g, '1').replace(/e/g, '3')],
    [
      'in references of HTML',
      codesOf(10, 0)
        .map((code) => `&#${code};`)
        .join(''),
    ],
    [
      'in hexadecimal references of HTML',
      codesOf(16, 0)
        .map((code) => `&#x${code};`)
        .join(''),
    ],
    [
      'in the code of URLs',
      codesOf(16, 2)
        .map((code) => `%${code}`)
        .join(''),
    ],
    [
      'in the code of JSON',
      codesOf(16, 4)
        .map((code) => `\\u${code}`)
        .join(''),
    ],
    [
      'in quoted-printable',
      codesOf(16, 2)
        .map((code) => `=${code}`)
        .join(''),
    ],
    ['in hex with hyphens', codesOf(16, 2).join('-')],
    [
      'in a list of hex',
      codesOf(16, 2)
        .map((code) => `0x${code}`)
        .join(', '),
    ],
    ['in decimal codes', codesOf(10, 0).join(' ')],
    ['in binary', codesOf(2, 8).join(' ')],
    ['in Base64 with spaces', Buffer.from(told).toString('base64').replace(/.{3}/g, '$& ')],
    ['in Base64 twice', Buffer.from(Buffer.from(told).toString('base64')).toString('base64')],
    ['in Base64 backwards', [...Buffer.from(told).toString('base64')].reverse().join('')],
    ['word by word from the end', told.split(' ').reverse().join(' ')],
    [
      'each word backwards',
      told
        .split(' ')
        .map((word) => [...word].reverse().join(''))
        .join(' '),
    ],
    [
      'as first letters of lines',
      [...told.replaceAll(' ', '')].map((letter) => `${letter}x is a line.`).join('\n'),
    ],
    ['as first letters of words', [...told.replaceAll(' ', '')].map((letter) => `${letter}lpha`).join(' ')],
    [
      'as first words of lines',
      told
        .split(' ')
        .map((word) => `${word} is said here.`)
        .join('\n'),
    ],
    ['with a word between each two', told.split(' ').join(' really ')],
    ['with a letter between each two', [...told.replaceAll(' ', '')].map((letter) => `${letter}x`).join('')],
  ])('instructions written %s are found', (_name, disguised) => {
    expect(outboundFaults(`Hello,\n\n${disguised}\n`, check).map(({ fault }) => fault)).toContain(
      'instructions',
    )
  })

  const canary = 'Q7ZK2M9XWT'
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const backwards = (text: string) => [...text].reverse().join('')
  const disguises: readonly (readonly [string, (canary: string) => string])[] = [
    ['as it is', (mark) => `The mark is ${mark}.`],
    ['in lower case', (mark) => mark.toLowerCase()],
    ['spelled out', (mark) => [...mark].join(' ')],
    ['with hyphens and line ends', (mark) => [...mark].join('-\n')],
    ['with zero-width spaces', (mark) => [...mark].join('\u200b')],
    ['with soft hyphens and joiners', (mark) => [...mark].join('\u00ad\u2060')],
    [
      'in full width',
      (mark) => mark.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
    ],
    ['backwards', backwards],
    ['backwards, in lower case and spelled out', (mark) => [...backwards(mark.toLowerCase())].join('.')],
    ['in Base64', base64],
    ['in Base64 after one octet', (mark) => base64(`:${mark}`)],
    ['in Base64 after two octets, within a sentence', (mark) => base64(`a ${mark} is it, you see?`)],
    ['in Base64, in lower case', (mark) => base64(mark.toLowerCase())],
    ['in Base64, backwards', (mark) => base64(backwards(mark))],
    ['in Base64 over two lines', (mark) => base64(`the mark: ${mark}`).replace(/.{6}/g, '$&\r\n')],
    ['in Base64url', (mark) => Buffer.from(`?>${mark}?>`).toString('base64url')],
    ['in hex', (mark) => Buffer.from(mark).toString('hex')],
    [
      'in hex with spaces, in capitals',
      (mark) => Buffer.from(mark.toLowerCase()).toString('hex').toUpperCase().replace(/../g, '$& '),
    ],
  ]
  test.each(disguises)('a canary %s is found', (_name, disguise) => {
    const found = outboundFaults(`Hello,\n\n${disguise(canary)}\n`, { ...check, canaries: [canary] })
    expect(found).toEqual([{ fault: 'canary', found: 'canary 1' }])
  })
  test.each(disguises)('what is not a canary, %s, is not found', (_name, disguise) => {
    const found = outboundFaults(disguise('Q7ZK3M9XWT'), { ...check, canaries: [canary] })
    expect(found.filter(({ fault }) => fault === 'canary')).toEqual([])
  })
  test('whatever the canary and the text around it', () => {
    const mark = fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{10}$/)
    fc.assert(
      fc.property(
        mark,
        fc.string(),
        fc.string(),
        fc.constantFrom(...disguises),
        (one, before, after, [, disguise]) => {
          const found = outboundFaults(`${before} ${disguise(one)} ${after}`, { ...check, canaries: [one] })
          expect(found.map(({ fault }) => fault)).toContain('canary')
        },
      ),
    )
  })

  test('the canary itself is not repeated in the report', () => {
    expect(JSON.stringify(outboundFaults('kite-7f3a9c2e51', check))).not.toContain('7f3a')
  })

  test('links of the sources may be repeated', () => {
    const knownLinks = linksOf(['Manual: https://acme.example/m.pdf.', 'shop.acme.com'])
    expect(knownLinks).toEqual(['https://acme.example/m.pdf', 'shop.acme.com'])
    expect(
      outboundFaults('See https://acme.example/m.pdf and https://shop.acme.com/', { ...check, knownLinks }),
    ).toEqual([])
  })
})

describe('a weekday next to a date', () => {
  test.each([
    ['Montag bis Freitag, 14.12. bis 18.12., geöffnet.', []],
    ['Dienstag und Donnerstag, 15. und 17. Dezember', []],
    ['from Tuesday to Thursday, 15 December to 17 December', []],
    ['du lundi au vendredi, 14 décembre', []],
    ['Open Sundays 1 May to 30 September 2027', []],
    ['every Sunday 1 May to 30 September 2027', []],
    ['samstags 1. April bis 31. Oktober', []],
    ['les dimanches 1er mai et 8 mai', []],
    ['los lunes 1 de mayo a 30 de septiembre', []],
    ['Samstag, 12.12.2026', []],
    ['Montag, 14.12. bis Samstag, 18.12.', ['Samstag / 18.12.']],
    ['Freitag, 12.12.2026', ['Freitag / 12.12.2026']],
    ['el lunes 15 de diciembre', ['lunes / 15 de diciembre']],
    ['We closed on Monday. Friday, 12 December 2026', ['Friday / 12 December 2026']],
  ])('%s', (text, expected) => {
    expect(wrongWeekdays(text, '2026-12-09')).toEqual(expected)
  })
})

// So long that anything quadratic would take for ever.
describe('endless texts', () => {
  test.each(['二', '1', '二1', '1二', '三日'])('durations in nothing but %s', (unit) => {
    const found = findDurations(unit.repeat(600_000 / unit.length))
    expect(found.length).toBe(unit === '三日' ? 300_000 : 0)
  })
  test.each(['1円', '1万', '1千', '1万1', '午後1', '午後1時', '1月', '1,000万', '1割'])(
    'figures in %s',
    (unit) => {
      const text = unit.repeat(600_000 / unit.length)
      for (const find of [findDates, findPrices, findPercentages, findDurations, findPlainNumbers])
        expect(find(text).length).toBeLessThanOrEqual(600_000)
    },
  )
  test('dates', () => {
    expect(findDates('1.1.2026 '.repeat(60_000)).length).toBe(60_000)
  })
  test('blanking out what was found', () => {
    const found = Array.from({ length: 300_000 }, (_, at) => ({ claim: '€1', index: 3 * at }))
    expect(masked('€1 '.repeat(300_000), found).trim()).toBe('')
  })
})

test.each([
  ['abcdef', [[1, 2]], 'a  def'],
  [
    'abcdef',
    [
      [4, 2],
      [0, 1],
    ],
    ' bcd  ',
  ],
  [
    'abcdef',
    [
      [1, 3],
      [2, 3],
    ],
    'a    f',
  ],
  [
    'abcdef',
    [
      [1, 4],
      [2, 1],
    ],
    'a    f',
  ],
  ['abcdef', [], 'abcdef'],
])('%s with %j blanked out is %j', (text, places, expected) => {
  const found = places.map(([index = 0, length = 0]) => ({ claim: text.slice(index, index + length), index }))
  expect(masked(text, found)).toBe(expected)
})

test.each([
  ...['5%', '5 ％', 'five percent', '5 per cent', '5 Prozent', '5 pour cent', '5 pourcent', '5 POR CIENTO'],
  ...['5 per cento', '5 procent', '5パーセント'],
])('%s is a percentage', (written) => {
  expect(findPercentages(`It is ${written}.`).flatMap(({ keys }) => keys)).toEqual(['pc:5'])
})
