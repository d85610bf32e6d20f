/** Once at the start: whether the models are still offered, and what they cost. A hint in the log, never a reason not to start. */

import type { ModelTask } from '../config/settings.ts'
import type { StepContext } from '../context.ts'
import { dayOf } from '../model/budget.ts'
import { type ListedModel, modelWarnings } from '../model/client.ts'

const patienceMs = 15_000

type Surroundings = Pick<StepContext, 'models' | 'config' | 'clock' | 'log'>

/** Never throws: a server without a list says nothing, and the first call tells what is wrong with it. */
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
