/** What changes while the daemon runs. */
import type { AccountSettings, Config } from './settings.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Keys of an account that every step reads when it needs them. Servers, folders and lookups are opened at the start. */
const accountKeys = [
  'owner',
  'replies',
  'spam',
  'categories',
  'instructions',
  'budgetPerDay',
] as const satisfies readonly (keyof AccountSettings)[]

/**
 * Puts the changed settings into the running ones, in place, because every part of the daemon holds these objects.
 * Accounts that were added or removed are left as they are.
 */
export function applyLive(running: Config, next: Config): void {
  for (const account of running.accounts) {
    const fresh = next.accounts.find(({ owner }) => owner.address === account.owner.address)
    if (fresh === undefined) continue
    for (const key of accountKeys) (account as Record<string, unknown>)[key] = fresh[key]
  }
  Object.assign(running.budget as Mutable<Config['budget']>, next.budget)
}
