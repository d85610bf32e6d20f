import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './child.ts'
import type { Outcome } from './run.ts'

export function line(outcome: Outcome): string {
  const { moment, combination, rounds, struck, arrived, lost, duplicated, uncertain, misplaced, other } =
    outcome
  const counts = `arrived ${arrived}, lost ${lost}, duplicated ${duplicated}, uncertain ${uncertain}, misplaced ${misplaced}, other ${other}`
  return `${outcome.ok ? 'ok  ' : 'FAIL'} ${moment} [${combination}] ${struck}/${rounds} strikes, ${counts}, ${outcome.seconds.toFixed(1)} s`
}

const columns = [
  'moment',
  'state/queue',
  'strikes',
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
  const rows = outcomes.map((each) => [
    each.moment,
    each.combination,
    `${each.struck}`,
    `${each.kills}`,
    `${each.arrived}`,
    `${each.handled}`,
    `${each.lost + each.other}`,
    `${each.duplicated}`,
    `${each.uncertain}`,
    `${each.misplaced}`,
    each.seconds.toFixed(1),
  ])
  const asRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [asRow(columns), asRow(columns.map(() => '---')), ...rows.map(asRow)].join('\n')
}

const begin = '<!-- chaos:begin -->'
const end = '<!-- chaos:end -->'

/** Puts the table into docs/reliability.md, between its marks. */
export function writeReliability(outcomes: readonly Outcome[], seed: number): void {
  const path = join(projectRoot, 'docs/reliability.md')
  const page = readFileSync(path, 'utf8')
  const [before = ''] = page.split(begin)
  const after = page.split(end)[1] ?? ''
  const sum = (
    name: 'struck' | 'kills' | 'arrived' | 'lost' | 'duplicated' | 'uncertain' | 'misplaced' | 'other',
  ) => outcomes.reduce((total, each) => total + each[name], 0)
  const total =
    `${outcomes.length} runs (seed ${seed}): ${sum('struck')} strikes, ${sum('kills')} kill -9, ${sum('arrived')} mails; ` +
    `lost ${sum('lost') + sum('other')}, duplicated ${sum('duplicated')}, wrong mailbox ${sum('misplaced')}, uncertain ${sum('uncertain')}.`
  writeFileSync(path, `${before}${begin}\n${total}\n\n${tableOf(outcomes)}\n${end}${after}`)
}
