/**
 * Charts over days, drawn here as SVG. The same figures are below each one as a table, so that nothing depends on
 * sight.
 */
import { shortDay } from './words.ts'

interface Series {
  name: string
  /** `one`, `two` or `three`: its colour. */
  colour: string
  /** One per day; null if there is no value. */
  values: readonly (number | null)[]
}

interface ChartProps {
  title: string
  /** The main message, in a few words. */
  headline: string
  /** Instead of a chart that has nothing to draw: what it will show. */
  empty: string
  days: readonly string[]
  series: readonly Series[]
  show: (value: number) => string
  /** Stacked; otherwise each starts at zero, the first one at the back. */
  stacked?: boolean
  /** A horizontal line, unless it would dwarf everything else. */
  limit?: { name: string; value: number }
}

const width = 360
const height = 150
const head = 16
const foot = 20
/** A limit further away than this is stated, not drawn. */
const farAway = 4

export function Chart({ title, headline, empty, days, series, show, stacked = false, limit }: ChartProps) {
  const tops = days.map((_, at) => {
    const values = series.map(({ values }) => values[at] ?? 0)
    return stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values)
  })
  const highest = Math.max(0, ...tops)
  const drawn = limit && limit.value <= highest * farAway ? limit : undefined
  const top = Math.max(highest, drawn?.value ?? 0)
  const y = (value: number) => height - foot - (top === 0 ? 0 : (value / top) * (height - foot - head))
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <p class="headline">{headline}</p>
        {series.length > 1 && highest > 0 ? <Legend series={series} /> : null}
      </figcaption>
      {highest === 0 ? (
        <p class="nothing">{empty}</p>
      ) : (
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: ${headline}`}>
          <line class="grid" x1="0" x2={width} y1={y(top)} y2={y(top)} />
          <line class="grid" x1="0" x2={width} y1={y(0)} y2={y(0)} />
          <Bars days={days} series={series} show={show} stacked={stacked} y={y} />
          {drawn ? <line class="limit" x1="0" x2={width} y1={y(drawn.value)} y2={y(drawn.value)} /> : null}
          <text x="0" y={head - 5}>
            {drawn?.value === top ? `${drawn.name} ${show(top)}` : show(top)}
          </text>
          <text x="0" y={height - 5}>
            {shortDay(days[0] ?? '')}
          </text>
          <text x={width} y={height - 5} text-anchor="end">
            {shortDay(days.at(-1) ?? '')}
          </text>
        </svg>
      )}
      {highest === 0 ? null : <Table title={title} days={days} series={series} show={show} />}
    </figure>
  )
}

function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul class="legend">
      {series.map(({ name, colour }) => (
        <li>
          <span class={`swatch ${colour}`} />
          {name}
        </li>
      ))}
    </ul>
  )
}

interface BarsProps extends Pick<ChartProps, 'days' | 'series' | 'show'> {
  stacked: boolean
  y: (value: number) => number
}

function Bars({ days, series, show, stacked, y }: BarsProps) {
  const step = width / Math.max(days.length, 1)
  const bar = Math.min(step * 0.72, 28)
  return (
    <>
      {days.map((day, at) => {
        let below = 0
        return series.map(({ name, colour, values }) => {
          const value = values[at] ?? 0
          if (value === 0) return null
          const from = stacked ? below : 0
          below += value
          const x = at * step + (step - bar) / 2
          // Small values must be visible.
          const tall = Math.max(1.5, y(from) - y(from + value))
          return (
            <rect class={colour} x={x} width={bar} y={y(from) - tall} height={tall} rx="1.5">
              <title>{`${shortDay(day)}, ${name}: ${show(value)}`}</title>
            </rect>
          )
        })
      })}
    </>
  )
}

/** The first row of a table; numbers are right-aligned. */
export function TableHead({ columns, numbers }: { columns: readonly string[]; numbers: readonly string[] }) {
  return (
    <thead>
      <tr>
        {columns.map((name) => (
          <th scope="col">{name}</th>
        ))}
        {numbers.map((name) => (
          <th scope="col" class="number">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Table({ title, days, series, show }: Pick<ChartProps, 'title' | 'days' | 'series' | 'show'>) {
  const told = days.map((_, at) => at).filter((at) => series.some(({ values }) => (values[at] ?? 0) !== 0))
  return (
    <details>
      <summary>Figures</summary>
      <section class="figures" tabindex={0} aria-label={`${title}, figures`}>
        <table>
          <TableHead columns={['Day']} numbers={series.map(({ name }) => name)} />
          <tbody>
            {told.reverse().map((at) => (
              <tr>
                <th scope="row">{shortDay(days[at] ?? '')}</th>
                {series.map(({ values }) => (
                  <td class="number">{values[at] === null ? '–' : show(values[at] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}
