import { reasonOf } from '../errors.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Queues } from '../queue/queues.ts'
import type { StepContext } from '../steps/context.ts'
import type { Watcher } from '../steps/watch.ts'
import type { Health } from '../web/server.tsx'

/** One word or sentence for each part; `ok` is false when mail can't be handled. */
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
  for (const watcher of watchers) parts[`watch ${watcher.address}`] = watcher.health()?.state ?? 'waiting'
  return { ok: store === 'ok' && queue === 'ok', parts }
}
