/**
 * Money: the maximum cost of a call before it is made, its actual cost afterwards, and when the next day begins. Pure
 * except for countTokens, which loads its table on first use. All amounts are US dollars.
 */

import type { ModelSettings } from '../config/settings.ts'
import { type Price, type PriceRow, priceOf } from './budget/prices.ts'
import { countTokens, tokenBound } from './budget/tokens.ts'
import type { ChatMessage, Usage } from './chat.ts'

export { dayOf, nextMidnight } from '../base/moment.ts'
export type { Price, PriceRow } from './budget/prices.ts'
export { isAssumed, priceOf, prices } from './budget/prices.ts'
export { countText, countTokens, tokenBound } from './budget/tokens.ts'

const million = 1_000_000

/** Providers cache prompts of at least this length (tokens); shorter ones are never cached. */
const cacheableFrom = 1024

/** Instructions of the repair attempt, in addition to the first answer (src/model/client.ts), tokens; generous. */
const repairNote = 1000

/**
 * The actual cost of a call. Cached tokens at their own price, the rest at the cache-write price if the provider has
 * one.
 */
export function costOf(usage: Usage, price: Price): number {
  const cached = Math.min(usage.cachedInput, usage.input)
  const plain = usage.input >= cacheableFrom ? Math.max(price.input, price.cacheWrite ?? 0) : price.input
  return (cached * price.cachedInput + (usage.input - cached) * plain + usage.output * price.output) / million
}

/**
 * The maximum cost of one ask, including its repair attempt: the second request repeats the first with its answer.
 * @param input the messages (then octets count, as an upper bound), or their exact number of tokens
 * @param maxOutput tokens, as really sent (Model.outputLimit)
 */
export function worstCase(input: readonly ChatMessage[] | number, maxOutput: number, price: Price): number {
  const tokens = typeof input === 'number' ? input : tokenBound(input)
  const dearest = Math.max(price.input, price.cachedInput, price.cacheWrite ?? 0)
  const inputs = tokens + (tokens + maxOutput + repairNote)
  return (inputs * dearest + 2 * maxOutput * price.output) / million
}

/**
 * Whether an ask fits into the remaining budget, and how much to reserve for it. Tries the octet bound first; uses
 * the exact tokenizer only if the bound does not fit. `imageTokens` is the bound of all pictures together.
 */
export async function reservation(
  remaining: number,
  messages: readonly ChatMessage[],
  maxOutput: number,
  price: Price,
  imageTokens = 0,
): Promise<{ fits: boolean; amount: number }> {
  const bound = worstCase(tokenBound(messages) + imageTokens, maxOutput, price)
  if (bound <= remaining) return { fits: true, amount: bound }
  // Even an empty mail would not fit: no need to count.
  if (worstCase(imageTokens, maxOutput, price) > remaining) return { fits: false, amount: bound }
  const exact = worstCase((await countTokens(messages)) + imageTokens, maxOutput, price)
  return { fits: exact <= remaining, amount: exact }
}

/** The price of a configured model. */
export function priceOfModel({
  name,
  price,
  host,
}: Pick<ModelSettings, 'name' | 'price' | 'host'>): PriceRow {
  return priceOf(name, price, host === 'own')
}
