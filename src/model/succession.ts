/** What becomes of a model that its provider withdraws: another takes over, if it is not dearer. */
import type { ModelSettings } from '../config/settings.ts'
import { isAssumed } from './budget/prices.ts'
import { type Price, priceOfModel } from './budget.ts'
import { shutdownOn } from './lifecycle.ts'

const dearest = ({ input, cacheWrite = 0 }: Price) => Math.max(input, cacheWrite)

/** The settings for the successor. Null when it is dearer, or when a price is not known. */
export function successorOf(settings: ModelSettings, successor: string | null): ModelSettings | null {
  if (successor === null || settings.host !== 'openai' || successor === settings.name) return null
  const next = { ...settings, name: successor, price: null, contextTokens: null }
  const [before, after] = [priceOfModel(settings), priceOfModel(next)]
  if (isAssumed(before) || isAssumed(after)) return null
  const dearer =
    dearest(after) > dearest(before) || after.cachedInput > before.cachedInput || after.output > before.output
  return dearer ? null : next
}

/** @param today YYYY-MM-DD */
export function isWithdrawn({ name, host }: ModelSettings, today: string): boolean {
  const on = host === 'openai' ? shutdownOn(name) : null
  return on !== null && on <= today
}
