/** What a bench measures, the limit measured next to it in the same run, and whether the target is met. */

export interface Target {
  /** What is compared with the target: the value itself, or its ratio to the limit. */
  of: 'value' | 'ratio'
  atLeast?: number
  atMost?: number
}

export interface Figure {
  name: string
  value: number
  unit: string
  /** Measured in the same run, in the same unit. */
  limit?: { name: string; value: number }
  /** value / limit */
  ratio?: number
  target?: Target
  /** null if there is no target. */
  met: boolean | null
}

export interface BenchOptions {
  /** Number of repetitions; each figure is their median. */
  runs: number
  /** Mails in a backlog. */
  mails: number
  /** Folder of the mails whose tokens are counted; one is found when absent. */
  corpus?: string
  /** One line of progress, to stderr. */
  say: (text: string) => void
}

export type Bench = (options: BenchOptions) => Promise<Figure[]>

type Measured = Omit<Figure, 'ratio' | 'met'>

/** Works out ratio and verdict. */
export function figure(measured: Measured): Figure {
  const { value, limit, target } = measured
  const ratio = limit ? value / limit.value : undefined
  return {
    ...measured,
    ...(ratio === undefined ? {} : { ratio }),
    met: target ? isMet(value, ratio, target) : null,
  }
}

function isMet(value: number, ratio: number | undefined, { of, atLeast, atMost }: Target): boolean {
  const judged = of === 'ratio' ? ratio : value
  if (judged === undefined || !Number.isFinite(judged)) return false
  return judged >= (atLeast ?? Number.NEGATIVE_INFINITY) && judged <= (atMost ?? Number.POSITIVE_INFINITY)
}

/** The lower of the two middle values if there are two. NaN for an empty list. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Nearest rank. @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/**
 * Combines several runs of the same bench: for each figure the median of its values, of its limits, and of its ratios.
 * A figure that is missing in some runs is taken from the others.
 */
export function mediansOf(runs: readonly (readonly Figure[])[]): Figure[] {
  const names = [...new Set(runs.flat().map(({ name }) => name))]
  return names.map((name) => {
    const same = runs.flat().filter((each) => each.name === name)
    const [first] = same as [Figure]
    const value = median(same.map((each) => each.value))
    if (!first.limit) return figure({ ...first, value })
    const limit = { ...first.limit, value: median(same.map((each) => each.limit?.value ?? Number.NaN)) }
    // The median of the ratios, each from one run, because the machine may have been busier in another.
    const ratio = median(same.map((each) => each.ratio ?? Number.NaN))
    const met = first.target ? isMet(value, ratio, first.target) : null
    return { ...first, value, limit, ratio, met }
  })
}

const digits = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })

function targetText({ target, unit }: Figure): string {
  if (!target) return ''
  const { of, atLeast, atMost } = target
  const bound = atLeast !== undefined ? `≥ ${digits(atLeast)}` : `≤ ${digits(atMost ?? Number.NaN)}`
  return of === 'ratio' ? `ratio ${bound}` : `${bound} ${unit}`
}

/** A Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((each) => [
    each.name,
    `${digits(each.value)} ${each.unit}`,
    each.limit ? `${digits(each.limit.value)} (${each.limit.name})` : '',
    each.ratio === undefined ? '' : digits(each.ratio),
    targetText(each),
    each.met === null ? '' : each.met ? 'yes' : '**no**',
  ])
  const asRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = ['what', 'measured', 'limit in the same run', 'ratio', 'target', 'met']
  return [asRow(head), asRow(head.map(() => '---')), ...rows.map(asRow)].join('\n')
}
