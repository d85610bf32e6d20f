/**
 * The commands and configurations in README and docs: the program itself parses each command and loads each
 * configuration.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { buildProgram } from '../src/cli/program.ts'
import { loadConfig } from '../src/config/config.ts'
import { Document } from '../src/config/schema.ts'
import { parseLabels } from '../src/eval/cases.ts'
import { refusalWords } from '../src/review/review.ts'
import { operations } from '../src/web/api.ts'
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

/** Words of a command line: without comment and brackets of a synopsis, and only the first of several alternatives. */
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
      .map((line) => line.replace(/^\s*\$ /, ''))
      .flatMap(commandsIn)
      .map((argv) => [where, argv] as const),
  )

/** Inline: `replyd …`. */
const inText = documents.flatMap((document) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/`((?:npx )?replyd [a-z][^`\n]*)`/g)].flatMap(
    ([, text = '']) => commandsIn(text.replaceAll('\\|', '|')).map((argv) => [document, argv] as const),
  ),
)

/** Only parses. @returns the program's message */
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

/** GitHub's anchors. */
function anchorsIn(text: string): Set<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)]
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('a link to a place in a document leads to a heading that is there', () => {
  const read = (document: string) => readFileSync(join(root, document), 'utf8')
  const dead = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\(([\w./-]*)#([^)]*)\)/g)].flatMap(([link, file = '', anchor = '']) => {
      const target = file === '' ? document : join(dirname(document), file)
      const isThere =
        !target.endsWith('.md') || (existsSync(join(root, target)) && anchorsIn(read(target)).has(anchor))
      return isThere ? [] : [`${document}: ${link}`]
    }),
  )
  expect(dead).toEqual([])
})

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

  test('scripts of package.json that are named exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = documents.flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(
        ([, name = '']) => name,
      ),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  test('files that the README copies exist', () => {
    for (const [, file = ''] of readFileSync(join(root, 'README.md'), 'utf8').matchAll(
      /cp (\S+\.example\S*|\.env\.example)/g,
    ))
      expect(existsSync(join(root, file))).toBe(true)
  })
})

const known = Object.keys(Document.shape)

/** Complete or partial samples of replyd.yaml; other YAML has other keys. */
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

/** Adds the parts that the sample leaves out because the reader has them already. */
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

/** Every block of code, including those without a language. */
const allBlocks: Block[] = documents.flatMap((document) => {
  const found: Block[] = []
  let open: { language: string; lines: string[] } | null = null
  for (const line of readFileSync(join(root, document), 'utf8').split('\n')) {
    const fence = /^\s*```(\w*)\s*$/.exec(line)
    if (!fence) open?.lines.push(line)
    else if (open === null) open = { language: fence[1] ?? '', lines: [] }
    else {
      found.push({ where: document, language: open.language, text: open.lines.join('\n') })
      open = null
    }
  }
  return found
})

/** Blocks that no test above runs, by their first line: the test that runs them, or why none can. */
const elsewhere: Record<string, string> = {
  'Address that replyd answers for: you@example.com': 'test/cli/init/init.test.ts and test/live/init.test.ts',
  'Starting replyd for you@example.com …': 'test/cli/start.test.ts',
  'git clone ADDRESS replyd': 'needs an address',
  '$ npx replyd replies approve ID': 'test/demo/screen.test.ts and test/flow/command-line.test.ts',
  'mkdir knowledge': 'below',
  '# .env': 'values to fill in; the variables are those of the sample above it',
  ' IMAP ──watch──> ingest ──> guard ──> triage ──┬─> file     (spam)': 'a drawing',
  '{ "mcpServers": { "replyd": { "command": "replyd", "args": ["mcp", "--config", "/etc/replyd/replyd.yaml"] } } }':
    'below',
  '{"file": "mail/0001.eml", "expect": {"spam": false, "reply": true, "sentiment": "negative"}}': 'below',
  'npm install bullmq-otel@^2.0.1 @opentelemetry/sdk-node@^0.223.0':
    'downloads; package.json has the same versions, compared below',
  '# Returns': 'a document of a knowledge folder: any Markdown is one',
  'cp -r node_modules/replyd/prompts ./prompts': 'below',
  '// relay.mjs': 'test/web/recipes.test.ts',
  '$ HOOK_SECRET=… SLACK_URL=https://hooks.slack.com/services/… node relay.mjs': 'test/web/recipes.test.ts',
  'ssh -N -L 8025:127.0.0.1:8025 you@server': 'needs another machine',
  'tailscale serve --bg 8025': 'needs a Tailscale account',
  'replyd.example.com {': 'a configuration of Caddy, which is not among the servers of the tests',
  'server {': 'a configuration of nginx, which is not among the servers of the tests',
  'labels:': 'a configuration of Traefik, which is not among the servers of the tests',
  '{"file": "x.eml",': 'a format with its comments; test/mail/conformance.test.ts reads real ones',
}

/** The lines that do something, without their comments. */
const linesOf = (text: string) =>
  text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** Whether a test above covers it, or another test that reads that page itself. */
function isCovered({ where, language, text }: Block): boolean {
  if (where === 'docs/webhooks.md' && language === 'json') return true
  if (where === 'docs/recipes.md' && language === 'json') return true
  // test/flow/api.test.ts runs all of it.
  if (where === 'docs/api.md') return true
  if (language === 'yaml') return samples.some(([, sample]) => sample.trim() === dedented(text).trim())
  // Of a console block only the typed lines; a separate test compares the output.
  const lines = linesOf(text).filter((line) => language !== 'console' || line.startsWith('$'))
  return lines.every((line) =>
    line
      .split(/ && /)
      .every(
        (part) =>
          commandsIn(part.replace(/^\$ /, '')).length > 0 ||
          /^npm (run [\w:-]+( .*)?|test|install|ci)$/.test(part) ||
          /^cp \S*\.example\S* \S+$|^chmod 600 \.env$|^docker compose up -d$/.test(part),
      ),
  )
}

const dedented = (text: string) => text.replace(/^ {2}/gm, (indent) => (/^ {2}\S/.test(text) ? '' : indent))

describe('every block of code', () => {
  const firstLine = ({ text }: Block) => text.split('\n')[0] ?? ''

  test('is run by a test, or named with the reason', () => {
    expect(allBlocks.length).toBeGreaterThan(60)
    const left = allBlocks.filter((block) => !isCovered(block)).map(firstLine)
    expect(left.filter((line) => elsewhere[line] === undefined)).toEqual([])
    expect(Object.keys(elsewhere).filter((line) => !left.includes(line))).toEqual([])
  })

  test('a test that is named there exists', () => {
    const named = Object.values(elsewhere).flatMap((reason) => reason.match(/test\/[\w/-]+\.test\.ts/g) ?? [])
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  const blockOf = (start: string) => allBlocks.find((block) => firstLine(block).startsWith(start))?.text ?? ''

  test('the knowledge of the README answers the question of the README', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'replyd-readme-'))
    try {
      execFileSync('sh', ['-ec', blockOf('mkdir knowledge')], { cwd: folder })
      const path = join(folder, 'replyd.yaml')
      writeFileSync(path, stringify({ ...completed('{}'), knowledge: './knowledge', model: { apiKey: 'x' } }))
      const question =
        /knowledge test "([^"]+)"/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
      const { out, status } = await run(['knowledge', 'test', question, '--config', path])
      expect(out).toMatch(/hours\.md/)
      expect(status).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('the line of the README that init writes is there to be uncommented', async () => {
    const { configText } = await import('../src/cli/init/files.ts')
    const place = { host: 'a.example', port: 1, secure: true }
    const found = { imap: place, smtp: place, source: 'x', hint: '', oauth2: null }
    const answers = { address: 'a@b.example', found, user: null, oauthClientId: null, password: 'X' }
    expect(configText(answers)).toContain('\n# knowledge: ./knowledge\n')
  })

  test('the client of an assistant starts a command that exists', async () => {
    const { mcpServers } = JSON.parse(blockOf('{ "mcpServers"'))
    expect(mcpServers.replyd.command).toBe('replyd')
    expect(await parsed(mcpServers.replyd.args)).toBe('')
  })

  test('the sample line of labels can be read', () => {
    const [label] = parseLabels(blockOf('{"file": "mail'), 'docs')
    expect(label).toMatchObject({ file: 'mail/0001.eml', spam: false, needsReply: true })
  })

  test('packages that are to be installed fit package.json', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = [...blockOf('npm install bullmq-otel').matchAll(/(\S+)@\^/g)].map(([, name = '']) => name)
    expect(named.sort()).toEqual(Object.keys(peerDependencies).sort())
  })

  test('the prompts that are to be copied are in the package', () => {
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(files).toContain('prompts')
    expect(existsSync(join(root, 'prompts/compose.md'))).toBe(true)
  })
})

describe('what the text names', () => {
  const texts = documents.map((document) => readFileSync(join(root, document), 'utf8'))

  test('addresses of the API are in its description', () => {
    const described = Object.keys((operations.describe() as { paths: object }).paths)
    const shapes = described.map((path) => path.replace(/\{\w+\}/g, '*'))
    const named = texts.flatMap((text) =>
      [...text.matchAll(/`(?:GET|POST) (\/api\/[^`\s]*(?: [^`]*\}\})?)`/g)].map(([, path = '']) => path),
    )
    expect(named.length).toBeGreaterThan(1)
    const shapeOf = (path: string) =>
      path.replace(/\{\{.*?\}\}|\{\w+\}|\b(ID|ADDRESS)\b/g, '*').replace(/\?.*$/, '')
    const known = (path: string) => shapes.some((shape) => shape === path || `/api${shape}` === path)
    expect(named.map(shapeOf).filter((path) => !known(path))).toEqual([])
  })

  test('codes of errors in docs/api.md are those of the API', () => {
    const [, table = ''] = texts[documents.indexOf('docs/api.md')]?.split('## Errors') ?? []
    const rows = [...(table.split('\n## ')[0]?.matchAll(/^\| \d+ \|([^|]*)\|/gm) ?? [])].map(
      ([, cell = '']) => cell,
    )
    const codes = rows.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, code = '']) => code))
    const general = [
      'bad-request',
      'unauthorized',
      'forbidden',
      'method-not-allowed',
      'too-long',
      'unavailable',
    ]
    expect(codes.length).toBeGreaterThan(8)
    expect(codes.filter((code) => refusalWords(code) === null && !general.includes(code))).toEqual([])
  })

  test('keys of the configuration exist', () => {
    const schema = JSON.parse(readFileSync(join(root, 'replyd.schema.json'), 'utf8'))
    expect(keysNamed(texts).length).toBeGreaterThan(30)
    expect(keysNamed(texts).filter((key) => !hasKey(schema, schema, key.split('.')))).toEqual([])
    expect(['replies.mod', 'imap.hots', 'web'].map((key) => hasKey(schema, schema, key.split('.')))).toEqual([
      false,
      false,
      true,
    ])
  })
})

interface Schema {
  $ref?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  [other: string]: unknown
}

/** `replies.mode`: a key below a group of the file or of an account. */
function keysNamed(texts: readonly string[]): string[] {
  const groups = [...known, 'imap', 'smtp', 'mailboxes', 'tls'].join('|')
  const pattern = new RegExp(`\`((?:${groups})(?:\\.[a-zA-Z0-9]+)+)\``, 'g')
  // Names of events look like keys.
  const events = ['budget.reached', 'model.notice']
  const files = /\.(md|yaml|ts|json|mjs|pem|jsonl|eml)$/
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, key = '']) => key)))].filter(
    (key) => !files.test(key) && !events.includes(key),
  )
}

function hasKey(whole: Schema, at: Schema, [name = '', ...rest]: string[], depth = 0): boolean {
  const target = at.$ref ? (whole.$defs as Record<string, Schema>)[at.$ref.split('/').at(-1) ?? ''] : at
  if (!target) return false
  if (name === '') return true
  const inside = [...(target.anyOf ?? []), ...(target.items ? [target.items] : [])]
  const account = depth === 0 ? target.properties?.accounts : undefined
  return (
    (target.properties?.[name] !== undefined && hasKey(whole, target.properties[name], rest, depth + 1)) ||
    inside.some((each) => hasKey(whole, each, [name, ...rest], depth + 1)) ||
    (account !== undefined && hasKey(whole, account, [name, ...rest], depth + 1))
  )
}
