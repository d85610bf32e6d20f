import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './child.ts'
import type { Outcome } from './run.ts'

export function line(outcome: Outcome): string {
  const { moment, combination, rounds, injected, arrived, lost, duplicated, uncertain, misplaced, other } =
    outcome
  const counts = `arrived ${arrived}, lost ${lost}, duplicated ${duplicated}, uncertain ${uncertain}, misplaced ${misplaced}, other ${other}`
  return `${outcome.ok ? 'ok  ' : 'FAIL'} ${moment} [${combination}] ${injected}/${rounds} faults, ${counts}, ${outcome.seconds.toFixed(1)} s`
}

const columns = [
  'moment',
  'state/queue',
  'faults',
  'kills',
  'arrived',
  'handled',
  'lost',
  'duplicated',
  'uncertain',
  'wrong mailbox',
  's to recover',
]

export function tableOf(outcomes: readonly Outcome[]): string {
  return markdown([columns, ...rowsOf(outcomes)])
}

const rowsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((each) => [
    each.moment,
    each.combination,
    `${each.injected}`,
    `${each.kills}`,
    `${each.arrived}`,
    `${each.handled}`,
    `${each.lost + each.other}`,
    `${each.duplicated}`,
    `${each.uncertain}`,
    `${each.misplaced}`,
    each.seconds.toFixed(1),
  ])

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const asRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [asRow(head), asRow(head.map(() => '---')), ...rows.map(asRow)].join('\n')
}

/** One row per combination of state and queue: sums, and the longest recovery. */
function summaryOf(outcomes: readonly Outcome[]): string {
  const all = rowsOf(outcomes)
  const rows = [...new Set(all.map(([, combination = '']) => combination))].map((combination) => {
    const numbers = all.filter((row) => row[1] === combination).map((row) => row.slice(2).map(Number))
    const sums = (numbers[0] ?? []).map((_, at) => numbers.reduce((sum, row) => sum + (row[at] ?? 0), 0))
    const longest = Math.max(...numbers.map((row) => row.at(-1) ?? 0))
    return [combination, `${numbers.length}`, ...sums.slice(0, -1).map(String), longest.toFixed(1)]
  })
  return markdown([['state/queue', 'runs', ...columns.slice(2, -1), 'most s to recover'], ...rows])
}

const csvCell = (cell: string) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

const begin = '<!-- chaos:begin -->'
const end = '<!-- chaos:end -->'

/** Updates the summary in docs/reliability.md, between its marks, and every row in docs/reliability.csv. */
export function writeReliability(outcomes: readonly Outcome[], seed: number): void {
  const path = join(projectRoot, 'docs/reliability.md')
  const page = readFileSync(path, 'utf8')
  const [before = ''] = page.split(begin)
  const after = page.split(end)[1] ?? ''
  const sum = (
    name: 'injected' | 'kills' | 'arrived' | 'lost' | 'duplicated' | 'uncertain' | 'misplaced' | 'other',
  ) => outcomes.reduce((total, each) => total + each[name], 0)
  const total =
    `${outcomes.length} runs (seed ${seed}): ${sum('injected')} faults, ${sum('kills')} kill -9, ${sum('arrived')} mails; ` +
    `lost ${sum('lost') + sum('other')}, duplicated ${sum('duplicated')}, wrong mailbox ${sum('misplaced')}, uncertain ${sum('uncertain')}.`
  writeFileSync(path, `${before}${begin}\n${total}\n\n${summaryOf(outcomes)}\n${end}${after}`)
  const csv = [columns, ...rowsOf(outcomes)].map((row) => row.map(csvCell).join(','))
  writeFileSync(join(projectRoot, 'docs/reliability.csv'), `${csv.join('\n')}\n`)
}
