/** The layout that docs/architecture.md promises, compared with the imports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const source = resolve(import.meta.dirname, '../src')

/** Floors from the ground up: a folder imports only from floors below its own. */
const floors: readonly (readonly string[])[] = [
  ['base'],
  ['mail', 'queue'],
  ['config', 'store'],
  ['model', 'imap', 'smtp', 'oauth'],
  ['check'],
  ['knowledge'],
  ['context'],
  ['guard', 'compose', 'receive'],
  ['deliver', 'decide'],
  ['triage'],
  ['observe', 'pipeline', 'doctor'],
  ['review', 'eval', 'mcp'],
  ['web'],
  ['daemon'],
  ['index', 'demo'],
  ['cli'],
]

/** The rules that decide about mail, and the prompts: they access no mailbox, database, network or file. */
const pure = [
  'mail',
  'check',
  'guard/ceiling.ts',
  'guard/never.ts',
  'guard/draft.ts',
  'guard/limits.ts',
  'triage/verdict.ts',
  'triage/bayes.ts',
  'compose/prompt.ts',
  'decide/policy.ts',
  'decide/weigh.ts',
  'model/prompts',
]
const adapters = new Set(['imap', 'smtp', 'oauth', 'store', 'queue', 'knowledge', 'context'])

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, path = '']) => relative(source, resolve(join(source, dirname(file)), path)))
}

const folderOf = (file: string) => (file.split('/')[0] ?? '').replace(/\.tsx?$/, '')
const floorOf = (folder: string) => floors.findIndex((floor) => floor.includes(folder))

test('every folder has its floor, and every floor has files', () => {
  const folders = new Set(files.map(folderOf))
  expect([...folders].filter((folder) => floorOf(folder) < 0)).toEqual([])
  expect(floors.flat().filter((folder) => !folders.has(folder))).toEqual([])
})

test.each(files)('%s imports only from its own folder and the floors below', (file) => {
  const folder = folderOf(file)
  const wrong = importsOf(file).filter((imported) => {
    const other = folderOf(imported)
    return other !== folder && floorOf(other) >= floorOf(folder)
  })
  expect(wrong).toEqual([])
})

test('rules reach no adapter, not even through other files', () => {
  const reached = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen
    seen.add(file)
    for (const imported of importsOf(file)) reached(imported, seen)
    return seen
  }
  const rules = files.filter((file) => pure.some((each) => file === each || file.startsWith(`${each}/`)))
  expect(pure.filter((each) => !rules.some((file) => file.startsWith(each)))).toEqual([])
  const wrong = rules.flatMap((file) =>
    [...reached(file)].filter((other) => adapters.has(folderOf(other))).map((other) => `${file} → ${other}`),
  )
  expect(wrong).toEqual([])
})

test('src has at most 30 entries, and no file is longer than 400 lines', () => {
  expect(readdirSync(source).length).toBeLessThanOrEqual(30)
  const long = files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 401)
  expect(long).toEqual([])
})

test('no file imports itself through others', () => {
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

/** The files that a start loads, without `import type` and dynamic imports. */
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
  '@modelcontextprotocol/server',
])('the daemon takes memory for %s only when it needs it', (name) => {
  const loaded = loadedBy('daemon/daemon.ts')
  expect(loaded).toContain('bullmq')
  expect(loaded).not.toContain(name)
})

/** Without comments and the text of strings. */
const codeOf = (file: string) =>
  readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

/** The platform's fetch, called, passed on or taken from globalThis; not a method, a key or a declaration of that name. */
const platformFetch = /(?<![\w$.#*'"`/-])fetch\b(?!\s*[:'"`-]|\s*\(\s*\w+: |\w)|globalThis\s*(\.fetch|\[)/
/** A module that makes requests, unless only a server or types are taken from it. */
const requestingModule =
  /import (?!type\b)(?!\{( *(createServer|type \w+),?)+ *\} from 'node:http')[^;'"]*from '(node:)?(https?|http2|undici)'|import\(\s*'(node:)?(https?|http2|undici)'/

test.each([
  ['await fetch(url)', true],
  ['(asking = fetch) => asking(url)', true],
  ['open({ fetch })', true],
  ['globalThis.fetch(url)', true],
  ["import { request } from 'node:http'", true],
  ["import { createServer, request } from 'node:http'", true],
  ["import * as http from 'node:http'", true],
  ["import https from 'https'", true],
  ["await import('undici')", true],
  ["import { createServer, type ServerResponse } from 'node:http'", false],
  ["import type { IncomingMessage } from 'node:http'", false],
  ['imap.fetch(mailbox, uids)', false],
  ['async *fetch(mailbox: string) {', false],
  ['fetch(mailbox: string): AsyncIterable<Fetched>', false],
  ['serve({ fetch: app.fetch })', false],
  ["{ name: 'sec-fetch-mode', 'fetch-failed': 1 }", false],
  ['fetchPage(url)', false],
])('%s goes out by itself: %s', (code, alone) =>
  expect(platformFetch.test(code) || requestingModule.test(code)).toBe(alone),
)

test('only base/http.ts makes requests over HTTP', () => {
  const alone = files.filter(
    (file) => platformFetch.test(codeOf(file)) || requestingModule.test(codeOf(file)),
  )
  expect(alone).toEqual(['base/http.ts'])
})

test('every file that the documents name exists', () => {
  const root = dirname(source)
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ]
  const missing = documents.flatMap((document) =>
    [
      ...readFileSync(join(root, document), 'utf8').matchAll(
        /`((?:src|test|docs|prompts|scripts)\/[\w./-]+)`/g,
      ),
    ]
      .filter(([, path]) => !existsSync(join(root, path ?? '')))
      .map(([, path]) => `${document}: ${path}`),
  )
  expect(missing).toEqual([])
})
