/** The benches by name, in the order in which they run. Each is loaded when it is asked for. */
import type { Bench } from './figure.ts'

export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  accounts: async () => (await import('./accounts.ts')).accounts,
}
