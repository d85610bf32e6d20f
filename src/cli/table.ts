/** Columns for a terminal. */

/** Rows below each other: the first column left-aligned, others as `right` says; no trailing blanks. */
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
