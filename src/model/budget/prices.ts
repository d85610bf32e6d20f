/** List prices in US dollars per million tokens. The owner's own figure (model.price) goes before this table. */

export interface Price {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
  /** Input that is written to the provider's prompt cache, where that costs more than plain input. */
  readonly cacheWrite?: number
}

export interface PriceRow extends Price {
  /** When somebody looked, YYYY-MM-DD. */
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
  'gpt-6-sol': { input: 2, cachedInput: 0.2, output: 10, cacheWrite: 2.5, date: '2026-09-22', source },
}

const free: PriceRow = {
  input: 0,
  cachedInput: 0,
  output: 0,
  date: '2026-11-24',
  source: 'runs on a machine of your own',
}

/** An unknown model must not slip under the ceiling: it counts as dear as the dearest that a mailbox would use. */
const assumed: PriceRow = {
  input: 10,
  cachedInput: 10,
  output: 50,
  date: '2026-11-24',
  source: 'assumed, since the model is not in the table: set model.price',
}

const ownMachine =
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+|[^.]+|.+\.(local|internal|lan))$/

/**
 * What a model costs.
 * @param name as in the configuration; a provider's prefix (`openai/`) and a date at the end are ignored
 * @param override the owner's figures, or null
 * @param baseUrl an address on this machine or a private network makes an unknown model free of charge
 */
export function priceOf(name: string, override: Price | null, baseUrl: string): PriceRow {
  if (override) return { ...override, date: 'set', source: 'model.price in the configuration' }
  const bare = name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/-\d{4}-\d{2}-\d{2}$/, '')
  const row = prices[bare]
  if (row) return row
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ''
  return ownMachine.test(host) ? free : assumed
}
