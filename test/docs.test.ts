/** What README and docs tell the reader to run: every command is parsed by the program itself, every configuration loaded. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { buildProgram } from '../src/cli/program.ts'
import { loadConfig } from '../src/config/config.ts'
import { Document } from '../src/config/schema.ts'
import { run } from './cli/run.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

interface Block {
  where: string
  language: string
  text: string
}

const blocks: Block[] = documents.flatMap((document) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/^[ \t]*```(\w+)\n([\s\S]*?)^[ \t]*```/gm)].map(
    ([, language = '', text = ''], at) => ({ where: `${document} (${at + 1})`, language, text }),
  ),
)

/** Words of a command line: without its comment and the brackets of a synopsis, of alternatives the first. */
function wordsOf(line: string): string[] {
  const plain = line
    .replace(/\$\([^)]*\)/g, 'x')
    .replace(/(^|\s)#.*$/, '')
    .replace(/[[\]…]/g, '')
  return [...plain.matchAll(/"([^"]*)"|'([^']*)'|[^\s|]+(\|[^\s|]+)*/g)].map(
    ([word, double, single]) => double ?? single ?? (word.split('|')[0] || word),
  )
}

/** Commands of replyd in a line of a shell, each as its arguments. */
function commandsIn(line: string): string[][] {
  return line.split(/&&|;|\s\|\s/).flatMap((part) => {
    const words = wordsOf(part)
    const at = words.findIndex((word) => word === 'replyd' || word === '-V')
    const before = words.slice(0, at).join(' ')
    const isCommand =
      at >= 0 && /^(|npx|sudo -u \w+|([A-Z_]+=\S+ ?)+(npx)?|docker compose (run --rm|exec))$/.test(before)
    return isCommand ? [words.slice(at + 1)] : []
  })
}

const inBlocks = blocks
  .filter(({ language }) => ['sh', 'bash', 'console'].includes(language))
  .flatMap(({ where, text }) =>
    text
      .replace(/\\\n/g, ' ')
      .split('\n')
      .flatMap(commandsIn)
      .map((argv) => [where, argv] as const),
  )

/** Inline: `replyd …`. */
const inText = documents.flatMap((document) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/`((?:npx )?replyd [a-z][^`\n]*)`/g)].flatMap(
    ([, text = '']) => commandsIn(text.replaceAll('\\|', '|')).map((argv) => [document, argv] as const),
  ),
)

/** Parses and does nothing. @returns what the program said */
async function parsed(argv: readonly string[]): Promise<string> {
  const stream = new PassThrough({ encoding: 'utf8' })
  const terminal = { environment: {}, stdin: Readable.from([]), stdout: stream, stderr: stream }
  const program = buildProgram(terminal, () => undefined)
  const silence = (command: Command): void => {
    // A group may be a command, too: `replyd learn`.
    const acts = command.commands.length === 0 || Boolean(Reflect.get(command, '_actionHandler'))
    if (acts) command.action(() => undefined)
    for (const each of command.commands) silence(each)
  }
  silence(program)
  return program.parseAsync([...argv], { from: 'user' }).then(
    () => '',
    (error: Error & { code?: string }) => (error.code === 'commander.help' ? '' : error.message),
  )
}

describe('commands', () => {
  test('there are many of them', () => {
    expect(inBlocks.length).toBeGreaterThan(15)
    expect(inText.length).toBeGreaterThan(30)
  })

  test.each(inBlocks.map(([where, argv]) => [where, argv.join(' '), argv] as const))(
    '%s: replyd %s',
    async (_, __, argv) => expect(await parsed(argv)).toBe(''),
  )

  const named = new Map(inText.map(([, argv]) => [argv.join(' '), argv]))
  test.each([...named])('replyd %s', async (_, argv) => {
    const said = await parsed(argv)
    // In running text a command is often named without its arguments.
    expect(said.replace(/^error: missing required argument.*/, '')).toBe('')
  })

  test.each([
    ['replies aprove x', /unknown command/],
    ['start --onse', /unknown option/],
    ['completion tcsh', /Allowed choices/],
  ])('a wrong one would be noticed: replyd %s', async (line, said) =>
    expect(await parsed(line.split(' '))).toMatch(said),
  )

  test('scripts of package.json that are named are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = documents.flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(
        ([, name = '']) => name,
      ),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  test('what README says of files to copy is true', () => {
    for (const [, file = ''] of readFileSync(join(root, 'README.md'), 'utf8').matchAll(
      /cp (\S+\.example\S*|\.env\.example)/g,
    ))
      expect(existsSync(join(root, file))).toBe(true)
  })
})

const known = Object.keys(Document.shape)

/** Samples of replyd.yaml, whole or in part; other YAML has other keys. */
const samples = blocks.flatMap(({ where, language, text }) => {
  if (language !== 'yaml') return []
  const sample: unknown = parse(text.replace(/: …$/gm, ': x').replaceAll(', …', ''))
  const isGroup = typeof sample === 'object' && sample !== null && !Array.isArray(sample)
  return isGroup && Object.keys(sample).every((key) => known.includes(key)) ? [[where, text] as const] : []
})

describe('samples of replyd.yaml', () => {
  test('there are some', () => expect(samples.length).toBeGreaterThan(10))

  test.each(samples)('%s', (_, text) => {
    const readFile = (path: string) => {
      if (path === 'sample.yaml') return stringify(completed(text))
      throw Object.assign(new Error('none'), { code: 'ENOENT' })
    }
    const names = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
    const sampleOf = (name: string) =>
      /SQL|DATABASE/.test(name) ? 'postgres://a@127.0.0.1/b' : 'x'.repeat(40)
    const environment = Object.fromEntries([...names, 'OPENAI_API_KEY'].map((name) => [name, sampleOf(name)]))
    expect(loadConfig({ path: 'sample.yaml', environment, readFile }).accounts.length).toBeGreaterThan(0)
  })
})

interface Sample {
  accounts?: { address?: string }[]
  lookups?: { when?: { category?: string } }[]
  categories?: unknown
}

/** With what the sample leaves out because the reader has it already. */
function completed(text: string): Sample {
  const sample: Sample = parse(text)
  const servers = { imap: { host: 'a.example', password: 'x' }, smtp: { host: 'a.example' } }
  const accounts = (sample.accounts ?? [{ address: 'me@example.com' }]).map((each) => ({
    ...servers,
    ...each,
  }))
  const categories = (sample.lookups ?? []).flatMap(({ when }) =>
    when?.category === undefined ? [] : [{ name: when.category, description: 'x' }],
  )
  return { ...(categories.length > 0 ? { categories } : {}), ...sample, accounts }
}

test('the README says what the program says without a configuration', async () => {
  const { err } = await run(['start', '--config', '/nowhere/replyd.yaml'])
  expect(err).toBe('/nowhere/replyd.yaml: there is no such file\n')
})
