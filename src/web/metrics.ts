/** Figures for Prometheus, read from the store when they are asked for: every process shows the same. */
import { Gauge, Registry, register } from 'prom-client'
import { dayOf } from '../budget.ts'
import { countDue } from '../store/messages.ts'
import { usageBy } from '../store/model-calls.ts'
import { countBy, spentOn } from '../store/review-lists.ts'
import type { WebContext } from './web-context.ts'

/** In Prometheus' text format, together with what other parts count in this process. */
export async function metricsText({ context, health }: WebContext): Promise<{ text: string; type: string }> {
  const { db, clock, config } = context
  const now = clock.now()
  const own = new Registry()
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [own] })
  const mails = gauge('replyd_mails', 'Mails in the ledger, by what became of them', [
    'account',
    'disposition',
  ])
  for (const account of context.accounts.keys()) {
    for (const { disposition, n } of await countBy(db, account)) mails.set({ account, disposition }, n)
  }
  gauge('replyd_due_mails', 'Mails whose next step could run now').set(await countDue(db, now))
  const tokens = gauge('replyd_model_tokens', 'Tokens used so far', ['step', 'kind'])
  const cost = gauge('replyd_model_cost_dollars', 'US dollars spent so far', ['step'])
  for (const usage of await usageBy(db, 'step', '')) {
    tokens.set({ step: usage.key, kind: 'input' }, usage.inputTokens)
    tokens.set({ step: usage.key, kind: 'output' }, usage.outputTokens)
    cost.set({ step: usage.key }, usage.cost)
  }
  gauge('replyd_budget_dollars', 'Ceiling for a day').set(config.budget.perDay)
  const today = dayOf(now, config.budget.timeZone)
  gauge('replyd_spent_today_dollars', 'Spent or reserved today').set(await spentOn(db, today))
  gauge('replyd_healthy', '1 while mail can be handled').set((await health()).ok ? 1 : 0)
  return { text: `${await own.metrics()}${await register.metrics()}`, type: own.contentType }
}
