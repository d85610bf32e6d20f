/** The costs of one run, in memory: eval and backtest open no store, because the daemon may have it open. */

import { backoffMs } from '../base/backoff.ts'
import { RateLimitedError, TemporaryError } from '../base/errors.ts'
import { costOf, type Price, tokenBound, worstCase } from '../model/budget.ts'
import { addUsage, noUsage, type Usage } from '../model/chat.ts'
import { type Answer, type Ask, type Model, spentOf } from '../model/client.ts'

/** The limit has no room for the next call's maximum cost. */
export class CeilingReached extends Error {
  override name = 'CeilingReached'
}

interface LedgerOptions {
  model: Model
  price: Price
  /** US dollars. */
  maxDollars: number
  /** Waits that many milliseconds. */
  pause: (ms: number) => Promise<void>
}

/** Attempts per call: it waits out rate limits and retries lost connections. */
const mostTries = 5
const longestPauseMs = 60_000
const firstPauseMs = 1_000

export class Ledger {
  readonly #options: LedgerOptions
  /** Cost of settled calls plus the maximum of running ones, US dollars. */
  #taken = 0
  usage: Usage = noUsage
  spent = 0
  calls = 0

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  /**
   * @throws CeilingReached before a call whose maximum cost no longer fits
   * @throws OwnerActionError, PermanentError, or TemporaryError after several tries
   */
  async ask<T>(question: Ask<T>): Promise<Answer<T>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(question)
      } catch (error) {
        if (!(error instanceof TemporaryError) || tries >= mostTries) throw error
        const wanted =
          error instanceof RateLimitedError
            ? error.retryAfterMs
            : backoffMs(tries - 1, { firstMs: firstPauseMs, factor: 2, longestMs: longestPauseMs })
        await this.#options.pause(Math.min(wanted, longestPauseMs))
      }
    }
  }

  async #once<T>(question: Ask<T>): Promise<Answer<T>> {
    const { model, price, maxDollars } = this.#options
    const { messages, maxOutputTokens } = question
    const atMost = worstCase(tokenBound(messages), model.outputLimit(maxOutputTokens), price)
    if (this.#taken + atMost > maxDollars) throw new CeilingReached()
    this.#taken += atMost
    try {
      const answer = await model.ask(question)
      this.#settle(atMost, answer.usage)
      return answer
    } catch (error) {
      const spent = spentOf(error)
      // A lost answer may be billed: then the maximum cost is kept.
      if (spent === 'unknown') this.spent += atMost
      else this.#settle(atMost, spent ?? noUsage)
      throw error
    }
  }

  #settle(atMost: number, usage: Usage): void {
    const cost = costOf(usage, this.#options.price)
    this.#taken += cost - atMost
    this.spent += cost
    this.calls += 1
    this.usage = addUsage(this.usage, usage)
  }
}

/**
 * Runs them with limited concurrency, in order; after the first rejection nothing new is started, and the error is
 * rethrown.
 */
export async function eachOf<T>(
  list: readonly T[],
  atOnce: number,
  work: (each: T) => Promise<void>,
): Promise<void> {
  const queue = list.values()
  let failed = false
  const run = async () => {
    for (const each of queue) {
      if (failed) return
      await work(each).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.max(1, atOnce) }, run))
  for (const result of settled) if (result.status === 'rejected') throw result.reason
}
