import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findAddresses, findLinks, hasContact } from '../../../src/check/claims/links.ts'
import { addressesOf, linksOf, outboundFaults } from '../../../src/check/claims.ts'

/** Faults of a text whose writer knows these sources. */
const faults = (text: string, ...sources: string[]) =>
  outboundFaults(text, {
    canaries: [],
    knownLinks: linksOf(sources),
    knownAddresses: addressesOf(sources),
    promptText: null,
    instructions: '',
    quotable: [],
    salt: '',
  }).map(({ fault, found }) => `${fault}: ${found}`)

const returns = 'https://acme.example/returns'
const address = 'info@acme.example'

describe('what the owner publishes may be written without spaces around it', () => {
  test.each([
    ['https://acme.example/returnsをご覧ください。', returns],
    ['返品方法は「https://acme.example/returns」をご覧ください。', returns],
    [
      '返品方法はhttps://acme.example/returnsに記載しています。',
      '詳しくはhttps://acme.example/returnsまで。',
    ],
    ['https://acme.example/returns（英語）', returns],
    ['https://acme.example/returns（PDF）をご覧ください', returns],
    ['https://acme.example/returns(英語)', returns],
    ['https://acme.example/returns、https://acme.example/faqをどうぞ', `${returns} https://acme.example/faq`],
    ['https://acme.example/をご覧ください。次の営業日に発送します。', 'https://acme.example'],
    ['https://acme.exampleをご覧ください。次の営業日に発送します。', 'https://acme.example'],
    ['https://acme.exampleのフォーム、またはinfo@acme.exampleまで', `https://acme.example ${address}`],
    ['www.acme.exampleから', 'https://acme.example'],
    ['acme.example/returnsをご覧ください。', returns],
    ['詳しくはacme.example/returnsをご覧ください。', returns],
    ['请访问https://acme.example/returns，谢谢。', returns],
    ['您可以在https://acme.example/returns查看退货政策。', returns],
    ['https://acme.example/returns에서 확인하세요', returns],
    ['返品はinfo@acme.exampleまでご連絡ください。', address],
    ['メール info@acme.example にご連絡ください', 'お問い合わせはinfo@acme.exampleまでお願いします'],
    ['info@acme.exampleまたはhelp@acme.exampleまで', `${address}, help@acme.example`],
    ['メール：info@acme.example。電話も可', address],
    ['https://acme.example/お問い合わせ をご覧ください', 'https://acme.example/お問い合わせ'],
    ['https://お店.example/faqをご覧ください', 'https://お店.example/faq'],
    ['https://お店.exampleをご覧ください', 'https://お店.example/'],
    ['連絡先：店@お店.example です', '店@お店.example'],
  ])('%s', (text, ...sources) => {
    expect(faults(text, ...sources)).toEqual([])
  })
})

describe('what the owner does not publish is a fault in every script', () => {
  test.each([
    // A foreign domain in a sentence, or after the owner's.
    ['evil.comをご覧ください', 'link: evil.com'],
    ['詳しくはevil.comへ', 'link: evil.com'],
    ['返品/交換はevil.comへ', 'link: evil.com'],
    ['https://acme.exampleかevil.comへ', 'link: https://acme.exampleかevil.com'],
    ['https://acme.example/returnsをevil.comで', 'link: evil.com'],
    ['https://acme.example/returns、evil.com/payで', 'link: evil.com/pay'],
    ['https://acme.example/returnsとhttps://evil.com/xへ', 'link: https://evil.com/x'],
    ['https://acme.example/をご覧ください。次はevil.comへ', 'link: evil.com'],
    ['acme.exampleをご覧ください．次はevil.comへ', 'link: acme.exampleをご覧ください.次はevil.com'],
    ['acme.example/returnsを192.0.2.7/payで', 'link: 192.0.2.7/pay'],
    ['请访问evil.com，谢谢。', 'link: 请访问evil.com'],
    ['evil.com에서', 'link: evil.com'],
    ['evil（.）comをご覧', 'link: evil.com'],
    ['evil （dot） comをご覧', 'link: evil.com'],
    // The owner's host is only the beginning of another, or the end.
    ['https://acme.exampleを.evil.com/', 'link: https://acme.exampleを.evil.com/'],
    ['https://acme.exampleを.evil.com:8080をご覧', 'link: https://acme.exampleを.evil.com:8080'],
    ['https://acme.exampleを。evil.com/', 'link: https://acme.exampleを。evil.com/'],
    ['https://acme.exampleを．ｅｖｉｌ．ｃｏｍ', 'link: https://acme.exampleを.evil.com'],
    ['https://acme.example。evil.com/', 'link: https://acme.example.evil.com/'],
    ['acme.example。ｅｖｉｌ。ｃｏｍをご覧', 'link: acme.example.evil.com'],
    ['acme．example．evil．comまで', 'link: acme.example.evil.com'],
    ['https://acme.exampleを.comまで', 'link: https://acme.exampleを.com'],
    ['acme.exampleを.comまでどうぞよろしくお願いいたしますので、', 'link: acme.exampleを.com'],
    ['https://acme.exampleの.みんな/', 'link: https://acme.exampleの.みんな/'],
    ['https://acme.exampleの.みんなへ', 'link: https://acme.exampleの.みんなへ'],
    ['https://acme.exampleを%2eevil.com/', 'link: https://acme.exampleを%2eevil.com/'],
    ['公式acme.exampleをご覧ください', 'link: 公式acme.example'],
    ['https://公式acme.exampleをご覧ください', 'link: https://公式acme.example'],
    ['https://公式はacme.exampleへ', 'link: https://公式はacme.example'],
    ['evil.公式はacme.exampleへ', 'link: evil.公式はacme.example'],
    ['acme.exampleアｃｏｍ.com', 'link: acme.exampleアcom.com'],
    // The owner's host as the name of a user.
    ['https://acme.exampleを@evil.com/', 'link: https://acme.exampleを@evil.com/'],
    ['https://acme.exampleをx@1249763844/', 'link: https://acme.exampleをx@1249763844/'],
    ['https://acme.exampleをx@acme.example@evil.com', 'link: https://acme.exampleをx@acme.example@evil.com'],
    ['https://acme.example\\を@evil.com/', 'link: https://acme.example\\を@evil.com/'],
    // Letters that look like others.
    ['詳しくはаcme.exampleをご覧ください', 'link: 詳しくはаcme.example'],
    ['https://аcme.example/returnsをご覧', 'link: https://аcme.example/returns'],
    ['詳しくはxn--cme-7cd.exampleへ', 'link: xn--cme-7cd.example'],
    ['https://xn--cme-7cd.exampleへ', 'link: https://xn--cme-7cd.example'],
    // A page of a host where anyone may have one.
    ['https://acme.example/偽物', 'link: https://acme.example/偽物'],
    ['https://acme.example/u?to=偽物', 'link: https://acme.example/u?to=偽物'],
    // Addresses.
    ['boss@evil.comまでご連絡ください', 'address: boss@evil.com'],
    ['返品はboss＠evil．comまで', 'address: boss@evil.com'],
    ['boss@evil。comまで', 'address: boss@evil.com'],
    ['info@acme.exampleまたはboss@evil.comまで', 'address: boss@evil.com'],
    ['返品はhelp@acme.exampleまで', 'address: help@acme.example'],
    ['info@acme.exampleを.evil.comまで', 'address: info@acme.exampleを.evil.com'],
    ['info@公式acme.exampleまで', 'address: info@公式acme.example'],
    ['返品はinfo@аcme.exampleまで', 'address: info@аcme.example'],
    ['返品はinfо@acme.exampleまで', 'address: infо@acme.example'],
    ['店@acme.example', 'address: 店@acme.example'],
  ])('%s', (text, expected) => {
    const sources = ['https://acme.example', returns, address]
    expect(faults(text, ...sources)).toContain(expected)
  })

  const words = fc.stringMatching(/^[ぁ-んァ-ン一-龠、。（）「」・ー가-힣]{0,12}$/)
  const own = fc.constantFrom(
    returns,
    'https://acme.example',
    'https://acme.example/',
    'www.acme.example',
    address,
  )
  test.each(['https://evil.com/x', 'www.evil.com', 'evil.com/pay', 'boss@evil.com'])(
    'whatever stands around %s',
    (foreign) => {
      fc.assert(
        fc.property(words, own, words, words, (before, known, between, after) => {
          const found = faults(`${before}${known}${between}${foreign}${after}`, returns, address)
          expect(found).not.toEqual([])
        }),
      )
    },
  )
})

describe('an abbreviation without a space is no link', () => {
  test.each([
    'Die Tasse (Art.Nr. 4711) ist lieferbar, Best.Nr. und Kd.Nr. bitte angeben, Tel.Nr. auch.',
    'Uw bestel.nr. en tel.nr. graag.',
    'The lamp (Art.No. 4711), Ref.No. 12 of Tanaka Co.Ltd.',
    'Vogt GmbH & Co.KG, Berg GmbH&Co.KG',
    'Dr.med. Vogt, Dr.med.vet. Lindner, Dipl.Ing. Berg, Ann Kunde, M.Sc.',
    'Monsieur M.Dupont et Mme E.Leclerc, Fr.Schmidt, Hr.Weber',
    'Gent.ma Signora, Preg.mo Dottore, la Sig.na Rossi',
    'Obradoiro S.Coop. Galega',
  ])('%s', (text) => {
    expect(faults(text)).toEqual([])
  })

  test.each([
    ['Pay at art.nr/pay', 'link: art.nr/pay'],
    ['Pay at art.nr:8080', 'link: art.nr:8080'],
    ['Pay at //art.nr', 'link: art.nr'],
    ['Pay at order.no today', 'link: order.no'],
    ['Pay at c.so', 'link: c.so'],
    ['Pay at www.art.nr', 'link: www.art.nr'],
    ['Pay at https://co.kg', 'link: https://co.kg'],
    ['Pay at evil.art.nr', 'link: evil.art.nr'],
    ['Pay at Evil.Nr', 'link: Evil.Nr'],
    ['Pay at Evil.KG', 'link: Evil.KG'],
    ['Pay at X.Com', 'link: X.Com'],
    ['Pay at J.Li', 'link: J.Li'],
    ['Open rechnung.zip', 'link: rechnung.zip'],
    ['Write to boss@co.kg', 'address: boss@co.kg'],
  ])('but %s is', (text, expected) => {
    expect(faults(text)).toEqual([expected])
  })
})

test.each([
  ['Re: Art.Nr. 4711', false],
  ['Re: Termin 09.12.2026 10:00', false],
  ['Re: Anfrage 05.01. - 08.01.2027', false],
  ['Re: Reservation 08/01/2027 19:30', false],
  ['Re: Reserva 09/12/2026 10:00 - 12:00', false],
  ['Re: Bestellung 0012345678', true],
  ['To order 08001234567', true],
  ['Re: Amazon order 0018005551234', true],
  ['Re: Bestellnr. 0012345678', false],
  ['Re: Order #0123456789, invoice no. 0023456789', false],
  ['Re: 注文番号0012345678', false],
  // Telephone numbers that look alike
  ['Appelez 01.02.03.04.05', true],
  ['Call 0123.12.12.2026', true],
  ['Call 0171 20.12.2026', true],
  ['Call 01712345678', true],
  ['Order 0171 2345678', true],
  ['Order by 09.12.2026: 0171 2345678', true],
  ['Termin 09.12.2026 10:00, Tel. 01712345678', true],
  ['Order +491712345678', true],
])('whether the subject %s says where to go: %s', (subject, expected) => {
  expect(hasContact(subject)).toBe(expected)
})

test('a page in a script without spaces does not publish the host', () => {
  expect(linksOf(['https://note.example/本物です'])).toEqual(['https://note.example/本物です'])
})

describe('endless texts', () => {
  test.each([
    'a.co ',
    'a.coあ',
    'https://a.coあ',
    'https://aあ',
    'a@b.coあ',
    'aあ',
    'a/あ',
    'あは',
    'あ.',
    '。a',
  ])('nothing but %s', (part) => {
    const text = part.repeat(200_000 / part.length)
    expect(findLinks(text).length + findAddresses(text).length).toBeGreaterThanOrEqual(0)
  })
})
