import { describe, expect, test } from '@jest/globals'
import type { DayFigures } from '../../src/store/statistics.ts'
import { everyDay, InsightPage } from '../../src/web/insight-page.tsx'
import type { View } from '../../src/web/layout.tsx'
import { lasting, shareOf, shortDay } from '../../src/web/words.ts'

const names = Array.from({ length: 30 }, (_, at) =>
  new Date(Date.UTC(2026, 9, 26 + at)).toISOString().slice(0, 10),
)
const figures = (day: string, more: Partial<DayFigures> = {}): DayFigures => ({
  day,
  ...{ mails: 4, spam: 1, positive: 1, neutral: 1, negative: 1, sent: 2, untouched: 1 },
  ...{ medianSeconds: 600, p90Seconds: 7200, cost: 0.02 },
  ...more,
})

const view: View = {
  token: 't',
  role: 'owner',
  person: null,
  path: '/insight',
  notice: null,
  undo: null,
  waiting: { all: 0, held: 0, ready: 0, sending: 0, here: 0, lacking: 0, categories: [] },
  paused: [],
  warnings: [],
  status: [],
  hasLogin: false,
  now: new Date('2026-11-24T08:00:00Z'),
  timeZone: 'UTC',
}

const none = { sent: 0, untouched: 0, medianSeconds: null, p90Seconds: null }

function drawn(days: DayFigures[], perDay = 5) {
  const replies = days.length === 0 ? none : { sent: 2, untouched: 1, medianSeconds: 600, p90Seconds: 7200 }
  const outcomes = days.length === 0 ? [] : [{ disposition: 'sent' as const, n: 2 }]
  return String(InsightPage({ view, insight: { days: everyDay(days, names), replies, outcomes, perDay } }))
}

describe('the days that are shown', () => {
  test.each([
    ['none', [], 7],
    ['today alone', [figures('2026-11-24')], 7],
    ['since two weeks ago', [figures('2026-11-11'), figures('2026-11-24')], 14],
    ['the whole month', [figures('2026-10-26')], 30],
  ])('%s', (_name, known, expected) => {
    const days = everyDay(known, names)
    expect(days.map(({ day }) => day)).toEqual(names.slice(-expected))
    expect(days.filter(({ mails }) => mails > 0)).toEqual(known)
  })
})

describe('the page', () => {
  test('without any mail says so, and draws nothing', () => {
    const html = drawn([])
    expect(html).toContain('Nothing to show yet')
    expect(html).not.toMatch(/<svg|NaN|Infinity|undefined|null/)
  })

  test('on the first day says that it begins, and each empty chart what it will show', () => {
    const first = figures('2026-11-24', {
      sent: 0,
      untouched: 0,
      medianSeconds: null,
      p90Seconds: null,
      cost: 0,
    })
    const html = drawn([first])
    expect(html).toContain('Since today. The charts fill day by day.')
    expect(html).toContain('The AI has cost nothing yet')
    expect(html).toContain('Its daily budget is $5.00.')
    expect(drawn([figures('2026-11-23'), first])).toContain('The last 7 days')
  })

  test('with one day draws it, and tells each figure as text', () => {
    const html = drawn([figures('2026-11-24')])
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
    for (const words of [
      '4 in total, 25 % of it spam',
      '50 % of 2 sent as replyd wrote them',
      'Median 10 min, 90 % within 2 h',
      '33 % of 3 were negative',
      '$0.02 in total, at most under 1 % of the daily budget of $5.00',
      '<td class="number">10 min</td><td class="number">2 h</td>'.split('</td>')[0] ?? '',
    ])
      expect(html).toContain(words)
    expect(html.match(/<table>/g)).toHaveLength(5)
  })

  test('a day with mail but without a reply has no time to reply', () => {
    const html = drawn([
      figures('2026-11-23', { sent: 0, untouched: 0, medianSeconds: null, p90Seconds: null }),
    ])
    expect(html).not.toMatch(/NaN|undefined/)
    expect(html).toContain('how long people wait for your reply')
  })

  test('the cap is drawn as a line where it is near, and stated in words where it is far away', () => {
    expect(drawn([figures('2026-11-24', { cost: 4 })])).toContain('class="limit"')
    expect(drawn([figures('2026-11-24', { cost: 0.02 })])).not.toContain('class="limit"')
  })
})

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [90, '1.5 min'],
  [600, '10 min'],
  [12_600, '3.5 h'],
  [200_000, '2.3 d'],
])('%d seconds are %s', (seconds, expected) => expect(lasting(seconds)).toBe(expected))

test.each([
  [0, 0, '0 %'],
  [1, 1000, 'under 1 %'],
  [1, 3, '33 %'],
  [3, 3, '100 %'],
])('%d of %d is %s', (part, whole, expected) => expect(shareOf(part, whole)).toBe(expected))

test('a day is shortened, and anything else stays as it is', () => {
  expect([shortDay('2026-11-24'), shortDay('')]).toEqual(['24 Nov', ''])
})
