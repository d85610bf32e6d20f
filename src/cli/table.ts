/** Columns for a terminal. */
import { cutToWidth, padTo, widthOf } from '../base/columns.ts'
import { printable } from './terminal.ts'

/** No column is made narrower. */
const narrowest = 8

interface Columns {
  /** Further columns that are never cut, like the first. */
  whole?: readonly string[]
  right?: readonly string[]
}

/** Rows below column names. Columns are as wide as their cells, or narrower until they fit; the first is never cut. */
export function fittedTable(
  rows: readonly Readonly<Record<string, string>>[],
  columns: number,
  { whole: uncut = [], right = [] }: Columns = {},
): string {
  const names = Object.keys(rows[0] ?? {})
  const lines = [names, ...rows.map((row) => names.map((name) => printable(row[name] ?? '', true)))]
  const natural = names.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))))
  const mayShrink = names.map((name, at) => at > 0 && !uncut.includes(name))
  const widths = fitting(natural, mayShrink, columns - 2 * (names.length - 1))
  const cell = (text: string, at: number) => {
    const width = widths[at] ?? 0
    const cut = cutToWidth(text, width)
    return right.includes(names[at] ?? '') ? ' '.repeat(width - widthOf(cut)) + cut : padTo(cut, width)
  }
  return lines.map((line) => line.map(cell).join('  ').trimEnd()).join('\n')
}

/** Narrows the widest column that may shrink, repeatedly. */
function fitting(natural: readonly number[], mayShrink: readonly boolean[], room: number): number[] {
  const widths = [...natural]
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const widest = Math.max(0, ...widths.filter((_, at) => mayShrink[at]))
    if (widest <= narrowest) break
    const at = widths.findLastIndex((width, column) => mayShrink[column] && width === widest)
    widths[at] = widest - 1
  }
  return widths
}

/** Rows below each other: the first column left-aligned, others as `right` says; no trailing spaces. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  indent = '  ',
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${indent}${line}`)
    .join('\n')
}

/** `$0.0421`: two significant figures, even below a cent. */
export function dollars(sum: number): string {
  if (sum === 0) return '$0.00'
  if (sum >= 0.1) return `$${sum.toFixed(2)}`
  const figures = Number(sum.toPrecision(2)).toFixed(Math.min(8, 1 - Math.floor(Math.log10(sum))))
  return `$${figures.replace(/(\.\d\d\d*?)0+$/, '$1')}`
}

/** `0.954`. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toFixed(3)

/** `1,204`. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** `812 ms`, `1.9 s`. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
