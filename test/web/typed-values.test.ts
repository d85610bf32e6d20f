import { expect, test } from '@jest/globals'
import { parseHours } from '../../src/config/fields.ts'
import { durationTyped, hoursTyped, numberTyped } from '../../src/web/typed-values.ts'

test.each([
  ['mon-fri 09:00-17:00, sat 10:00-13:00', 'mon-fri 09:00-17:00, sat 10:00-13:00'],
  ['9-17', 'mon-sun 09:00-17:00'],
  ['9:00–17:30', 'mon-sun 09:00-17:30'],
  ['Mon-Fri', 'mon-fri 00:00-24:00'],
  ['Mon - Fri 9 - 17', 'mon-fri 09:00-17:00'],
  ['Monday to Friday, 9am to 5pm', 'mon-fri 09:00-17:00'],
  ['Monday to Friday 9am to 5:30pm', 'mon-fri 09:00-17:30'],
  ['Tues, Thurs 8.30-12; Saturday 10-13', 'tue 08:30-12:00, thu 08:30-12:00, sat 10:00-13:00'],
  ['weekdays 9-12 and weekend 10-12', 'mon-fri 09:00-12:00, sat-sun 10:00-12:00'],
  ['every day 12pm - 12am', 'mon-sun 12:00-24:00'],
  ['mon 9h30 - 18h', 'mon 09:30-18:00'],
  ['mon, wed 9-12, 13-17', 'mon 09:00-12:00, wed 09:00-12:00, mon 13:00-17:00, wed 13:00-17:00'],
  ['9-12, 13-17', 'mon-sun 09:00-12:00, mon-sun 13:00-17:00'],
  ['sat, sun', 'sat 00:00-24:00, sun 00:00-24:00'],
  ['mon 9-12, wed', 'mon 09:00-12:00, wed 00:00-24:00'],
])('hours: %p is %p', (typed, meant) => {
  expect(hoursTyped(typed)).toBe(meant)
})

test.each(['nine to five', 'mon-fry 9-17', '9', '-', 'mon-fri 9-17,', 'mon 9-25', 'mon 17-9'])(
  'hours: %p is refused',
  (typed) => {
    expect(parseHours(hoursTyped(typed))).toBeNull()
  },
)

test.each([
  ['5m', '5m'],
  ['5 minutes', '5m'],
  ['1 Hour', '1h'],
  ['90 sec.', '90s'],
  ['1,5 h', '1.5h'],
  ['a while', 'a while'],
  ['30', '30'],
])('durations: %p is %p', (typed, meant) => {
  expect(durationTyped(typed)).toBe(meant)
})

test.each([
  ['0.8', 0.8],
  ['80 %', 0.8],
  ['7%', 0.07],
  ['2,50', 2.5],
  ['$2.50', 2.5],
  ['.5', 0.5],
  ['much', 'much'],
  ['1e9', '1e9'],
  ['', ''],
])('numbers: %p is %p', (typed, meant) => {
  expect(numberTyped(typed)).toBe(meant)
})
