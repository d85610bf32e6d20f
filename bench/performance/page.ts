/** docs/performance.json has the latest figures of each bench; docs/performance.md shows them between its marks. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pathTo } from '../../test/live/servers/program.ts'
import { type Figure, tableOf } from './figure.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const jsonPath = join(root, 'docs/performance.json')
const pagePath = join(root, 'docs/performance.md')

/** The latest measurement of one bench. */
interface Entry {
  at: string
  runs: number
  mails: number
  machine: string
  figures: Figure[]
}

type Entries = Record<string, Entry>

function versionOf(program: string, argument: string): string {
  try {
    const said = execFileSync(pathTo(program), [argument], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'unknown'
  } catch {
    return 'none'
  }
}

/** The machine and the servers, in one line. */
export function machine(): string {
  const [model] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const servers = [
    `Node ${process.versions.node}`,
    `Dovecot ${versionOf('dovecot', '--version')}`,
    `Redis ${versionOf('redis-server', '--version')}`,
    `PostgreSQL ${versionOf('postgres', '--version')}`,
  ]
  return `${availableParallelism()} cores (${model?.model.trim() ?? 'unknown'}), ${memory}, Linux ${release()}; ${servers.join(', ')}`
}

const begin = '<!-- bench:begin -->'
const end = '<!-- bench:end -->'

/** Replaces the entries of these benches and leaves all others. */
export function writePage(
  measured: ReadonlyMap<string, Figure[]>,
  options: { runs: number; mails: number },
): void {
  const entries: Entries = existsSync(jsonPath) ? JSON.parse(readFileSync(jsonPath, 'utf8')) : {}
  const { runs, mails } = options
  for (const [name, figures] of measured)
    entries[name] = { at: new Date().toISOString().slice(0, 10), runs, mails, machine: machine(), figures }
  const sorted = Object.fromEntries(Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1)))
  writeFileSync(jsonPath, `${JSON.stringify(sorted, null, 2)}\n`)
  const page = existsSync(pagePath) ? readFileSync(pagePath, 'utf8') : `# Performance\n\n${begin}\n${end}\n`
  const [before = ''] = page.split(begin)
  writeFileSync(pagePath, `${before}${begin}\n${sectionsOf(sorted)}\n${end}${page.split(end)[1] ?? '\n'}`)
}

function sectionsOf(entries: Entries): string {
  const sections = Object.entries(entries).map(([name, { at, runs, mails, machine: where, figures }]) => {
    const how = `${at}, median of ${runs} ${runs === 1 ? 'run' : 'runs'}, backlogs of ${mails} mails. ${where}.`
    return `### ${name}\n\n${how} \`npm run bench -- ${name}\`\n\n${tableOf(figures)}`
  })
  return sections.join('\n\n')
}
