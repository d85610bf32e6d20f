/** Charts, drawn here as SVG, and the settings that a person may see and change. */
import type { AccountState } from '../store/accounts.ts'
import type { DayFigures } from '../store/review-lists.ts'
import { Action, Page, type View } from './layout.tsx'
import { dollars } from './pages.tsx'
import type { Health } from './web-context.ts'
import { plainWords } from './words.ts'

/** The same days with those between them that had no mail. */
export function everyDay(days: readonly DayFigures[], names: readonly string[]): DayFigures[] {
  const known = new Map(days.map((day) => [day.day, day]))
  return names.map((day) => known.get(day) ?? { day, mails: 0, spam: 0, sent: 0, negative: 0, cost: 0 })
}

interface ChartProps {
  title: string
  days: readonly DayFigures[]
  value: (day: DayFigures) => number
  show: (value: number) => string
  /** Drawn as a line across. */
  limit?: number
}

const width = 360
const height = 150
const foot = 22

/** One bar for each day; the numbers stand in a title and in the description, so that nothing depends on sight. */
export function Chart({ title, days, value, show, limit }: ChartProps) {
  const values = days.map(value)
  const top = Math.max(...values, limit ?? 0, Number.MIN_VALUE)
  const step = width / Math.max(days.length, 1)
  const y = (amount: number) => height - foot - (amount / top) * (height - foot - 14)
  const total = values.reduce((sum, each) => sum + each, 0)
  return (
    <figure class="card">
      <figcaption>
        <h2>{title}</h2>
        <p class="meta">{`${show(total)} in all`}</p>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${title}: ${days.map((day, at) => `${day.day} ${show(values[at] ?? 0)}`).join(', ')}`}
      >
        {values.map((amount, at) => (
          <rect
            x={at * step + step * 0.12}
            width={Math.min(step * 0.76, 60)}
            y={y(amount)}
            height={height - foot - y(amount)}
            rx="2"
          />
        ))}
        {limit === undefined ? null : <line x1="0" x2={width} y1={y(limit)} y2={y(limit)} />}
        <text x="0" y={height - 6}>
          {days[0]?.day ?? ''}
        </text>
        <text x={width} y={height - 6} text-anchor="end">
          {days.length > 1 ? days.at(-1)?.day : ''}
        </text>
      </svg>
    </figure>
  )
}

interface InsightProps {
  view: View
  days: readonly DayFigures[]
  outcomes: readonly { disposition: string; n: number }[]
  perDay: number
}

export function InsightPage({ view, days, outcomes, perDay }: InsightProps) {
  const count = (value: number) => String(value)
  return (
    <Page view={view} title="Insight">
      <header class="bar">
        <h1>Insight</h1>
      </header>
      <div class="charts">
        <Chart title="Mail per day" days={days} value={({ mails }) => mails} show={count} />
        <Chart title="Spam filed" days={days} value={({ spam }) => spam} show={count} />
        <Chart title="Replies sent" days={days} value={({ sent }) => sent} show={count} />
        <Chart title="Negative mails" days={days} value={({ negative }) => negative} show={count} />
        <Chart
          title="Cost against the cap"
          days={days}
          value={({ cost }) => cost}
          show={dollars}
          limit={perDay}
        />
        <section class="card" aria-label="Outcomes">
          <h2>Outcomes</h2>
          <dl class="facts">
            {outcomes.map(({ disposition, n }) => (
              <>
                <dt>{plainWords(disposition)}</dt>
                <dd>{n}</dd>
              </>
            ))}
          </dl>
        </section>
      </div>
    </Page>
  )
}

interface SettingsProps {
  view: View
  accounts: readonly { state: AccountState; mode: string }[]
  health: Health
  model: string
  budget: { perDay: number; spent: number }
  hasBoard: boolean
}

export function SettingsPage({ view, accounts, health, model, budget, hasBoard }: SettingsProps) {
  return (
    <Page view={view} title="Settings">
      <header class="bar">
        <h1>Settings</h1>
      </header>
      <div class="pair">
        <section class="card" aria-label="Accounts">
          <h2>Accounts</h2>
          {accounts.map(({ state, mode }) => (
            <div class="account">
              <p>
                {state.account} <span class="tag">{mode}</span>{' '}
                {state.paused ? <span class="tag held">paused: nothing goes out</span> : null}
              </p>
              {state.stopped ? <p class="fault">{state.stopped}</p> : null}
              <Action
                view={view}
                to={`/accounts/${encodeURIComponent(state.account)}/${state.paused ? 'resume' : 'pause'}`}
                label={state.paused ? 'Resume' : 'Pause'}
              />
            </div>
          ))}
        </section>
        <section class="card" aria-label="Health">
          <h2>{health.ok ? 'All is well' : 'Something needs you'}</h2>
          <dl class="facts">
            {Object.entries(health.parts).map(([part, state]) => (
              <>
                <dt>{part}</dt>
                <dd>{state}</dd>
              </>
            ))}
            <dt>Model</dt>
            <dd>{model}</dd>
            <dt>Budget left today</dt>
            <dd>{`$${Math.max(0, budget.perDay - budget.spent).toFixed(2)} of $${budget.perDay.toFixed(2)}`}</dd>
          </dl>
          {hasBoard ? <a href="/settings/queues">Queue board</a> : null}
        </section>
      </div>
    </Page>
  )
}
