/** The layout that docs/architecture.md promises, held against the imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const source = resolve(import.meta.dirname, '../src')

/** Rows from the ground up; a file imports only from its own part, or from rows below. */
const rows: readonly (readonly string[])[] = [
  ['errors', 'clock', 'log', 'metrics', 'pace', 'pulse', 'together', 'disposition', 'version'],
  ['mail'],
  ['settings', 'config', 'judgement', 'providers'],
  ['imap', 'smtp', 'llm', 'prompts', 'knowledge', 'budget', 'store', 'queue', 'oauth'],
  ['steps'],
  ['pipeline', 'audit'],
  ['review'],
  ['web'],
  ['main', 'doctor', 'eval', 'demo', 'init', 'index'],
  ['cli'],
]

/** Parts of one row that may still use each other, and why. */
const neighbours: readonly (readonly [from: string, to: string, because: string])[] = [
  ['config', 'settings', 'parsing gives settings'],
  ['settings', 'settings', 'one file'],
  ['demo', 'main', 'the demo runs the daemon'],
  ['index', 'main', 'the package gives the daemon'],
  ['init', 'doctor', 'init tries what it has found'],
]

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'),
)

const partOf = (file: string) => (file.split('/')[0] ?? '').replace(/\.tsx?$/, '')
const rowOf = (part: string) => rows.findIndex((row) => row.includes(part))

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, path = '']) => relative(source, resolve(join(source, dirname(file)), path)))
}

test('every part has its row', () => {
  expect([...new Set(files.map(partOf))].filter((part) => rowOf(part) < 0)).toEqual([])
})

test.each(files)('%s imports only from its own part and the rows below', (file) => {
  const part = partOf(file)
  const wrong = importsOf(file).filter((imported) => {
    const other = partOf(imported)
    if (other === part || rowOf(other) < rowOf(part)) return false
    return !neighbours.some(([from, to]) => from === part && to === other)
  })
  expect(wrong).toEqual([])
})

test('a step imports no other step', () => {
  const steps = new Set(
    ['guard', 'triage', 'file', 'compose', 'hold', 'deliver', 'ingest', 'watch'].map(
      (name) => `steps/${name}.ts`,
    ),
  )
  const wrong = [...steps].flatMap((step) =>
    importsOf(step).filter((imported) => steps.has(imported) && imported !== 'steps/ingest.ts'),
  )
  expect(wrong).toEqual([])
})

test('no file is longer than 250 lines', () => {
  const long = files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 251)
  expect(long).toEqual([])
})

test('no file imports itself by way of others', () => {
  const ways = new Map(files.map((file) => [file, importsOf(file)]))
  const clear = new Set<string>()
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' → ')]
    if (clear.has(file)) return []
    const circles = (ways.get(file) ?? []).flatMap((imported) => walk(imported, [...path, file]))
    clear.add(file)
    return circles
  }
  expect(files.flatMap((file) => walk(file, []))).toEqual([])
})

/** What a start loads, without `import type` and without what is imported when it is needed. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(join(source, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^'();]*?\sfrom\s+)?'([^']+)'/gm)
  for (const [, path = ''] of found) {
    if (path.startsWith('.')) loadedBy(relative(source, resolve(join(source, dirname(file)), path)), seen)
    else seen.add(path)
  }
  return seen
}

test.each([
  '@electric-sql/pglite',
  '@bull-board/api',
  'gpt-tokenizer/encoding/o200k_base',
  'hoodiecrow-imap',
])('the daemon takes memory for %s only when it needs it', (name) => {
  const loaded = loadedBy('main.ts')
  expect(loaded).toContain('bullmq')
  expect(loaded).not.toContain(name)
})
