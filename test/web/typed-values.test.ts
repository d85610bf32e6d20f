import { expect, test } from '@jest/globals'
import { parseHours } from '../../src/config/fields.ts'
import {
  durationSaid,
  durationTyped,
  hoursFault,
  hoursSaid,
  hoursTyped,
  numberTyped,
  senderTyped,
  shareSaid,
  shareTyped,
} from '../../src/web/typed-values.ts'

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
  ['9 to 5', 'mon-sun 09:00-17:00'],
  ['Mon-Fri 8:30-5:30', 'mon-fri 08:30-17:30'],
  ['24/7', 'mon-sun 00:00-24:00'],
  ['Mo-Fr 9-17 Uhr', 'mon-fri 09:00-17:00'],
  ['Montag bis Freitag von 9 bis 17 Uhr und Sa. 10-13', 'mon-fri 09:00-17:00, sat 10:00-13:00'],
  ['lundi à vendredi 9h-17h30, samedi 10h-12h', 'mon-fri 09:00-17:30, sat 10:00-12:00'],
  ['Always', 'mon-sun 00:00-24:00'],
  ['Every day 09:00-17:00', 'mon-sun 09:00-17:00'],
])('hours: %p is %p', (typed, meant) => {
  expect(hoursTyped(typed)).toBe(meant)
})

test.each([
  ['nine to five', '“nine” is not a day of the week.'],
  ['mon-fry 9-17', '“fry” is not a day of the week.'],
  ['9', '“9” has no end.'],
  ['mon 9', '“mon 9” has no end.'],
  ['-', '“-” is not understood.'],
  ['mon-fri 9-17,', 'Something is missing next to a comma.'],
  ['mon 9-25', '“25” is not a time.'],
  ['mon 9-17:75', '“17:75” is not a time.'],
  ['mon 17-9', '17-9 ends before it begins. Across midnight, write two'],
  ['22-6', '22-6 ends before it begins.'],
  ['9am-5am', '9am-5am ends before it begins.'],
])('hours: %p is refused: %s', (typed, fault) => {
  expect(hoursFault(typed)).toContain(fault)
  expect(hoursTyped(typed)).toBe(typed)
  expect(parseHours(typed)).toBeNull()
})

test.each([
  ['mon-sun 00:00-24:00', 'Always'],
  ['mon-sun 09:00-17:00', 'Every day 09:00-17:00'],
  ['mon-fri 09:00-17:00, sat 10:00-13:30', 'Mon-Fri 09:00-17:00, Sat 10:00-13:30'],
])('hours: %p is shown as %p, which means the same when it is typed', (hours, said) => {
  expect(hoursSaid(hours)).toBe(said)
  expect(hoursTyped(said)).toBe(hours)
})

test.each([
  ['5m', '5m'],
  ['5 minutes', '5m'],
  ['1 Hour', '1h'],
  ['90 sec.', '90s'],
  ['1,5 h', '1.5h'],
  ['5 Minuten', '5m'],
  ['90', '90s'],
  ['a while', 'a while'],
  ['5 years', '5 years'],
])('durations: %p is %p', (typed, meant) => {
  expect(durationTyped(typed, 's')).toBe(meant)
})

test.each([
  ['5m', '5 minutes'],
  ['1h', '1 hour'],
  ['must be from 0s to 1d', 'must be from 0 seconds to 1 day'],
])('durations: %p is shown as %p', (text, said) => {
  expect(durationSaid(text)).toBe(said)
})

test.each([
  ['2,50', 2.5],
  ['$2.50', 2.5],
  ['.5', 0.5],
  ['-1', -1],
  ['much', 'much'],
  ['1e9', '1e9'],
  ['', ''],
])('numbers: %p is %p', (typed, meant) => {
  expect(numberTyped(typed)).toBe(meant)
})

test.each([
  ['0.8', 0.8],
  ['80 %', 0.8],
  ['85', 0.85],
  ['7%', 0.07],
  ['1', 1],
  ['1 %', 0.01],
  ['100', 1],
  ['850', 8.5],
  ['very', 'very'],
])('shares: %p is %p', (typed, meant) => {
  expect(shareTyped(typed)).toBe(meant)
})

test.each([
  [0.85, '85 %'],
  [0.075, '7.5 %'],
  [1, '100 %'],
])('shares: %d is shown as %p, which means the same when it is typed', (share, said) => {
  expect(shareSaid(share)).toBe(said)
  expect(shareTyped(said)).toBe(share)
})

test.each([
  ['Ann <ann@x.example>', 'ann@x.example'],
  ['*@x.example', 'x.example'],
  ['@x.example', 'x.example'],
  ['x.example', 'x.example'],
])('senders: %p is %p', (typed, meant) => {
  expect(senderTyped(typed)).toBe(meant)
})
