import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  costOf,
  countText,
  countTokens,
  dayOf,
  isAssumed,
  nextMidnight,
  priceOf,
  prices,
  reservation,
  tokenBound,
  worstCase,
} from '../../src/model/budget.ts'
import { imageTokens } from '../../src/model/chat.ts'

const mini = prices['gpt-4o-mini']!
const luna = prices['gpt-6-luna']!
const say = (content: string) => [{ role: 'user' as const, content }]

describe('what a call has cost', () => {
  test.each([
    ['plain input and output', { input: 1_000_000, cachedInput: 0, output: 1_000_000 }, 0.75],
    ['half of the input from the cache', { input: 2_000_000, cachedInput: 1_000_000, output: 0 }, 0.225],
    ['nothing', { input: 0, cachedInput: 0, output: 0 }, 0],
    [
      'more cached than there was, as some servers report',
      { input: 1_000_000, cachedInput: 5_000_000, output: 0 },
      0.075,
    ],
  ])('%s', (_name, usage, dollars) => {
    expect(costOf(usage, mini)).toBeCloseTo(dollars, 10)
  })

  test('input that was long enough to be written to a cache costs what writing costs', () => {
    expect(costOf({ input: 2000, cachedInput: 0, output: 0 }, luna)).toBeCloseTo((2000 * 0.125) / 1e6, 12)
    expect(costOf({ input: 1000, cachedInput: 0, output: 0 }, luna)).toBeCloseTo((1000 * 0.1) / 1e6, 12)
  })
})

describe('the worst case', () => {
  test('is never less than what two calls within the caps cost', () => {
    const tokens = fc.integer({ min: 0, max: 20_000 })
    const price = fc.constantFrom(...Object.values(prices))
    fc.assert(
      fc.property(
        tokens,
        tokens,
        fc.double({ min: 0, max: 1, noNaN: true }),
        price,
        (input, maxOutput, cached, one) => {
          const first = { input, cachedInput: Math.floor(input * cached), output: maxOutput }
          const repair = { input: input + maxOutput + 200, cachedInput: 0, output: maxOutput }
          expect(worstCase(input, maxOutput, one)).toBeGreaterThanOrEqual(
            costOf(first, one) + costOf(repair, one),
          )
        },
      ),
    )
  })

  test('of messages counts octets', () => {
    expect(worstCase(say('abcd'), 10, mini)).toBe(worstCase(tokenBound(say('abcd')), 10, mini))
    expect(tokenBound(say('é')) - tokenBound(say('e'))).toBe(1)
  })
})

describe('tokens', () => {
  test.each([
    ['Hello, world!', 4],
    ['<|endoftext|>', 7],
    ['', 0],
  ])('%j has %i', async (text, expected) => {
    expect(await countText(text)).toBe(expected)
  })

  test('the bound holds for any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        expect(await countTokens(say(text))).toBeLessThanOrEqual(tokenBound(say(text)))
      }),
      { numRuns: 300 },
    )
  })

  test('an unbroken run does not take quadratic time', async () => {
    // In one piece, 200,000 characters took minutes.
    expect(await countText('é'.repeat(200_000))).toBeGreaterThan(1000)
    expect(await countText(' '.repeat(2 ** 20))).toBeGreaterThan(1000)
  })
})

describe('a reservation', () => {
  const text = say('word '.repeat(1000))
  const bound = worstCase(text, 100, mini)

  test('takes the bound while there is room for it', async () => {
    expect(await reservation(1, text, 100, mini)).toEqual({ fits: true, amount: bound })
  })
  test('counts exactly when the bound does not fit', async () => {
    const exact = worstCase(await countTokens(text), 100, mini)
    expect(exact).toBeLessThan(bound / 2)
    expect(await reservation(bound * 0.9, text, 100, mini)).toEqual({ fits: true, amount: exact })
  })
  test('does not fit when even that is too much', async () => {
    expect((await reservation(bound / 20, text, 100, mini)).fits).toBe(false)
    expect((await reservation(0, text, 100, mini)).fits).toBe(false)
  })
  test('has room for pictures, each as the most expensive model of that name counts it', async () => {
    expect([imageTokens('gpt-4o-mini'), imageTokens('gpt-6-luna')]).toEqual([25_501, 3000])
    const { amount } = await reservation(1, text, 100, mini, imageTokens('gpt-4o-mini'))
    expect(amount - bound).toBeCloseTo((2 * 25_501 * mini.input) / 1_000_000, 10)
    expect((await reservation(bound, text, 100, mini, 2 * 25_501)).fits).toBe(false)
  })
  test('of a free model always fits', async () => {
    expect(await reservation(0, text, 100, { input: 0, cachedInput: 0, output: 0 })).toEqual({
      fits: true,
      amount: 0,
    })
  })
})

describe('prices', () => {
  test.each([
    ['gpt-4o-mini', false, 0.15],
    ['gpt-4o-mini-2024-07-18', false, 0.15],
    ['openai/gpt-6-luna', false, 0.1],
    ['gpt-6.2-astra', false, 8],
    ['llama3.2', true, 0],
    // On the owner's machine, the name of a model does not matter.
    ['gpt-4o-mini', true, 0],
    // Unknown and not the owner's: as expensive as the most expensive one, so that the ceiling holds.
    ['gpt-9-ultra', false, 10],
    ['llama3.2', false, 10],
  ])('%s on a machine of the owner: %s costs %d dollars per million tokens of input', (name, own, input) => {
    expect(priceOf(name, null, own).input).toBe(input)
  })

  test('the owner’s figure takes precedence', () => {
    const set = { input: 1, cachedInput: 2, output: 3 }
    for (const own of [false, true]) expect(priceOf('gpt-4o-mini', set, own)).toMatchObject(set)
  })

  test('only a price that no table knows is assumed', () => {
    expect(isAssumed(priceOf('gpt-9-ultra', null, false))).toBe(true)
    expect(isAssumed(priceOf('gpt-4o-mini', null, false))).toBe(false)
    expect(isAssumed(priceOf('gpt-9-ultra', null, true))).toBe(false)
  })

  test('each row has its date and source, and cached input is never more expensive', () => {
    for (const row of Object.values(prices)) {
      expect(row.date).toMatch(/^2026-\d{2}-\d{2}$/)
      expect(row.source).not.toBe('')
      expect(row.cachedInput).toBeLessThanOrEqual(row.input)
    }
  })
})

describe('days', () => {
  test.each([
    ['2026-11-24T22:59:59Z', 'Europe/Berlin', '2026-11-24', '2026-11-24T23:00:00.000Z'],
    ['2026-11-24T23:00:00Z', 'Europe/Berlin', '2026-11-25', '2026-11-25T23:00:00.000Z'],
    ['2026-11-24T12:00:00Z', 'UTC', '2026-11-24', '2026-11-25T00:00:00.000Z'],
    ['2026-11-24T12:00:00Z', 'America/New_York', '2026-11-24', '2026-11-25T05:00:00.000Z'],
    ['2026-11-24T20:00:00Z', 'Asia/Kolkata', '2026-11-25', '2026-11-25T18:30:00.000Z'],
    // Summer time begins at 02:00: a day of 23 hours; ends: one of 25.
    ['2026-03-29T00:00:00Z', 'Europe/Berlin', '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25T00:00:00Z', 'Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    // Summer time begins at midnight: the day starts at 01:00.
    ['2026-04-23T12:00:00Z', 'Africa/Cairo', '2026-04-23', '2026-04-23T22:00:00.000Z'],
    // Summer time ends at midnight: 23:00 comes twice.
    ['2018-02-17T12:00:00Z', 'America/Sao_Paulo', '2018-02-17', '2018-02-18T03:00:00.000Z'],
  ])('%s in %s is %s and ends at %s', (now, timeZone, day, midnight) => {
    expect(dayOf(new Date(now), timeZone)).toBe(day)
    expect(nextMidnight(new Date(now), timeZone).toISOString()).toBe(midnight)
  })

  test('midnight is the first instant of another day, everywhere', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Tokyo',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'Asia/Kathmandu',
    )
    const instants = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2030-01-01'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instants, zones, (now, zone) => {
        const midnight = nextMidnight(now, zone)
        expect(midnight.getTime()).toBeGreaterThan(now.getTime())
        expect(dayOf(midnight, zone) > dayOf(now, zone)).toBe(true)
        expect(dayOf(new Date(midnight.getTime() - 1), zone)).toBe(dayOf(now, zone))
      }),
      { numRuns: 100 },
    )
  })

  test('an unknown time zone is refused', () => {
    expect(() => dayOf(new Date(0), 'Mars/Olympus')).toThrow(RangeError)
  })
})
