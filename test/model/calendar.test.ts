import { expect, test } from '@jest/globals'
import { calendarLine, localDay, localTime } from '../../src/model/prompts/calendar.ts'

test.each([
  ['2026-12-08T23:14:00Z', 'Europe/Berlin', 'Wed 2026-12-09 00:14'],
  ['2026-12-08T23:14:00Z', 'UTC', 'Tue 2026-12-08 23:14'],
  ['2026-12-08T23:14:00Z', 'America/New_York', 'Tue 2026-12-08 18:14'],
  ['2026-06-30T22:30:00Z', 'Asia/Tokyo', 'Wed 2026-07-01 07:30'],
])('%s in %s is %s', (at, zone, expected) => {
  expect(localTime(new Date(at), zone)).toBe(expected)
  expect(localDay(new Date(at), zone)).toBe(expected.slice(4, 14))
})

test('two weeks by their weekdays, across the end of a year', () => {
  expect(calendarLine(new Date('2026-12-26T09:00:00Z'), 'Europe/Berlin')).toBe(
    'Sat 2026-12-26 (today), Sun 27, Mon 28, Tue 29, Wed 30, Thu 31, Fri 2027-01-01, Sat 02, Sun 03, Mon 04, Tue 05, Wed 06, Thu 07, Fri 08',
  )
})
