/** Changes to the knowledge folder from the page: nothing outside of it is reached, and nothing is overwritten unseen. */
import {
  linkSync,
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
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { newId } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { changeFile, folderHash, folderText, undoFileChange } from '../../src/review/knowledge-files.ts'
import { Refusal } from '../../src/review/review.ts'

const account = 'owner@shop.example'
let base: string
let folder: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'replyd-files-'))
  folder = join(base, 'knowledge')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  writeFileSync(join(folder, 'hours.md'), '# Hours\n\nWe open at ten.\n', { mode: 0o640 })
  writeFileSync(join(base, 'secret.md'), 'secret')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

let moment = Date.UTC(2026, 10, 24)
const context = () =>
  ({
    config: { state: { directory: join(base, 'state') } },
    clock: { now: () => new Date(++moment) },
    newId,
    log: silentLog,
    accounts: new Map([[account, { settings: { knowledge: folder } }]]),
  }) as unknown as Parameters<typeof changeFile>[0]

const change = (file: string, text: string | null, seen: string | null) =>
  changeFile(context(), { account, file, seen, octets: text === null ? null : Buffer.from(text) }, 'Ann')
const seenOf = (file: string) => folderHash(context(), account, file)
const refusalOf = (act: () => unknown) => {
  try {
    act()
    return 'done'
  } catch (error) {
    return error instanceof Refusal ? error.reason : String(error)
  }
}
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8')

test('an edit keeps the mode, leaves nothing beside the file, and can be undone', () => {
  const id = change('hours.md', '# Hours\n\nWe open at nine.\n', seenOf('hours.md'))
  expect(textOf('hours.md')).toBe('# Hours\n\nWe open at nine.\n')
  expect(statSync(join(folder, 'hours.md')).mode & 0o777).toBe(0o640)
  expect(readdirSync(folder).sort()).toEqual(['hours.md', 'sub'])
  expect(undoFileChange(context(), id, 'Ann')).toEqual({ account, file: 'hours.md' })
  expect(textOf('hours.md')).toBe('# Hours\n\nWe open at ten.\n')
  expect(refusalOf(() => undoFileChange(context(), id, 'Ann'))).toBe('nothing-to-undo')
})

test('a change whose file is incomplete does not keep others from being undone', () => {
  const id = change('hours.md', '# Hours\n\nWe open at nine.\n', seenOf('hours.md'))
  writeFileSync(join(base, 'state', 'knowledge-changes', '0.json'), '{"id":"0","acc')
  undoFileChange(context(), id, 'Ann')
  expect(textOf('hours.md')).toBe('# Hours\n\nWe open at ten.\n')
})

test('a text that somebody else has changed is neither overwritten nor removed', () => {
  const seen = seenOf('hours.md')
  writeFileSync(join(folder, 'hours.md'), 'Changed in an editor.')
  expect(refusalOf(() => change('hours.md', 'mine', seen))).toBe('file-changed')
  expect(refusalOf(() => change('hours.md', null, seen))).toBe('file-changed')
  expect(refusalOf(() => change('hours.md', 'mine', null))).toBe('file-exists')
  expect(textOf('hours.md')).toBe('Changed in an editor.')
})

test('what was removed comes back with its octets, unless there is another file of that name', () => {
  writeFileSync(join(folder, 'price.pdf'), Buffer.from([0, 255, 13, 10]))
  const id = change('price.pdf', null, seenOf('price.pdf'))
  expect(readdirSync(folder)).not.toContain('price.pdf')
  writeFileSync(join(folder, 'price.pdf'), 'another one')
  expect(refusalOf(() => undoFileChange(context(), id, 'Ann'))).toBe('file-exists')
  rmSync(join(folder, 'price.pdf'))
  undoFileChange(context(), id, 'Ann')
  expect([...readFileSync(join(folder, 'price.pdf'))]).toEqual([0, 255, 13, 10])
})

test('an added file is removed by its undo, but not when it was edited since', () => {
  const [one, other] = [change('a.md', 'one\n', null), change('b.md', 'two\n', null)]
  change('b.md', 'edited\n', seenOf('b.md'))
  undoFileChange(context(), one, 'Ann')
  expect(refusalOf(() => undoFileChange(context(), other, 'Ann'))).toBe('file-changed')
  expect(readdirSync(folder).sort()).toEqual(['b.md', 'hours.md', 'sub'])
})

test.each([
  ['营业时间.md', 'done'],
  ["Peter's prices (2026).txt", 'done'],
  ['../secret2.md', 'unfit-file-name'],
  ['/etc/cron.d/x.md', 'unfit-file-name'],
  ['sub/../../x.md', 'unfit-file-name'],
  ['sub/new.md', 'unfit-file-name'],
  ['..\\x.md', 'unfit-file-name'],
  ['.hidden.md', 'unfit-file-name'],
  ['a\u202Edm.md', 'unfit-file-name'],
  ['a\nb.md', 'unfit-file-name'],
  ['<img src=x>.md', 'unfit-file-name'],
  ['run.sh', 'unfit-file-name'],
  ['page.md.exe', 'unfit-file-name'],
  [`${'a'.repeat(101)}.md`, 'unfit-file-name'],
  ['', 'unfit-file-name'],
])('a new file called %j: %s', (name, expected) => {
  expect(refusalOf(() => change(name, 'text', null))).toBe(expected)
  expect(
    readdirSync(base)
      .sort()
      .filter((each) => each !== 'state'),
  ).toEqual(['knowledge', 'secret.md'])
})

test.each([
  ['empty', '', 'unfit-file'],
  ['octets that are no text', 'a\0b', 'unfit-file'],
  ['longer than the index reads', 'a'.repeat(2_000_001), 'unfit-file'],
  ['as long as it reads', 'a'.repeat(2_000_000), 'done'],
])('a text that is %s', (_what, text, expected) =>
  expect(refusalOf(() => change('long.md', text, null))).toBe(expected),
)

test('a text in UTF-16 may be added, and is read', () => {
  const octets = Buffer.from('\ufeffWe are open.', 'utf16le')
  changeFile(context(), { account, file: 'hours.txt', seen: null, octets }, 'Ann')
  expect(folderText(context(), account, 'hours.txt')?.text).toBe('We are open.')
})

test('a document that is listed, but not read, can be removed', () => {
  writeFileSync(join(folder, 'prices.xlsx'), 'x')
  const seen = folderHash(context(), account, 'prices.xlsx')
  expect(refusalOf(() => change('prices.xlsx', null, seen))).toBe('done')
  expect(readdirSync(folder)).not.toContain('prices.xlsx')
})

describe('links', () => {
  test('a linked file is neither read nor replaced nor removed', () => {
    symlinkSync(join(base, 'secret.md'), join(folder, 'link.md'))
    expect(folderText(context(), account, 'link.md')).toBeNull()
    expect(refusalOf(() => change('link.md', 'mine', null))).toBe('file-elsewhere')
    expect(refusalOf(() => change('link.md', null, seenOf('link.md')))).toBe('file-elsewhere')
    expect(readFileSync(join(base, 'secret.md'), 'utf8')).toBe('secret')
  })

  test('nothing below a linked folder is reached', () => {
    symlinkSync(base, join(folder, 'out'))
    expect(folderText(context(), account, 'out/secret.md')).toBeNull()
    expect(refusalOf(() => change('out/secret.md', null, 'x'))).toBe('unknown-file')
  })

  test('a second name of a file outside keeps its text: the file is replaced, not written into', () => {
    linkSync(join(base, 'secret.md'), join(folder, 'hard.md'))
    change('hard.md', 'mine\n', seenOf('hard.md'))
    expect(readFileSync(join(base, 'secret.md'), 'utf8')).toBe('secret')
  })
})

test.each(['../secret.md', 'sub/../../secret.md', '/etc/passwd', 'hours.md/', '.', '', 'hours.md\0.md'])(
  'a file called %j is not read',
  (file) => {
    expect(folderText(context(), account, file)).toBeNull()
    expect(refusalOf(() => change(file, null, 'x'))).toBe('unknown-file')
  },
)

test('a folder that cannot be written is a refusal, and the text stays', () => {
  // A folder in the way stops every user including root; permissions would not.
  const id = newId(new Date(moment + 2))
  const fixed = { ...context(), newId: () => id }
  mkdirSync(join(folder, `.replyd-${id}`))
  const given = { account, file: 'hours.md', seen: seenOf('hours.md'), octets: Buffer.from('mine') }
  expect(refusalOf(() => changeFile(fixed, given, 'Ann'))).toBe('knowledge-read-only')
  expect(textOf('hours.md')).toBe('# Hours\n\nWe open at ten.\n')
})

test('changes are kept for 7 days, and at most 50 of them', () => {
  const ids = Array.from({ length: 53 }, (_, at) => change('hours.md', `version ${at}\n`, seenOf('hours.md')))
  const kept = readdirSync(join(base, 'state', 'knowledge-changes'))
  expect(kept.length).toBe(50)
  expect(kept).toContain(`${ids.at(-1)}.json`)
  expect(statSync(join(base, 'state', 'knowledge-changes', kept[0] ?? '')).mode & 0o777).toBe(0o600)
})
