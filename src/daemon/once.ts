import type { StepContext } from '../context.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Watcher } from '../receive/watch.ts'
import { countDue } from '../store/messages.ts'

/** Reads new mail and works until nothing is due. Mail that waits for a person or for a later time stays. */
export async function handleOnce(
  context: StepContext,
  watchers: readonly Watcher[],
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    watchers.map((watcher) => watcher.catchUpOnce().catch((error: unknown) => failures.push(error))),
  )
  const accounts = [...context.accounts.keys()]
  while (!signal.aborted && (await countDue(context.db, context.clock.now(), accounts)) > 0) {
    await nextChange(pipeline, signal)
  }
  if (failures.length > 0) throw failures[0]
}

/** Resolves when a row is settled, or after a while, because another process may be working too. */
function nextChange(pipeline: Pipeline, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      pipeline.off('settled', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, 500)
    pipeline.once('settled', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
