/** When models leave the API, and which one takes over. /v1/models and an answer with 404 outrank this table. */
import type { ModelSettings } from '../config/settings.ts'
import { bareName, isAssumed } from './budget/prices.ts'
import { type Price, priceOfModel } from './budget.ts'
import type { ListedModel } from './model.ts'

export interface Shutdown {
  /** YYYY-MM-DD. */
  readonly on: string
  readonly replacement: string
}

/** From the provider's deprecations page (developers.openai.com/api/docs/deprecations), looked up 2026-11-24. */
const shutdowns: Readonly<Record<string, Shutdown>> = {
  'gpt-4o-mini': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4o': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4.1-mini': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4.1': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-5': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-5-mini': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-5-nano': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-4.1-nano': { on: '2026-10-23', replacement: 'gpt-6-luna' },
  'gpt-3.5-turbo': { on: '2026-10-23', replacement: 'gpt-6-luna' },
}

/** Another server may keep a model of that name forever. */
const shutdownOf = ({ name, host }: Pick<ModelSettings, 'name' | 'host'>): Shutdown | undefined =>
  host === 'openai' ? shutdowns[bareName(name)] : undefined

/** When OpenAI withdraws the model, and which one takes over; null when no date is known. */
export const plannedShutdown = (name: string): Shutdown | null => shutdowns[bareName(name)] ?? null

/** @param today YYYY-MM-DD */
export function isWithdrawn(settings: Pick<ModelSettings, 'name' | 'host'>, today: string): boolean {
  const shutdown = shutdownOf(settings)
  return shutdown !== undefined && shutdown.on <= today
}

const dearestInput = ({ input, cacheWrite = 0 }: Price) => Math.max(input, cacheWrite)

/**
 * The settings with which another model takes over from one that OpenAI withdraws.
 * @param successor as configured; null: none is wanted
 * @returns null if it is more expensive in any respect, or a price is unknown
 */
export function successorOf(settings: ModelSettings, successor: string | null): ModelSettings | null {
  if (successor === null || settings.host !== 'openai' || successor === settings.name) return null
  const next = { ...settings, name: successor, price: null, contextTokens: null }
  const [before, after] = [priceOfModel(settings), priceOfModel(next)]
  if (isAssumed(before) || isAssumed(after)) return null
  const dearer =
    dearestInput(after) > dearestInput(before) ||
    after.cachedInput > before.cachedInput ||
    after.output > before.output
  return dearer ? null : next
}

/** What the owner is told once another model has taken over. */
export function successionNotice({ name }: ModelSettings, next: ModelSettings): string {
  const { input, output } = priceOfModel(next)
  return `OpenAI no longer offers ${name}: ${next.name} answers in its place, for ${input} US dollars (in) and ${output} (out) per million tokens. Set model.name to ${next.name}, or choose another model.`
}

/**
 * What the owner should know about the model, in plain sentences; empty when all is well.
 * @param successor as configured
 * @param listed what /v1/models lists; null when it was not asked or gives nothing
 * @param today YYYY-MM-DD
 */
export function modelWarnings(
  settings: ModelSettings,
  successor: string | null,
  listed: readonly ListedModel[] | null,
  today: string,
): string[] {
  const { name } = settings
  const shutdown = shutdownOf(settings)
  const next = successorOf(settings, successor)
  const change = shutdown ? `set model.name to ${shutdown.replacement}` : 'choose another model.name'
  const row = listed?.find(({ id }) => id === name)
  const warnings: string[] = []
  // A server with one model accepts any name for it, or rejects the name at the first call.
  const few = settings.host === 'own' ? 1 : 0
  if (listed && listed.length > few && !row) {
    const some = listed.slice(0, 5).map(({ id }) => id)
    const instead = shutdown ? `; ${change}` : ` (it has, for example, ${some.join(', ')})`
    warnings.push(`the model ${name} is not in the server's list${instead}`)
  }
  const date = row?.shutdown ?? shutdown?.on ?? null
  const then = next && shutdown ? `${next.name} answers in its place` : change
  if (date && date <= today) warnings.push(`the model ${name} was to be shut down on ${date}; ${then}`)
  else if (date)
    warnings.push(
      `the model ${name} will be shut down on ${date}; ${next && shutdown ? `from then on ${then}` : then}`,
    )
  const price = priceOfModel(settings)
  if (isAssumed(price))
    warnings.push(
      `the price of ${name} is not known: ${price.input} US dollars (in) and ${price.output} (out) per million tokens are assumed; set model.price`,
    )
  return warnings
}
