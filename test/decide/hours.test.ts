import { describe, expect, test } from '@jest/globals'
import { nextOpening } from '../../src/config/business-hours.ts'
import { parseHours } from '../../src/config/fields.ts'

const opening = (hours: string, at: string, zone: string) =>
  nextOpening(parseHours(hours), new Date(at), zone).toISOString().slice(0, 16)

describe('hours as the owner writes them', () => {
  test.each([
    ['mon-fri 09:00-17:00', [{ days: [1, 2, 3, 4, 5], from: 540, to: 1020 }]],
    ['Sat 9:00-13:30', [{ days: [6], from: 540, to: 810 }]],
    [
      'fri-mon 08:00-24:00, tue 00:00–06:00',
      [
        { days: [5, 6, 0, 1], from: 480, to: 1440 },
        { days: [2], from: 0, to: 360 },
      ],
    ],
    ['mon-fri', null],
    ['09:00-17:00', null],
    ['mon-fry 09:00-17:00', null],
    ['mon 17:00-09:00', null],
    ['mon 09:00-09:00', null],
    ['mon 09:60-17:00', null],
    ['mon 09:00-24:01', null],
    ['mon 09:00-17:00,', null],
    ['', null],
  ])('%p', (text, expected) => {
    expect(parseHours(text)).toEqual(expected)
  })
})

describe('the next opening', () => {
  // 24 November 2026 is a Tuesday.
  test.each([
    ['open: at once', 'mon-fri 09:00-17:00', '2026-11-24T12:00Z', 'UTC', '2026-11-24T12:00'],
    ['the first minute is part of it', 'tue 09:00-17:00', '2026-11-24T09:00Z', 'UTC', '2026-11-24T09:00'],
    ['the last one is not', 'mon-fri 09:00-17:00', '2026-11-24T17:00Z', 'UTC', '2026-11-25T09:00'],
    ['before the opening', 'mon-fri 09:00-17:00', '2026-11-24T08:59Z', 'UTC', '2026-11-24T09:00'],
    ['over the weekend', 'mon-fri 09:00-17:00', '2026-11-27T17:30Z', 'UTC', '2026-11-30T09:00'],
    [
      'by the clock of the owner',
      'mon-fri 09:00-17:00',
      '2026-11-24T00:00Z',
      'Asia/Tokyo',
      '2026-11-24T00:00',
    ],
    [
      'a day that began there already',
      'wed 09:00-17:00',
      '2026-11-24T22:00Z',
      'Asia/Tokyo',
      '2026-11-25T00:00',
    ],
    [
      'the earlier one of two',
      'tue 14:00-16:00, tue 10:00-12:00',
      '2026-11-24T08:00Z',
      'UTC',
      '2026-11-24T10:00',
    ],
    ['between two', 'tue 10:00-12:00, tue 14:00-16:00', '2026-11-24T13:00Z', 'UTC', '2026-11-24T14:00'],
    ['once a week, just missed', 'tue 10:00-12:00', '2026-11-24T12:00Z', 'UTC', '2026-12-01T10:00'],
    ['the whole day', 'sun-sat 00:00-24:00', '2026-11-24T23:59Z', 'UTC', '2026-11-24T23:59'],
  ])('%s', (_, hours, at, zone, expected) => {
    expect(opening(hours, at, zone)).toBe(expected)
  })

  test.each([
    ['summer time ends: nine in the morning is an hour later', '2026-10-24T16:00Z', '2026-10-26T08:00'],
    ['the week before it does not', '2026-10-17T16:00Z', '2026-10-19T07:00'],
    ['summer time begins: nine in the morning is an hour earlier', '2026-03-28T16:00Z', '2026-03-30T07:00'],
  ])('%s', (_, at, expected) => {
    expect(opening('mon-fri 09:00-17:00', at, 'Europe/Berlin')).toBe(expected)
  })

  test('hours that begin in the hour that summer time skips begin after it', () => {
    expect(opening('sun 02:30-05:00', '2026-03-28T12:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:30')
  })

  test('hours that lie within that hour wait for the next week', () => {
    expect(opening('sun 02:10-02:50', '2026-03-28T12:00Z', 'Europe/Berlin')).toBe('2026-04-05T00:10')
  })

  test('an hour that occurs twice begins with its first occurrence', () => {
    expect(opening('sun 02:30-03:00', '2026-10-24T12:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:30')
  })

  test('without hours it is always open', () => {
    const at = new Date('2026-11-22T03:00:00Z')
    expect(nextOpening(null, at, 'UTC')).toBe(at)
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'])(
    'every hour of a year in %s: open, never before the moment, never more than four days later',
    (zone) => {
      const hours = parseHours('mon-fri 09:00-17:00')
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 7 * 3_600_000) {
        const found = nextOpening(hours, new Date(at), zone)
        expect(nextOpening(hours, found, zone)).toBe(found)
        expect(found.getTime() - at).toBeGreaterThanOrEqual(0)
        expect(found.getTime() - at).toBeLessThan(4 * 86_400_000)
      }
    },
  )
})
