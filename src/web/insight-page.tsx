/** Statistics of the last days: volume, trust, speed, mood and money. */

import { capitalised, type Disposition, outcomeOf } from '../base/dispositions.ts'
import type { DayFigures, ReplyFigures } from '../store/statistics.ts'
import { Chart } from './charts.tsx'
import { Page, type View } from './layout.tsx'
import { dollars, lasting, shareOf } from './words.ts'

const fewestDays = 7

const nothing = { mails: 0, spam: 0, positive: 0, neutral: 0, negative: 0, sent: 0, untouched: 0, cost: 0 }

/**
 * The days shown: including those without activity, but not those before the first; at least a week.
 * @param names the longest range, oldest first
 */
export function everyDay(days: readonly DayFigures[], names: readonly string[]): DayFigures[] {
  const known = new Map(days.map((day) => [day.day, day]))
  const first = names.findIndex((name) => known.has(name))
  const from = Math.max(0, Math.min(first < 0 ? names.length : first, names.length - fewestDays))
  return names
    .slice(from)
    .map((day) => known.get(day) ?? { day, ...nothing, medianSeconds: null, p90Seconds: null })
}

export interface Insight {
  days: readonly DayFigures[]
  replies: ReplyFigures
  outcomes: readonly { disposition: Disposition; n: number }[]
  /** Daily budget in US dollars. */
  perDay: number
}

export function InsightPage({ view, insight }: { view: View; insight: Insight }) {
  const { days, replies, outcomes, perDay } = insight
  const isFirstDay = days
    .slice(0, -1)
    .every(({ mails, cost, sent }) => mails === 0 && cost === 0 && sent === 0)
  const empty = outcomes.length === 0 && days.every(({ cost, sent }) => cost === 0 && sent === 0)
  return (
    <Page view={view} title="Insight">
      <header class="bar">
        <h1>Insight</h1>
        <p class="meta">
          {isFirstDay ? 'Since today. The charts fill day by day.' : `The last ${days.length} days`}
        </p>
      </header>
      {empty ? (
        <p class="empty">Nothing to show yet. The charts start with the first mail.</p>
      ) : (
        <div class="charts">
          <Volume days={days} />
          <Trust days={days} replies={replies} />
          <ReplyTimes days={days} replies={replies} />
          <Mood days={days} />
          <Money days={days} perDay={perDay} />
          <Outcomes outcomes={outcomes} />
        </div>
      )}
    </Page>
  )
}

const count = (value: number) => String(value)
const sumOf = (days: readonly DayFigures[], value: (day: DayFigures) => number) =>
  days.reduce((sum, day) => sum + value(day), 0)
const namesOf = (days: readonly DayFigures[]) => days.map(({ day }) => day)

function Volume({ days }: { days: readonly DayFigures[] }) {
  const [mails, spam] = [sumOf(days, (day) => day.mails), sumOf(days, (day) => day.spam)]
  const series = [
    { name: 'Mail', colour: 'one', values: days.map((day) => day.mails - day.spam) },
    { name: 'Spam', colour: 'three', values: days.map((day) => day.spam) },
  ]
  const headline = `${mails} in total, ${shareOf(spam, mails)} of it spam`
  return (
    <Chart
      title="Mail per day"
      headline={headline}
      empty="Each day gets a bar."
      days={namesOf(days)}
      series={series}
      show={count}
      stacked
    />
  )
}

function Trust({ days, replies }: { days: readonly DayFigures[]; replies: ReplyFigures }) {
  const series = [
    { name: 'Untouched', colour: 'one', values: days.map((day) => day.untouched) },
    { name: 'Edited', colour: 'two', values: days.map((day) => day.sent - day.untouched) },
  ]
  const headline =
    replies.sent === 0
      ? 'No reply has been sent yet'
      : `${shareOf(replies.untouched, replies.sent)} of ${replies.sent} sent as replyd wrote them`
  return (
    <Chart
      title="Sent without edits"
      headline={headline}
      empty="Here you will see how many replies went out as replyd wrote them, and how many you edited first."
      days={namesOf(days)}
      series={series}
      show={count}
      stacked
    />
  )
}

function ReplyTimes({ days, replies }: { days: readonly DayFigures[]; replies: ReplyFigures }) {
  const series = [
    { name: '90 % within', colour: 'faint', values: days.map((day) => day.p90Seconds) },
    { name: 'Median', colour: 'one', values: days.map((day) => day.medianSeconds) },
  ]
  const { medianSeconds, p90Seconds } = replies
  const headline =
    medianSeconds === null || p90Seconds === null
      ? 'No reply has been sent yet'
      : `Median ${lasting(medianSeconds)}, 90 % within ${lasting(p90Seconds)}`
  return (
    <Chart
      title="Time to reply"
      headline={headline}
      empty="Here you will see how long people wait for your reply."
      days={namesOf(days)}
      series={series}
      show={lasting}
    />
  )
}

function Mood({ days }: { days: readonly DayFigures[] }) {
  const series = [
    { name: 'Positive', colour: 'one', values: days.map((day) => day.positive) },
    { name: 'Neutral', colour: 'faint', values: days.map((day) => day.neutral) },
    { name: 'Negative', colour: 'three', values: days.map((day) => day.negative) },
  ]
  const judged = sumOf(days, (day) => day.positive + day.neutral + day.negative)
  const negative = sumOf(days, (day) => day.negative)
  const headline =
    judged === 0 ? 'No mail has been judged yet' : `${shareOf(negative, judged)} of ${judged} were negative`
  return (
    <Chart
      title="Mood of the mail"
      headline={headline}
      empty="Here you will see how friendly or angry your mail is."
      days={namesOf(days)}
      series={series}
      show={count}
      stacked
    />
  )
}

function Money({ days, perDay }: { days: readonly DayFigures[]; perDay: number }) {
  const costs = days.map(({ cost }) => cost)
  const most = Math.max(0, ...costs)
  const share =
    perDay > 0 ? `, at most ${shareOf(most, perDay)} of the daily budget of ${dollars(perDay)}` : ''
  const total = costs.reduce((sum, cost) => sum + cost, 0)
  return (
    <Chart
      title="Cost per day"
      headline={total === 0 ? 'The AI has cost nothing yet' : `${dollars(total)} in total${share}`}
      empty={perDay > 0 ? `Its daily budget is ${dollars(perDay)}.` : 'Its daily budget is $0.'}
      days={namesOf(days)}
      series={[{ name: 'Cost', colour: 'one', values: costs }]}
      show={dollars}
      limit={{ name: 'Cap', value: perDay }}
    />
  )
}

function Outcomes({ outcomes }: Pick<Insight, 'outcomes'>) {
  const most = Math.max(1, ...outcomes.map(({ n }) => n))
  return (
    <section class="card" aria-label="Outcome of every mail">
      <h2>Outcome of every mail</h2>
      <dl class="tally">
        {outcomes.map(({ disposition, n }) => (
          <>
            <dt>{capitalised(outcomeOf(disposition))}</dt>
            <dd>
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="one" width={Math.max(1, (n / most) * 100)} height="6" />
              </svg>
              <a href={`/history?disposition=${disposition}`}>{n}</a>
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}
