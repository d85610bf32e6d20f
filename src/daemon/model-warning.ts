/** Checks once at start whether the model is still offered. Only logs a hint, never prevents the start. */

import type { StepContext } from '../context.ts'
import { dayOf } from '../model/budget.ts'
import { isOfficial, type ListedModel, modelWarnings } from '../model/client.ts'

const patienceMs = 15_000

/** Never throws: a server without a list gives no information, and the first call reports what is wrong. */
export async function warnOfModel(
  { models, config, clock, log }: Pick<StepContext, 'models' | 'config' | 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const { name, baseUrl } = config.model.tasks.triage
  const listed: ListedModel[] | null = await models
    .of('triage')
    .listModels(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
    .catch(() => null)
  if (signal.aborted) return
  const warnings = modelWarnings(name, listed, dayOf(clock.now(), 'UTC'), isOfficial(baseUrl))
  if (warnings.length > 0) log.warn({ event: 'model.ends', model: name, reason: warnings.join('; ') })
}
