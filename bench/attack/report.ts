/** The attacks as a table, on the terminal and in docs/security.md. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from './attack.ts'

const begin = '<!-- attack:begin -->'
const end = '<!-- attack:end -->'

const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

export function tableOf(results: readonly Result[]): string {
  const outcome = ({ broken, figure }: Result) =>
    broken !== null ? `**broken**: ${broken}` : figure === undefined ? 'held' : `held: ${figure}`
  const rows = results.map((result) => [result.area, result.name, outcome(result), result.holds].map(cell))
  const head = ['', 'attack', 'result', 'what holds it']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The commit, and whether the checkout differs from it. */
export function buildOf(root: string): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src') !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`
}

/** Puts figures and table into docs/security.md, between their marks. */
export function writeSecurity(root: string, results: readonly Result[], now: Date): void {
  const path = join(root, 'docs/security.md')
  const page = readFileSync(path, 'utf8')
  if (!page.includes(begin)) throw new Error(`${path} has no ${begin}`)
  const broken = results.filter((result) => result.broken !== null).length
  const line = `${now.toISOString().slice(0, 10)}, build ${buildOf(root)}: ${results.length} attacks, ${results.length - broken} held, ${broken} broken.`
  const [before = ''] = page.split(begin)
  const after = page.split(end)[1] ?? ''
  writeFileSync(path, `${before}${begin}\n${line}\n\n${tableOf(results)}\n${end}${after}`)
}
