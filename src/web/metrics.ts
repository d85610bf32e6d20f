/**
 * Metrics for Prometheus, read from the store on request: every process shows the same. docs/operations.md lists
 * them.
 */
import { Gauge, Registry, register } from 'prom-client'
import { programVersion } from '../base/package.ts'
import { dayOf } from '../model/budget.ts'
import { loadAccountState } from '../store/accounts.ts'
import { countDue } from '../store/messages.ts'
import { spentOn } from '../store/spending.ts'
import { countBy, modelLatency, storeSize, usageBy, waitingFigures } from '../store/statistics.ts'
import type { WebContext } from './web-context.ts'

/** Time window of model calls for the latency metric, milliseconds. */
const latencyWindowMs = 3_600_000

type MakeGauge = (name: string, help: string, labelNames?: string[]) => Gauge<string>

/** In Prometheus' text format, including what other parts count in this process. */
export async function metricsText(web: WebContext): Promise<{ text: string; type: string }> {
  const own = new Registry()
  const gauge: MakeGauge = (name, help, labelNames = []) =>
    new Gauge({ name, help, labelNames, registers: [own] })
  gauge('replyd_info', 'Always 1; the label says which version runs', ['version']).set(
    { version: programVersion() },
    1,
  )
  await addMails(web, gauge)
  await addModel(web, gauge)
  await addAccounts(web, gauge)
  await addQueues(web, gauge)
  return { text: `${await own.metrics()}${await register.metrics()}`, type: own.contentType }
}

async function addMails({ context }: WebContext, gauge: MakeGauge): Promise<void> {
  const { db, clock } = context
  const mails = gauge('replyd_mails', 'Mails in the ledger, by outcome', ['account', 'disposition'])
  for (const account of context.accounts.keys()) {
    for (const { disposition, n } of await countBy(db, account)) mails.set({ account, disposition }, n)
  }
  gauge('replyd_due_mails', 'Mails whose next step is due').set(await countDue(db, clock.now()))
  const { oldestUnfinished, oldestForPerson, uncertain } = await waitingFigures(db, clock.now())
  const oldest = gauge('replyd_oldest_waiting_seconds', 'Age of the oldest waiting mail', ['for'])
  oldest.set({ for: 'step' }, oldestUnfinished)
  oldest.set({ for: 'person' }, oldestForPerson)
  gauge('replyd_uncertain_replies', 'Replies that may or may not have been sent').set(uncertain)
  gauge('replyd_store_octets', 'Size of the database').set(await storeSize(db))
}

async function addModel({ context }: WebContext, gauge: MakeGauge): Promise<void> {
  const { db, clock, config } = context
  const now = clock.now()
  const calls = gauge('replyd_model_calls', 'Model calls so far', ['step'])
  const tokens = gauge('replyd_model_tokens', 'Tokens used so far; cached is a part of input', [
    'step',
    'kind',
  ])
  const cost = gauge('replyd_model_cost_dollars', 'US dollars spent so far', ['step'])
  for (const { key: step, ...usage } of await usageBy(db, 'step', '')) {
    calls.set({ step }, usage.calls)
    tokens.set({ step, kind: 'input' }, usage.inputTokens)
    tokens.set({ step, kind: 'cached' }, usage.cachedTokens)
    tokens.set({ step, kind: 'output' }, usage.outputTokens)
    cost.set({ step }, usage.cost)
  }
  const latency = gauge('replyd_model_seconds', 'Duration of model calls in the last hour', [
    'step',
    'quantile',
  ])
  for (const { step, median, p95 } of await modelLatency(db, new Date(now.getTime() - latencyWindowMs))) {
    latency.set({ step, quantile: '0.5' }, median)
    latency.set({ step, quantile: '0.95' }, p95)
  }
  const { perDay, timeZone } = config.budget
  const spent = await spentOn(db, dayOf(now, timeZone))
  gauge('replyd_budget_dollars', 'Daily budget').set(perDay)
  gauge('replyd_spent_today_dollars', 'Spent or reserved today').set(spent)
  gauge('replyd_budget_left_dollars', 'What may still be spent today').set(Math.max(0, perDay - spent))
}

async function addAccounts({ context, health }: WebContext, gauge: MakeGauge): Promise<void> {
  const { ok, parts } = await health()
  gauge('replyd_healthy', '1 while mail can be handled').set(ok ? 1 : 0)
  gauge('replyd_model_usable', '0 while the model does not answer, and none answers in its place').set(
    parts.model === 'ok' ? 1 : 0,
  )
  const connected = gauge('replyd_imap_connected', '1 while the watching connection is up', ['account'])
  const stopped = gauge('replyd_account_stopped', '1 if only the owner can restart the account', ['account'])
  const paused = gauge('replyd_account_paused', '1 while sending is paused', ['account'])
  for (const account of context.accounts.keys()) {
    const state = parts[`watch ${account}`]
    // Another process watches it.
    if (state !== undefined && state !== 'standby') connected.set({ account }, state === 'connected' ? 1 : 0)
    const row = await loadAccountState(context.db, account)
    stopped.set({ account }, row.stopped === null ? 0 : 1)
    paused.set({ account }, row.paused ? 1 : 0)
  }
}

async function addQueues({ boards = [] }: WebContext, gauge: MakeGauge): Promise<void> {
  const jobs = gauge('replyd_queue_jobs', 'Jobs in a queue', ['queue', 'state'])
  for (const board of boards) {
    const queue = board.name.replace(/^.*-/, '')
    // replyd_healthy reports a queue that does not answer.
    const counts = await board.getJobCounts('active', 'delayed', 'wait').catch(() => ({}))
    for (const [state, n] of Object.entries(counts)) jobs.set({ queue, state }, n)
  }
}
