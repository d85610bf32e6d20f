import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { type Knowledge, openKnowledge } from '../../src/knowledge/knowledge.ts'
import { passagesOf } from '../../src/knowledge/passages.ts'
import { foldTerm, tokenize } from '../../src/knowledge/tokens.ts'

let folder: string
let open: Knowledge[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-knowledge-'))
  open = []
})
afterEach(() => {
  for (const knowledge of open) knowledge.close()
  rmSync(folder, { recursive: true })
})

function write(name: string, text: string | Buffer) {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}
function opened(): Knowledge {
  const knowledge = openKnowledge(folder, silentLog)
  open.push(knowledge)
  return knowledge
}
/** Searches with room for this many short passages. */
const find = (knowledge: Knowledge, query: string, most = 1) =>
  knowledge.find({ queries: [query], tokens: most * 30, whole: 0 })
const labels = (passages: readonly { file: string; heading: string }[]) =>
  passages.map(({ file, heading }) => `${file}#${heading}`)
const best = (knowledge: Knowledge, query: string) =>
  labels([...find(knowledge, query, 20)].sort((a, b) => b.score - a.score)).slice(0, 1)
const files = (knowledge: Knowledge, query: string, most = 20) => labels(find(knowledge, query, most))

describe('a folder in several languages', () => {
  beforeEach(() => {
    write(
      'shop/returns.md',
      '# Returns\n\nIntro.\n\n## Time limit\n\nYou may send goods back within 30 days of delivery.\n',
    )
    write(
      'versand.md',
      '# Versand\n\nDie Lieferung dauert drei Werktage.\n\n## Rücksendung\n\nRückgabe binnen 30 Tagen, das Porto zahlen wir.\n',
    )
    write(
      'ja.md',
      '# 配送\n\n商品は三営業日以内に発送します。\n\n# 返品\n\n返品は三十日以内にお願いします。\n',
    )
    write('hours.txt', 'We are open from Monday to Friday, 9 to 17.\n')
    write('.hidden/secret.md', '# Secret\n\nreturns returns returns\n')
    write('image.png', 'returns returns')
  })

  test.each([
    [
      'How long do I have to return something? I want to send goods back.',
      'shop/returns.md#Returns > Time limit',
    ],
    ['Wie lange dauert die Lieferung?', 'versand.md#Versand'],
    [
      'Ich möchte etwas zurückgeben, wer zahlt bei einer Ruckgabe das Porto?',
      'versand.md#Versand > Rücksendung',
    ],
    ['返品したいのですが', 'ja.md#返品'],
    ['商品はいつ発送されますか', 'ja.md#配送'],
    ['Are you open on Friday?', 'hours.txt#'],
  ])('%s is answered by %s', (query, expected) => {
    expect(best(opened(), query)).toEqual([expected])
  })

  test('a word that occurs nowhere finds nothing', () => {
    expect(find(opened(), 'xylophone', 3)).toEqual([])
  })

  test('hidden folders and other files are not read', () => {
    expect(files(opened(), 'secret returns', 10).join()).not.toMatch(/secret|png/)
  })

  test('passages are given in the order of the folder, as many as there is room for', () => {
    const queries = ['send goods back within 30 days, Rückgabe binnen 30 Tagen']
    const all = opened().find({ queries, tokens: 1000, whole: 0 })
    expect(labels(all)).toEqual([...labels(all)].sort())
    expect(all.length).toBeGreaterThan(2)
    expect(opened().find({ queries, tokens: 28, whole: 0 })).toHaveLength(1)
  })

  test('each query gets its passages, however many there are', () => {
    const queries = ['Wie lange dauert die Lieferung?', 'Are you open on Friday?', '返品したい']
    const found = opened().find({ queries, tokens: 200, whole: 0 })
    expect(labels(found)).toEqual(expect.arrayContaining(['versand.md#Versand', 'hours.txt#', 'ja.md#返品']))
  })

  test('the outline names the languages, the commonest first, and some headings', () => {
    const { languages, headings } = opened().outline
    expect(languages).toEqual(expect.arrayContaining(['de', 'en', 'ja']))
    expect(headings).toHaveLength(2)
  })

  test.each([
    ['versand.md > Versand > Rücksendung', 'versand.md#Versand > Rücksendung'],
    ['Rücksendung', 'versand.md#Versand > Rücksendung'],
    ['versand > Rücksendung', 'versand.md#Versand > Rücksendung'],
    ['Time limit', 'shop/returns.md#Returns > Time limit'],
    ['Time', undefined],
    ['', undefined],
  ])('the label %j names %j', (label, expected) => {
    expect(labels(opened().named(label))[0]).toBe(expected)
  })
})

test('a folder that is small enough is given in full, even to a query in another language', () => {
  write('a.md', '# Refunds\n\nRefunds take five days.\n')
  const wanted = { queries: ['Wann bekomme ich mein Geld?'], tokens: 10, whole: 100 }
  expect(opened().find(wanted)).toEqual([
    { file: 'a.md', heading: 'Refunds', text: 'Refunds take five days.', score: 0 },
  ])
  expect(opened().find({ ...wanted, whole: 5 })).toEqual([])
})

test('parts of words find compounds and inflected words', () => {
  write('a.md', '# Kellerreinigung\n\nNur im Winter.\n\n# Anfahrt\n\nMit dem Bus.\n')
  expect(best(opened(), 'Reinigung der Keller')).toEqual(['a.md#Kellerreinigung'])
})

test('words that most passages share do not decide', () => {
  const shared = Array.from({ length: 12 }, (_, at) => `# Price ${at}\n\nWhat does it cost here? Item ${at}.`)
  write('a.md', [...shared, '# Bicycle hire\n\nTwelve a day.'].join('\n\n'))
  expect(best(opened(), 'What does it cost here, the bicycle hire?')).toEqual(['a.md#Bicycle hire'])
})

test('in a folder of a few passages every word counts', () => {
  write('hours.md', '# Hours\n\nOn Saturday we are open from ten to two.\n')
  expect(best(opened(), 'Are you open on Saturday?')).toEqual(['hours.md#Hours'])
  write('fees.md', '# Fees\n\nA parking place costs two euros on Saturday.\n')
  expect(best(opened(), 'Are you open on Saturday?')).toEqual(['hours.md#Hours'])
})

describe('a changed folder', () => {
  test('an edited, a new and a removed file are seen by the next search, and the hash follows', () => {
    write('a.md', 'alpha bravo')
    write('b.md', 'charlie')
    const knowledge = opened()
    const first = knowledge.hash
    expect(files(knowledge, 'alpha')).toEqual(['a.md#'])

    write('a.md', 'delta')
    // Second and size could be the same, so the test sets a different time.
    utimesSync(join(folder, 'a.md'), new Date(1_700_000_000_000), new Date(1_700_000_000_000))
    write('c.md', 'echo')
    rmSync(join(folder, 'b.md'))
    expect(files(knowledge, 'alpha')).toEqual([])
    expect(files(knowledge, 'delta')).toEqual(['a.md#'])
    expect(files(knowledge, 'echo')).toEqual(['c.md#'])
    expect(files(knowledge, 'charlie')).toEqual([])
    expect(knowledge.hash).not.toBe(first)
    expect(knowledge.size).toBe(2)
  })

  test('a search that allows it uses what was seen a moment ago, and all others look again', () => {
    let now = 0
    write('a.md', 'alpha')
    const knowledge = openKnowledge(folder, silentLog, null, null, () => now)
    open.push(knowledge)
    const soon = (query: string) =>
      labels(knowledge.find({ queries: [query], tokens: 60, whole: 0, withinMs: 250 }))
    expect(soon('alpha')).toEqual(['a.md#'])
    write('b.md', 'bravo')
    now = 249
    expect(soon('bravo')).toEqual([])
    now = 250
    expect(soon('bravo')).toEqual(['b.md#'])
    write('c.md', 'charlie')
    expect(soon('charlie')).toEqual([])
    expect(files(knowledge, 'charlie')).toEqual(['c.md#'])
  })

  test('settling looks at the folder, unless what was seen a moment ago will do', async () => {
    let now = 0
    const knowledge = openKnowledge(folder, silentLog, null, null, () => now)
    open.push(knowledge)
    await knowledge.settled(250)
    write('a.md', 'alpha')
    await knowledge.settled(250)
    expect(knowledge.size).toBe(0)
    await knowledge.settled()
    expect(knowledge.size).toBe(1)
    write('b.md', 'bravo')
    now = 250
    await knowledge.settled(250)
    expect(knowledge.size).toBe(2)
  })

  test('the hash depends only on names and contents', () => {
    write('a.md', 'alpha')
    const first = opened().hash
    utimesSync(join(folder, 'a.md'), new Date(1_700_000_000_000), new Date(1_700_000_000_000))
    expect(opened().hash).toBe(first)
  })

  test('a folder that vanishes keeps what was known', () => {
    write('a.md', 'alpha')
    const knowledge = opened()
    rmSync(folder, { recursive: true })
    expect(files(knowledge, 'alpha')).toEqual(['a.md#'])
    mkdirSync(folder)
  })
})

test('a missing folder is named', () => {
  expect(() => openKnowledge(join(folder, 'absent'), silentLog)).toThrow(ConfigError)
  expect(() => openKnowledge(join(folder, 'absent'), silentLog)).toThrow(
    /knowledge folder .*absent cannot be read/,
  )
})

test('a folder that links to itself causes no endless loop', () => {
  write('a.md', 'alpha')
  symlinkSync('.', join(folder, 'loop'))
  symlinkSync('a.md', join(folder, 'linked.md'))
  expect(files(opened(), 'alpha', 10).sort()).toEqual(['a.md#', 'linked.md#'])
})

test('a link that leads out of the folder is named and left out; one within it is read', () => {
  const outside = mkdtempSync(join(tmpdir(), 'replyd-outside-'))
  try {
    writeFileSync(join(outside, 'passwords.md'), 'alpha secret')
    symlinkSync(join(outside, 'passwords.md'), join(folder, 'prices.md'))
    // Links as in a ConfigMap that Kubernetes mounts.
    mkdirSync(join(folder, '..2026_11'))
    writeFileSync(join(folder, '..2026_11', 'hours.md'), 'alpha open')
    symlinkSync('..2026_11', join(folder, '..data'))
    symlinkSync('..data/hours.md', join(folder, 'hours.md'))
    const lines: object[] = []
    const log = { ...silentLog, warn: (line: object) => lines.push(line) }
    const knowledge = openKnowledge(folder, log)
    open.push(knowledge)
    expect(files(knowledge, 'alpha')).toEqual(['hours.md#'])
    expect(lines).toMatchObject([{ event: 'knowledge.outside', file: 'prices.md' }])
    // A file that is replaced by such a link after it was listed is not read either.
    write('late.md', 'alpha late')
    expect(files(knowledge, 'alpha').sort()).toEqual(['hours.md#', 'late.md#'])
    rmSync(join(folder, 'late.md'))
    symlinkSync(join(outside, 'passwords.md'), join(folder, 'late.md'))
    expect(files(knowledge, 'alpha')).toEqual(['hours.md#'])
  } finally {
    rmSync(outside, { recursive: true })
  }
})

test('a link that leads to itself does not keep the folder from being read', () => {
  symlinkSync('loop.md', join(folder, 'loop.md'))
  write('hours.md', 'Open from 9 to 5.')
  expect(opened().files()).toEqual([{ file: 'hours.md', passages: 1, fault: null }])
})

test('texts beyond 50 MB are left out and named in one line, and are read when there is room', async () => {
  const long = (word: string) => `${word}\n<!--${'x'.repeat(1_990_000)}-->`
  for (let at = 0; at < 28; at++) write(`${String.fromCharCode(97 + at)}.md`, long('alpha'))
  write('z.md', 'omega')
  const lines: { event: string }[] = []
  const knowledge = openKnowledge(folder, {
    ...silentLog,
    warn: (line: { event: string }) => lines.push(line),
  })
  open.push(knowledge)
  await knowledge.settled()
  const left = () =>
    knowledge.files().flatMap(({ file, fault }) => (fault === null ? [] : [`${file} ${fault}`]))
  expect(left()).toEqual([
    '{.md all texts together have more than 50 MB',
    '|.md all texts together have more than 50 MB',
  ])
  expect(files(knowledge, 'omega')).toEqual(['z.md#'])
  expect(lines).toEqual([
    {
      event: 'knowledge.too-much',
      files: 2,
      reason: '{.md: all texts together have more than 50 MB; |.md: all texts together have more than 50 MB',
    },
  ])
  rmSync(join(folder, 'a.md'))
  await knowledge.settled()
  expect(left()).toEqual(['|.md all texts together have more than 50 MB'])
})

test('documents that are not read are listed with what to do; pictures and files of programs are not', () => {
  for (const name of ['prices.xlsx', 'old.doc', '~$old.docx', 'logo.png', 'Makefile']) write(name, 'x')
  write('hours.md', 'Open from 9 to 5.')
  expect(opened().files()).toEqual([
    { file: 'hours.md', passages: 1, fault: null },
    ...['old.doc', 'prices.xlsx'].map((file) => ({
      ...{ file, passages: 0 },
      fault: 'replyd does not read this kind of file: save it as PDF, DOCX, CSV or text',
    })),
  ])
})

test('a text that is too large, and files beyond the two thousandth, are listed with the reason', async () => {
  write('large.md', 'x'.repeat(2_000_001))
  for (let at = 0; at < 2001; at++) write(`${String(at).padStart(4, '0')}.md`, 'alpha')
  const knowledge = opened()
  await knowledge.settled()
  expect(knowledge.files().filter(({ fault }) => fault !== null)).toEqual([
    { file: '2000.md', passages: 0, fault: 'there are more than 2000 files' },
    { file: 'large.md', passages: 0, fault: 'it is too large' },
  ])
})

test('a folder that is itself reached by a link is read', () => {
  write('a.md', 'alpha')
  const link = `${folder}-link`
  symlinkSync(folder, link)
  try {
    const knowledge = openKnowledge(link, silentLog)
    open.push(knowledge)
    expect(files(knowledge, 'alpha')).toEqual(['a.md#'])
  } finally {
    rmSync(link)
  }
})

test('windows-1252 is read', () => {
  write('a.txt', Buffer.from('R\xfcckgabe \x80 5', 'latin1'))
  expect(find(opened(), 'Rückgabe')[0]?.text).toBe('Rückgabe € 5')
})

describe('passages', () => {
  test.each([
    [
      'front matter and comments are left out',
      '---\nx: 1\n---\n# A\n<!-- note -->text',
      true,
      [['A', 'text']],
    ],
    [
      'headings nest',
      '# A\na\n## B\nb\n# C\nc',
      true,
      [
        ['A', 'a'],
        ['A > B', 'b'],
        ['C', 'c'],
      ],
    ],
    [
      'underlined headings',
      'A\n===\na\n\nB\n---\nb',
      true,
      [
        ['A', 'a'],
        ['A > B', 'b'],
      ],
    ],
    ['a heading with only deeper ones below is no passage', '# A\n## B\nb', true, [['A > B', 'b']]],
    [
      'a heading without anything below is the text',
      '# FAQ\n## Do you ship to Switzerland? No.\n## Do you take PayPal? Yes.\n\n---\n',
      true,
      [
        ['FAQ', 'Do you ship to Switzerland? No.'],
        ['FAQ', 'Do you take PayPal? Yes.'],
      ],
    ],
    [
      'a line above a rule counts as a heading, but is not lost',
      '# 返品\r\n30日以内。\r\n---\r\n# Versand\r\nNur in die EU.\r\n---',
      true,
      [
        ['返品', '30日以内。'],
        ['Versand', 'Nur in die EU.'],
      ],
    ],
    ['a sign is text', '## Dogs\n❌\n', true, [['Dogs', '❌']]],
    ['a heading of signs only', '# A\na\n# ***\n# --', true, [['A', 'a']]],
    [
      'text between rules is no front matter',
      '---\n# Hours\nTue-Sat 10-18\n\n---\n# Shipping\n4.90 EUR\n',
      true,
      [
        ['Hours', 'Tue-Sat 10-18\n\n---'],
        ['Shipping', '4.90 EUR'],
      ],
    ],
    [
      'front matter with lists, comments and blocks',
      '---\n# note\ntitle: Terms\ntags:\n- a\n\n# note\ntext: |\n  some text\nextra: [\n]\n---\n# A\na',
      true,
      [['A', 'a']],
    ],
    [
      'a private note below a comment and a key',
      '---\n# Internal note\nsecret: 1\nDo not tell customers\n---\n# A\na',
      true,
      [['A', 'a']],
    ],
    [
      'a private note as front matter',
      '---\n\nOnly for me: we pay 5 Euro.\nNo more.\n---\n# A\na',
      true,
      [['A', 'a']],
    ],
    [
      'front matter that never ends',
      '---\nx: 1\n# A\na',
      true,
      [
        ['', '---\nx: 1'],
        ['A', 'a'],
      ],
    ],
    ['code is no heading', '# A\n```\n# no\n```\nb', true, [['A', '```\n# no\n```\nb']]],
    ['plain text has no headings', '# 1 of 2', false, [['', '# 1 of 2']]],
    ['an empty file', '', true, []],
  ] as const)('%s', (_name, content, markdown, expected) => {
    expect(passagesOf(content, markdown).map(({ heading, text }) => [heading, text])).toEqual(expected)
  })

  test('a long text is cut at sentences into pieces of at most 1,000 characters, nothing lost', () => {
    const text = Array.from({ length: 120 }, (_, n) => `Sentence number ${n} says something.`).join(' ')
    const passages = passagesOf(text, true)
    expect(passages.length).toBeGreaterThan(3)
    expect(passages.every((one) => one.text.length <= 1000 && one.text.endsWith('.'))).toBe(true)
    expect(passages.map((one) => one.text).join(' ')).toBe(text)
  })

  test('each piece of a long table has its head', () => {
    const rows = Array.from({ length: 60 }, (_, at) => `| Kind ${at} of a thing | ${at} Euro |`)
    const passages = passagesOf(`# T\n\n| What | Price |\n|---|---|\n${rows.join('\n')}\n`, true)
    expect(passages.length).toBeGreaterThan(1)
    expect(passages.every(({ text }) => text.startsWith('| What | Price |\n|---|---|\n| Kind'))).toBe(true)
    expect(passages.flatMap(({ text }) => text.split('\n').slice(2))).toEqual(rows)
  })

  // Long enough for the square of it to be a hang.
  const long = 1_000_000
  test.each([
    ['a heading of blanks and number signs', `# ${' '.repeat(long)}${'#'.repeat(long)}x\n\na`],
    ['a second row of blanks', `a\n---${' '.repeat(long)}x\nb`],
    ['comments without end', '<!-- '.repeat(long)],
  ])('%s takes no time', (_, text) => {
    expect(passagesOf(text, true)).not.toEqual([])
  })

  test('a text without any space is cut too', () => {
    expect(passagesOf('x'.repeat(2500), true).map(({ text }) => text.length)).toEqual([1000, 1000, 500])
  })
})

test.each([
  ['Rückgabe-Frist: 30 Tage', ['ruckgabe', 'frist', '30', 'tage']],
  ['Straße', ['strasse']],
  ['Rück\u00adsendung', ['rucksendung']],
  ['à la carte', ['la', 'carte']],
  ['返品は', ['返品', 'は']],
  ['  ', []],
])('%s gives the terms %j', (text, expected) => {
  expect(
    tokenize(text)
      .map(foldTerm)
      .filter((term) => term !== null),
  ).toEqual(expected)
})

test('a small folder is given in full, and nobody asks what to search for', () => {
  write('hours.md', '# Hours\n\nWe open at ten.\n')
  const wanted = {
    tokens: 0,
    whole: 1000,
    get queries(): string[] {
      throw new Error('searched')
    },
  }
  expect(opened().find(wanted)).toHaveLength(1)
})
