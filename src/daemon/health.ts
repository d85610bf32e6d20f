import { reasonOf } from '../base/errors.ts'
import type { ModelTask } from '../config/settings.ts'
import type { StepContext } from '../context.ts'
import { dayOf, nextMidnight } from '../model/budget.ts'
import { type ListedModel, modelWarnings } from '../model/client.ts'
import { modelNotices } from '../model/models.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Queues } from '../queue/queues.ts'
import type { Watcher } from '../receive/watch.ts'
import { budgetReachedAt } from '../store/spending.ts'
import type { Health } from '../web/server.tsx'
import { lostConnections } from './lost-connections.ts'

/** A word or sentence for each part; `ok` is false when mail can't be handled. */
export async function healthOf(
  context: StepContext,
  pipeline: Pipeline,
  queues: Queues,
  watchers: readonly Watcher[],
): Promise<Health> {
  const store = await context.db.query('select 1').then(
    () => 'ok',
    (error: unknown) => reasonOf(error),
  )
  const queue = (await queues.ping()) ? 'ok' : 'does not answer'
  const parts: Record<string, string> = { store, queue, model: pipeline.modelStopped ?? 'ok' }
  await addTrouble(context, parts)
  const reachedAt = await budgetReachedToday(context).catch(() => null)
  if (reachedAt) {
    const until = nextMidnight(reachedAt, context.config.budget.timeZone)
    parts.budget = `reached: model calls wait until ${until.toISOString()} (budget.perDay)`
  }
  for (const watcher of watchers) {
    // Another process holds the mailbox's lease.
    const state = watcher.holdsLease ? (watcher.health()?.state ?? 'connecting') : 'standby'
    parts[`watch ${watcher.address}`] = state
  }
  const own = watchers.filter(({ holdsLease }) => holdsLease).map(({ address }) => address)
  const others = [...context.accounts.keys()].filter((address) => !own.includes(address))
  for (const address of await lostConnections(context.db, others).catch(() => []))
    parts[`watch ${address}`] = 'waiting'
  return { ok: store === 'ok' && queue === 'ok', parts }
}

/** Adds trouble with the model, seen by any process. If a fallback model answers instead, mail is still handled. */
async function addTrouble({ db, config }: StepContext, parts: Record<string, string>): Promise<void> {
  const notices = await modelNotices(db, config.model).catch(() => [])
  const trouble = notices.find((notice) => notice.trouble)?.said
  if (trouble === undefined) return
  if (config.model.fallback !== null) parts['model that is down'] = trouble
  else if (parts.model === 'ok') parts.model = trouble
}

function budgetReachedToday({ db, clock, config }: StepContext): Promise<Date | null> {
  return budgetReachedAt(db, dayOf(clock.now(), config.budget.timeZone))
}

/** For the model's list. Milliseconds. */
const patienceMs = 15_000

type Surroundings = Pick<StepContext, 'models' | 'config' | 'clock' | 'log'>

/**
 * Runs once at the start: warns in the log if a model is no longer offered, or about what it costs. Never throws: a
 * server without a list causes no warning, and the first call shows what is wrong with it.
 */
export async function warnOfModels(context: Surroundings, signal: AbortSignal): Promise<void> {
  const { tasks } = context.config.model
  const first = new Map((Object.keys(tasks) as ModelTask[]).reverse().map((task) => [tasks[task], task]))
  for (const task of first.values()) await warnOfModel(context, task, signal)
}

async function warnOfModel(
  { models, config, clock, log }: Surroundings,
  task: ModelTask,
  signal: AbortSignal,
): Promise<void> {
  const settings = config.model.tasks[task]
  // The model remembers the context length that the list states.
  const listed: ListedModel[] | null = await models
    .of(task)
    .listModels(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
    .catch(() => null)
  if (signal.aborted) return
  const warnings = modelWarnings(settings, config.model.successor, listed, dayOf(clock.now(), 'UTC'))
  if (warnings.length > 0)
    log.warn({ event: 'model.warning', model: settings.name, reason: warnings.join('; ') })
}
