/** The layout that docs/architecture.md promises, held against the imports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const source = resolve(import.meta.dirname, '../src')

/** The way of a mail: each room holds a step and, beside it, the rules it applies. */
const rooms = ['receive', 'guard', 'triage', 'compose', 'check', 'decide', 'deliver', 'observe']

/** Rows from the ground up. A file imports only from its own part, or from rows below. */
const rows: readonly (readonly string[])[] = [
  ['base'],
  ['mail'],
  ['config'],
  ['rules'],
  ['imap', 'smtp', 'oauth', 'store', 'queue', 'knowledge', 'dns'],
  ['model'],
  ['context'],
  ['paid calls', 'conversation'],
  ['steps'],
  ['pipeline'],
  ['review'],
  ['mcp'],
  ['web'],
  ['daemon', 'doctor', 'eval', 'demo', 'index'],
  ['cli'],
]

/** Parts of one row that may still use each other, and why. */
const neighbours: readonly (readonly [from: string, to: string, because: string])[] = [
  ['demo', 'daemon', 'the demo runs the daemon'],
  ['index', 'daemon', 'the package exports the daemon'],
]

/** Files that lie in another row than the rest of their folder, and why. */
const elsewhere: Record<string, string> = {
  // The vocabulary of a prompt, without I/O: rules build questions from it.
  'model/chat.ts': 'rules',
  // A call knows the mail and the account that pay for it.
  'model/budgeted-call.ts': 'paid calls',
  // What was said before, and what a reply may use: needed by triage, compose, and the check before sending.
  'compose/thread.ts': 'conversation',
  'compose/sources.ts': 'conversation',
  'compose/draft-check.ts': 'conversation',
  // What was looked up is shown to the proven author alone, so compose has to know, too.
  'decide/author.ts': 'conversation',
  // Triage also removes the draft from the mailbox, when the sender no longer needs a reply.
  'deliver/draft-in-mailbox.ts': 'conversation',
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, path = '']) => relative(source, resolve(join(source, dirname(file)), path)))
}

const folderOf = (file: string) => (file.split('/')[0] ?? '').replace(/\.tsx?$/, '')
const lowRows = new Set(['base', 'mail', 'config'])
const ruleFiles = new Map<string, boolean>()

/** A rule is a file of a room, or of the prompts, that reaches no adapter. */
function isRule(file: string): boolean {
  const known = ruleFiles.get(file)
  if (known !== undefined) return known
  const mayBe =
    rooms.includes(folderOf(file)) || file.startsWith('model/prompts/') || elsewhere[file] === 'rules'
  ruleFiles.set(file, mayBe)
  const answer = mayBe && importsOf(file).every((each) => lowRows.has(folderOf(each)) || isRule(each))
  ruleFiles.set(file, answer)
  return answer
}

function partOf(file: string): string {
  const folder = folderOf(file)
  if (isRule(file)) return 'rules'
  return elsewhere[file] ?? (rooms.includes(folder) ? 'steps' : folder)
}

const rowOf = (part: string) => rows.findIndex((row) => row.includes(part))

test('every part has its row, and every row has files', () => {
  const parts = new Set(files.map(partOf))
  expect([...parts].filter((part) => rowOf(part) < 0)).toEqual([])
  expect(rows.flat().filter((part) => !parts.has(part))).toEqual([])
  expect(Object.keys(elsewhere).filter((file) => !files.includes(file))).toEqual([])
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

test('a step imports no step of another room', () => {
  const wrong = files
    .filter((file) => partOf(file) === 'steps')
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => partOf(imported) === 'steps' && folderOf(imported) !== folderOf(file))
        .map((imported) => `${file} → ${imported}`),
    )
  expect(wrong).toEqual([])
})

test('src has at most 31 entries, and no file is longer than 400 lines', () => {
  expect(readdirSync(source).length).toBeLessThanOrEqual(31)
  const long = files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 401)
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

test('every file that the documents name is there', () => {
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
