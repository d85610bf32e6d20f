/** The benches by name, in the order in which they run. Each is loaded when it is asked for. */
import type { Bench } from './figure.ts'

export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  limits: async () => (await import('./limits.ts')).limits,
  reaction: async () => (await import('./reaction.ts')).reaction,
  backlog: async () => (await import('./backlog.ts')).backlog,
  work: async () => (await import('./work.ts')).work,
  naive: async () => (await import('./naive.ts')).naive,
  model: async () => (await import('./model.ts')).model,
  tokens: async () => (await import('./tokens.ts')).tokens,
  growth: async () => (await import('./growth.ts')).growth,
  idle: async () => (await import('./idle.ts')).idle,
  memory: async () => (await import('./memory.ts')).memory,
  accounts: async () => (await import('./accounts.ts')).accounts,
}
