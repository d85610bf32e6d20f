/** Documents other than text in the knowledge folder: their conversion, and the cost of hostile ones. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { silentLog } from '../../src/base/log.ts'
import { toMarkdown } from '../../src/knowledge/documents/convert.ts'
import { decodePage, readHtml } from '../../src/knowledge/documents/html.ts'
import { type Knowledge, openKnowledge } from '../../src/knowledge/knowledge.ts'
import { docxOf, htmlOf, pdfOf, zipOf } from './make-documents.ts'

const markdown = `# Returns

Goods can be sent back within 30 days.

## Who pays

- Sending back costs 4.95 euros & more.
- It is free above 50 euros.

| size | price |
| --- | --- |
| small | 3 |
| large | 5 |`

const asMarkdown = (name: string, content: Buffer | string) => toMarkdown(name, Buffer.from(content))

describe('conversion', () => {
  test.each([
    ['a.docx', docxOf(markdown)],
    ['a.html', Buffer.from(htmlOf(markdown))],
    ['A.HTM', Buffer.from(htmlOf(markdown))],
  ])('%s keeps headings, items and tables', async (name, octets) => {
    expect(await toMarkdown(name, octets)).toBe(markdown)
  })

  test('a PDF has headings by size, paragraphs by distance, and no footer', async () => {
    const body = (number: number): [number, string][] => [
      ...([
        [20, `Part ${number}`],
        [11, `The first line of ${number}`],
        [11, 'and the second.'],
        [11, ''],
      ] as [number, string][]),
      ...([
        [11, 'Another paragraph (with brackets).'],
        [14, 'Prices'],
        [11, 'It costs 5 euros.'],
        [11, ''],
        [9, `Page ${number} of 3`],
      ] as [number, string][]),
    ]
    const text = await toMarkdown('a.pdf', pdfOf([body(1), body(2), body(3)]))
    expect(text).toContain(
      '# Part 2\n\nThe first line of 2 and the second.\n\nAnother paragraph (with brackets).\n\n## Prices\n\nIt costs 5 euros.',
    )
    expect(text).not.toContain('Page 2')
  })

  test('a PDF with raised cents and footnotes', async () => {
    const lines: [number, string][] = [
      [11, 'It costs 12{99} EUR within 30{1} days.'],
      [11, ''],
      [11, '{1} Unopened.'],
    ]
    expect(await toMarkdown('a.pdf', pdfOf([lines]))).toBe(
      'It costs 12.99 EUR within 30 [1] days.\n\n1 Unopened.',
    )
  })

  test('words that may break at a soft hyphen are whole', async () => {
    expect(await asMarkdown('a.html', '<p>R\u00fcck\u00adsen\u200bdung</p>')).toBe('R\u00fccksendung')
  })

  test.each([
    ['commas', 'a.csv', 'name,price\n"Mug, blue",3\n"a ""b""",4\n'],
    ['semicolons', 'a.csv', '\ufeffname;price\r\nMug, blue;3\r\na "b";4\r\n'],
    ['tabulators', 'a.tsv', 'name\tprice\nMug, blue\t3\na "b"\t4'],
  ])('a table with %s', async (_, name, text) => {
    expect(await asMarkdown(name, text)).toBe(
      '| name | price |\n| --- | --- |\n| Mug, blue | 3 |\n| a "b" | 4 |',
    )
  })

  test('a mail', async () => {
    const mail =
      'From: a@b.example\r\nSubject: =?utf-8?q?=C3=96ffnungszeiten?=\r\n\r\nWe are open\r\nfrom 9 to 5.\r\n'
    expect(await asMarkdown('a.eml', mail)).toBe('# Öffnungszeiten\n\nWe are open from 9 to 5.')
  })

  test('a page without the parts that are on every page', () => {
    const page =
      readHtml(`<html><head><title>Help | Shop</title></head><body><nav><a href="/a">Menu</a></nav><header>Shop</header>
      <p>Before</p><div role="navigation">Also</div><main><h1>Help</h1><p>One <b>two</b><br>three ${'and more '.repeat(20)}</p><script>x()</script>
      <form><input>Sign up</form></main><footer>Imprint</footer></body></html>`)
    expect(page.markdown).toMatch(/^# Help\n\nOne two\n\nthree (and more ?)+$/)
    expect([page.title, page.links]).toEqual(['Help | Shop', ['/a']])
  })

  test.each([
    ['as the server says', 'big5', 'text/html; charset="big5"', ''],
    ['as the page says', 'windows-1253', 'text/html', '<meta charset=windows-1253>'],
    [
      'as the page says, the old way',
      'euc-kr',
      '',
      '<meta http-equiv="Content-Type" content="text/html; charset=euc-kr">',
    ],
    ['as an XML declaration says', 'shift_jis', '', '<?xml version="1.0" encoding="shift_jis"?>'],
    ['UTF-16, as its mark says', 'utf-16', 'text/html; charset=utf-8', ''],
    ['UTF-8, whatever is said', 'utf-8', 'text/html; charset=iso-8859-1', '<meta charset=iso-8859-1>'],
    ['not UTF-8, whatever is said', 'windows-1252', 'text/html; charset=utf-8', ''],
  ])('the charset of a page: %s', (_, charset, type, head) => {
    const texts: Record<string, string> = {
      ...{ big5: '送貨需要三天', 'windows-1253': 'Η παράδοση διαρκεί τρεις ημέρες' },
      ...{ 'euc-kr': '배송은 삼일 걸립니다', shift_jis: '配送には三日', 'utf-8': 'Größe: 5 €' },
    }
    const html = `${head}<p>${texts[charset] ?? 'Öffnungszeiten: für Größe 5 €'}</p>`
    expect(decodePage(iconv.encode(html, charset, { addBOM: charset === 'utf-16' }), type)).toBe(html)
  })

  test('deleted text and fields of a DOCX are not text', async () => {
    const text =
      '<w:document><w:body><w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p></w:body></w:document>'
    expect(await toMarkdown('a.docx', zipOf({ 'word/document.xml': text }))).toBe('kept')
  })

  test.each([
    ['is hidden', '<w:vanish/>', ''],
    ['is hidden, in so many words', '<w:vanish w:val="true"/>', ''],
    ['is hidden by its style', '<w:rStyle w:val="Secret"/>', ''],
    ['is hidden by a style that its style is based on', '<w:rStyle w:val="Note"/>', ''],
    ['is white', '<w:color w:val="FFFFFF"/>', ''],
    ['is half a point high', '<w:sz w:val="1"/>', ''],
    ['is struck through', '<w:strike/>', ''],
    ['is struck through twice', '<w:dstrike w:val="1"/>', ''],
    ['is not struck through', '<w:strike w:val="0"/>', ' words'],
    ['is shown', '<w:vanish w:val="0"/>', ' words'],
    ['is white on a dark background', '<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>', ' words'],
    ['is shown despite its style', '<w:rStyle w:val="Secret"/><w:vanish w:val="false"/>', ' words'],
  ])('text of a DOCX that %s', async (_, looks, shown) => {
    const styles =
      '<w:styles><w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:styleId="Note"><w:basedOn w:val="Secret"/></w:style></w:styles>'
    const document = `<w:document><w:body><w:p><w:r><w:t>kept</w:t></w:r><w:r><w:rPr>${looks}</w:rPr><w:t xml:space="preserve"> words</w:t></w:r><w:r><w:t>.</w:t></w:r></w:p></w:body></w:document>`
    const parts = { 'word/document.xml': document, 'word/styles.xml': styles }
    expect(await toMarkdown('a.docx', zipOf(parts))).toBe(`kept${shown}.`)
  })

  const run = (text: string, looks = '') =>
    `<w:r><w:rPr>${looks}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`
  const cell = (text: string, properties = '') =>
    `<w:tc><w:tcPr>${properties}</w:tcPr><w:p>${run(text)}</w:p></w:tc>`

  test.each([
    [
      'raised cents',
      `<w:p>${run('It costs 12')}${run('99', '<w:vertAlign w:val="superscript"/>')}${run(' €.')}</w:p>`,
      'It costs 12.99 €.',
    ],
    [
      'footnotes where they are referred to',
      `<w:p>${run('30 days')}<w:r><w:footnoteReference w:id="2"/></w:r>${run(' at most.')}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>`,
      '30 days (unopened goods only) at most.',
    ],
    [
      'a hyphen that does not break',
      `<w:p><w:r><w:t>E</w:t><w:noBreakHyphen/><w:t>Mail</w:t></w:r></w:p>`,
      'E-Mail',
    ],
    [
      'a text box, once',
      `<w:p>${run('Before')}<w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p>${run('In the box')}</w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p>${run('In the box')}</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>`,
      'Before\n\nIn the box',
    ],
    [
      'joined cells of a table',
      `<w:tbl><w:tr>${cell('Country')}${cell('Zone')}${cell('Price')}</w:tr><w:tr>${cell('Germany', '<w:vMerge w:val="restart"/>')}${cell('A')}${cell('5 €')}</w:tr><w:tr>${cell('', '<w:vMerge/>')}${cell('B')}${cell('8 €')}</w:tr><w:tr>${cell('Norway')}${cell('on request', '<w:gridSpan w:val="2"/>')}</w:tr></w:tbl>`,
      '| Country | Zone | Price |\n| --- | --- | --- |\n| Germany | A | 5 € |\n| Germany | B | 8 € |\n| Norway | on request | on request |',
    ],
  ])('a DOCX with %s', async (_, body, text) => {
    const notes = `<w:footnotes><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote><w:footnote w:id="2"><w:p>${run('unopened goods')}${run(' only')}</w:p></w:footnote></w:footnotes>`
    const document = `<w:document><w:body>${body}</w:body></w:document>`
    const parts = { 'word/document.xml': document, 'word/footnotes.xml': notes }
    expect(await toMarkdown('a.docx', zipOf(parts))).toBe(text)
  })

  test('text of a DOCX does not count at the place from which it was moved', async () => {
    const text =
      '<w:document><w:body><w:p><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>kept</w:t></w:r></w:moveTo></w:p></w:body></w:document>'
    expect(await toMarkdown('a.docx', zipOf({ 'word/document.xml': text }))).toBe('kept')
  })
})

/** A PDF of one line with another catalogue or trailer; the offsets of its table are then wrong, which readers repair. */
const pdfWith = (replaced: string, by: string) =>
  Buffer.from(
    pdfOf([[[11, 'Please wait']]])
      .toString('latin1')
      .replace(replaced, by),
    'latin1',
  )

describe('a faulty document', () => {
  /** A third larger than a part may be. */
  const bomb = Buffer.alloc(40_000_000, ' ')
  const doctype = `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 30 }, (_, at) => `<!ENTITY ${String.fromCharCode(98 + at)} "${`&${String.fromCharCode(97 + at)};`.repeat(10)}">`).join('')}]>`
  test.each<[string, string, () => Buffer | string, string]>([
    ['no PDF', 'a.pdf', () => 'hello', 'it is damaged, or not a PDF file'],
    ['a scanned PDF', 'a.pdf', () => pdfOf([[]]), 'it has no text: it may be scanned'],
    [
      'a PDF of 4,000 pages',
      'a.pdf',
      () => pdfOf(Array.from({ length: 4000 }, () => [])),
      'it has more than 3000 pages',
    ],
    [
      'a PDF with a password',
      'a.pdf',
      () =>
        pdfWith(
          '/Root 1 0 R',
          `/Root 1 0 R /ID [<${'0a'.repeat(16)}> <${'0a'.repeat(16)}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'1b'.repeat(32)}> /U <${'2c'.repeat(32)}> >>`,
        ),
      'it is encrypted',
    ],
    [
      'a form whose page says only "Please wait"',
      'a.pdf',
      () => pdfWith('/Type /Catalog', '/Type /Catalog /AcroForm << /Fields [] /XFA [(template) 5 0 R] >>'),
      'it is a dynamic form (XFA)',
    ],
    ['no archive', 'a.docx', () => 'hello', 'it is not a DOCX file'],
    ['another archive', 'a.docx', () => zipOf({ 'a.txt': 'a' }), 'it is not a DOCX file'],
    [
      'a zip bomb',
      'a.docx',
      () => zipOf({ 'word/document.xml': bomb }),
      'it unpacks to more than 30000000 octets',
    ],
    [
      'a zip bomb that lies',
      'a.docx',
      () => zipOf({ 'word/document.xml': bomb }, 1000),
      'its archive is damaged',
    ],
    ['nothing', 'a.csv', () => '', 'it has no text'],
    [
      'a table of 3 MB',
      'a.csv',
      () => `${'a'.repeat(97)},b\n`.repeat(30_000),
      'it has more than 2000000 characters',
    ],
  ])('%s is left out', async (_, name, content, fault) => {
    await expect(asMarkdown(name, content())).rejects.toThrow(fault)
  })

  test('XML entities are not expanded', async () => {
    const xml = `${doctype}<w:document><w:p><w:r><w:t>&z; &amp; more</w:t></w:r></w:p></w:document>`
    expect((await toMarkdown('a.docx', zipOf({ 'word/document.xml': xml }))).length).toBeLessThan(100)
  })

  test.each([
    [
      'a DOCX',
      'a.docx',
      () => zipOf({ 'word/document.xml': '<w:p><w:numPr/><w:t>ab</w:t></w:p>'.repeat(200_000) }),
    ],
    ['a page', 'a.html', () => Buffer.from('<li>ab'.repeat(200_000))],
  ])('a list of 200,000 items in %s is written once, not again for each item', async (_, name, make) => {
    // Within seconds; item by item it takes minutes.
    expect((await toMarkdown(name, make())).length).toBe(200_000 * 5 - 1)
  })

  test('endlessly nested elements of a DOCX', async () => {
    const xml = '<w:tbl><w:tr><w:tc>'.repeat(300_000)
    await expect(toMarkdown('a.docx', zipOf({ 'word/document.xml': xml }))).rejects.toThrow(
      'nested more than 1000 deep',
    )
  })

  test('endlessly nested elements', async () => {
    await expect(asMarkdown('a.html', `${'<div>'.repeat(200_000)}deep`)).rejects.toThrow(
      'nested more than 1000 deep',
    )
  })
})

describe('in the knowledge folder', () => {
  let folder: string
  let cache: string
  let open: Knowledge[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replyd-documents-'))
    cache = mkdtempSync(join(tmpdir(), 'replyd-converted-'))
    open = []
  })
  afterEach(() => {
    for (const knowledge of open) knowledge.close()
    for (const each of [folder, cache]) rmSync(each, { recursive: true })
  })
  const opened = () => {
    const knowledge = openKnowledge(folder, silentLog, cache)
    open.push(knowledge)
    return knowledge
  }
  const write = (name: string, content: Buffer | string) => writeFileSync(join(folder, name), content)
  const labels = (knowledge: Knowledge) =>
    knowledge
      .find({ queries: ['sending back costs'], tokens: 1, whole: 0 })
      .map(({ file, heading }) => `${file} > ${heading}`)

  test('they are found, a broken one is named and left out, and a change is read', async () => {
    write('returns.docx', docxOf(markdown))
    write('broken.pdf', 'no PDF')
    write('hours.md', '# Hours\n\nWe are open from 9 to 5.')
    const knowledge = opened()
    await knowledge.settled()
    expect(labels(knowledge)).toEqual(['returns.docx > Returns > Who pays'])
    expect(knowledge.files()).toEqual([
      { file: 'broken.pdf', passages: 0, fault: 'it is damaged, or not a PDF file' },
      { file: 'hours.md', passages: 1, fault: null },
      { file: 'returns.docx', passages: 2, fault: null },
    ])
    const before = knowledge.hash
    write('returns.docx', docxOf('# Returns\n\nSending back costs nothing at all.'))
    await knowledge.settled()
    expect(labels(knowledge)).toEqual(['returns.docx > Returns'])
    expect(knowledge.hash).not.toBe(before)
    expect(knowledge.outline.headings).toContain('Hours')
  })

  test('converted documents are there at once at the next start, and only once', async () => {
    write('returns.html', htmlOf(markdown))
    write('copy.html', htmlOf(markdown))
    await opened().settled()
    expect(readdirSync(cache)).toHaveLength(1)
    expect(
      opened()
        .files()
        .map(({ passages }) => passages),
    ).toEqual([2, 2])
  })

  test('a document that needs too much memory ends only its worker', async () => {
    // A content stream of less than 1 MB that unpacks to 800 MB: the same blocks a hundred times, and an empty last one.
    const blocks = deflateRawSync(Buffer.alloc(8_000_000, '0 '), { finishFlush: constants.Z_FULL_FLUSH })
    const head = Buffer.from([0x78, 0x9c])
    const stream = Buffer.concat([head, ...Array.from({ length: 100 }, () => blocks), Buffer.from([3, 0])])
    const pdf = pdfOf([[[11, 'x']]]).toString('latin1')
    const bomb = pdf.replace(
      /<< \/Length \d+ >>\nstream\n[\s\S]*?\nendstream/,
      () =>
        `<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n${stream.toString('latin1')}\nendstream`,
    )
    write('bomb.pdf', Buffer.from(bomb, 'latin1'))
    write('returns.docx', docxOf(markdown))
    const knowledge = opened()
    await knowledge.settled()
    expect(knowledge.files()).toEqual([
      {
        file: 'bomb.pdf',
        passages: 0,
        fault: expect.stringMatching(/memory|60 s|could not be read|no text|damaged/),
      },
      { file: 'returns.docx', passages: 2, fault: null },
    ])
  })
})
