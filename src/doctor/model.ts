/** The model: is the key accepted, does the model exist, does it answer in JSON. Costs one very short call. */
import { z } from 'zod'
import { OwnerActionError, RateLimitedError, reasonOf } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import type { ModelSettings } from '../config/settings.ts'
import { isOfficial, type ListedModel, modelWarnings, openModel } from '../model/client.ts'
import { failed, passed, type Verdict, warned } from './check.ts'

const question = {
  messages: [{ role: 'user', content: 'Answer with the JSON object {"ok":true} and nothing else.' }],
  // Any object will do: whether the model can follow a schema is measured by eval.
  schema: z.looseObject({}),
  schemaName: 'doctor',
  maxOutputTokens: 64,
} as const

/** @param today YYYY-MM-DD */
export async function checkModel(settings: ModelSettings, today: string): Promise<Verdict> {
  const model = openModel(settings, silentLog)
  const signal = AbortSignal.timeout(Math.min(settings.timeoutMs, 30_000))
  const place = new URL(settings.baseUrl).host
  let listed: ListedModel[] | null = null
  try {
    listed = await model.listModels(signal)
  } catch (error) {
    // Some compatible servers have no list; the call below is enough.
    if (error instanceof OwnerActionError && /401|quota/.test(error.message)) return refused(error, place)
  }
  const warnings = modelWarnings(settings.name, listed, today, isOfficial(settings.baseUrl))
  try {
    const { durationMs } = await model.ask({ ...question, signal })
    const detail = `${settings.name} at ${place} answered in ${Math.round(durationMs)} ms`
    return warnings.length === 0
      ? passed(detail)
      : warned(`${detail}; ${warnings.join('; ')}`, 'See model.name.')
  } catch (error) {
    return refused(error, place, warnings)
  }
}

function refused(error: unknown, place: string, warnings: readonly string[] = []): Verdict {
  const detail = [reasonOf(error), ...warnings].join('; ')
  if (error instanceof RateLimitedError) {
    return warned(detail, 'The key has reached its rate limit; replyd waits and then continues.')
  }
  if (/HTTP 401/.test(detail)) {
    return failed(
      detail,
      `Check model.apiKey (OPENAI_API_KEY): is it complete, of this provider, and not revoked?`,
    )
  }
  if (/quota|402/.test(detail)) return failed(detail, `Add credit or raise the limit at ${place}.`)
  if (/HTTP 40[34]/.test(detail))
    return failed(detail, 'Check model.name and model.baseUrl, and what the key is allowed to use.')
  if (error instanceof OwnerActionError) return failed(detail, 'Check the keys below model.')
  if (/connection to|did not answer/.test(detail)) {
    return failed(detail, `Check model.baseUrl and that ${place} can be reached from here.`)
  }
  return failed(detail, 'Choose a model that can answer in JSON (model.name).')
}
