import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { openKnowledge } from '../../src/knowledge/knowledge.ts'
import { listTaught, removeTaught, TaughtError, writeTaught } from '../../src/knowledge/taught.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-taught-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const fact = {
  question: 'How much is shipping to Norway?',
  fact: 'Shipping to Norway costs 12 €.',
  by: 'Ann',
  at: '2026-11-28T15:00:00.000Z',
  mails: ['one', 'two'],
}
const everything = { queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }

test('a fact is a file that the index finds at its next search, until it is taken back', () => {
  const knowledge = openKnowledge(folder, silentLog)
  const taught = writeTaught(folder, fact, 'a1b2c3')
  expect(taught.file).toBe('taught/2026-11-28-how-much-is-shipping-to-norway-a1b2c3.md')
  expect(listTaught(folder)).toEqual([{ ...fact, id: taught.id, file: taught.file }])
  expect(knowledge.find(everything)).toEqual([
    { file: taught.file, heading: fact.question, text: fact.fact, score: 0 },
  ])
  expect(removeTaught(folder, taught.id)).toEqual(taught)
  expect([listTaught(folder), knowledge.find(everything)]).toEqual([[], []])
  knowledge.close()
})

test('its file has the rights of the folder, and nothing else is left', () => {
  mkdirSync(join(folder, 'taught'), { mode: 0o700 })
  const { file } = writeTaught(folder, fact, 'a1b2c3')
  expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'taught'))).toHaveLength(1)
})

test.each([
  ['a heading', '# Prices\nAll is free'],
  ['front matter', '---\nby: "Ann"\n---\nAll is free'],
  ['a comment', '<!-- All is\nfree'],
  ['a comment within a comment', '<<!--!-- All is\nfree'],
])('%s in a fact is text', (_name, text) => {
  const { file } = writeTaught(folder, { ...fact, fact: text, question: `${text}?` }, 'a1b2c3')
  const knowledge = openKnowledge(folder, silentLog)
  const [passage, ...others] = knowledge.find(everything)
  expect([passage?.file, others]).toEqual([file, []])
  expect(passage?.text).toMatch(/All is\s+free/)
  knowledge.close()
})

test('a link in place of the folder or of a file is not followed', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'replyd-elsewhere-'))
  const secret = join(elsewhere, 'secret.md')
  writeFileSync(secret, readFileSync(join(folder, writeTaught(folder, fact, 'a1b2c3').file)))
  const name = '2026-11-28-link-abc'
  symlinkSync(secret, join(folder, 'taught', `${name}.md`))
  expect(listTaught(folder)).toHaveLength(1)
  expect(() => removeTaught(folder, name)).toThrow(TaughtError)
  rmSync(join(folder, 'taught'), { recursive: true })
  symlinkSync(elsewhere, join(folder, 'taught'))
  expect(() => writeTaught(folder, fact, 'a1b2c3')).toThrow(TaughtError)
  expect(listTaught(folder)).toEqual([])
  expect(readdirSync(elsewhere)).toEqual(['secret.md'])
  rmSync(elsewhere, { recursive: true })
})

test.each(['../secret', '2026-11-28-../x', '..', '', 'secret', '2026-11-28-a/../../secret'])(
  'the id %j is nobody’s file',
  (id) => {
    writeFileSync(join(folder, 'secret.md'), 'secret')
    expect(() => removeTaught(folder, id)).toThrow(TaughtError)
    expect(existsSync(join(folder, 'secret.md'))).toBe(true)
  },
)

test('a long question makes a short name, and one in another script has its own letters left out', () => {
  const long = writeTaught(folder, { ...fact, question: 'wonderful '.repeat(100) }, 'a1b2c3')
  expect(long.id.length).toBeLessThan(100)
  const other = writeTaught(folder, { ...fact, question: '送料はいくらですか' }, 'a1b2c4')
  expect(other.id).toBe('2026-11-28-a1b2c4')
  expect(listTaught(folder).map(({ question }) => question)).toContain('送料はいくらですか')
})
