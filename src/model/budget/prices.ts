/** List prices in US dollars per million tokens. The owner's own figure (model.price) overrides this table. */

export interface Price {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
  /** Input written to the provider's prompt cache, if that costs more than plain input. */
  readonly cacheWrite?: number
}

export interface PriceRow extends Price {
  /** When the price was looked up, YYYY-MM-DD. */
  readonly date: string
  readonly source: string
}

const source = 'developers.openai.com/api/docs/pricing, standard tier, short context'

/** Dated snapshots (`gpt-4o-mini-2024-07-18`) are found under the name without the date. */
export const prices: Readonly<Record<string, PriceRow>> = {
  'gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6, date: '2026-11-05', source },
  'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10, date: '2026-11-05', source },
  'gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6, date: '2026-11-05', source },
  'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8, date: '2026-11-05', source },
  'gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4, date: '2026-11-05', source },
  'gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2, date: '2026-11-05', source },
  'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10, date: '2026-11-05', source },
  'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5, date: '2026-09-23', source },
  'gpt-5.6-luna': { input: 0.2, cachedInput: 0.02, output: 1.2, date: '2026-07-30', source },
  'gpt-5.6-terra': { input: 2, cachedInput: 0.2, output: 12, date: '2026-07-30', source },
  'gpt-6-luna': { input: 0.1, cachedInput: 0.01, output: 0.5, cacheWrite: 0.125, date: '2026-09-22', source },
  'gpt-6.1-terra': { input: 1, cachedInput: 0.1, output: 5, cacheWrite: 1.25, date: '2026-11-28', source },
  'gpt-6.2-sol': { input: 2, cachedInput: 0.2, output: 10, cacheWrite: 2.5, date: '2026-11-28', source },
  'gpt-6.2-astra': { input: 8, cachedInput: 0.8, output: 40, cacheWrite: 10, date: '2026-11-28', source },
  'gpt-6-sol': { input: 2, cachedInput: 0.2, output: 10, cacheWrite: 2.5, date: '2026-09-22', source },
}

const free: PriceRow = {
  input: 0,
  cachedInput: 0,
  output: 0,
  date: '2026-11-24',
  source: 'runs on your own machine',
}

/** An unknown model must not bypass the budget: it counts as the most expensive one that a mailbox would use. */
const assumed: PriceRow = {
  input: 10,
  cachedInput: 10,
  output: 50,
  date: '2026-11-24',
  source: 'assumed, since the model is not in the table: set model.price',
}

/** The key of both tables: without the provider's prefix (`openai/`) and the date at the end. */
export const bareName = (name: string) =>
  name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/-\d{4}(-\d{2}-\d{2})?$/, '')

/**
 * The price of a model.
 * @param name as in the configuration
 * @param override the owner's figures, or null
 * @param own it runs on the owner's machine, so it is free, regardless of its name
 */
export function priceOf(name: string, override: Price | null, own: boolean): PriceRow {
  if (override) return { ...override, date: 'set', source: 'model.price in the configuration' }
  if (own) return free
  return prices[bareName(name)] ?? assumed
}

/** Whether the price was assumed because no table knows the model: the owner should be told. */
export const isAssumed = (price: Price): boolean => price === assumed
