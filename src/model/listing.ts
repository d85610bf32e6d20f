/** /v1/models: what the server offers. */
import type OpenAI from 'openai'
import * as z from 'zod'
import type { ListedModel } from './model.ts'

/** More than any server lists; an endless page must not fill the memory. */
const mostModels = 5000

/** A shutdown date under one of the names that servers use, as YYYY-MM-DD. */
function shutdownOf(model: object): string | null {
  for (const name of ['shutdown_date', 'deprecation_date', 'deprecated_at', 'shutdown_at', 'deprecation']) {
    const value: unknown = Reflect.get(model, name)
    if (typeof value === 'number' && value > 1e9) return new Date(value * 1000).toISOString().slice(0, 10)
    const date = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(value) : null
    if (date) return date[0]
  }
  return null
}

const count = z.int().positive().nullish().catch(null)
/** llama.cpp, vLLM, LM Studio. Not `n_ctx_train`: the server may have been started with less. */
const stated = z.object({
  meta: z.object({ n_ctx: count }).nullish().catch(null),
  max_model_len: count,
  loaded_context_length: count,
})

function contextOf(model: object): number | null {
  const { data } = stated.safeParse(model)
  return data?.meta?.n_ctx ?? data?.max_model_len ?? data?.loaded_context_length ?? null
}

export async function listModels(client: OpenAI, signal: AbortSignal): Promise<ListedModel[]> {
  const models: ListedModel[] = []
  for await (const model of client.models.list({ signal })) {
    if (typeof model?.id === 'string')
      models.push({ id: model.id, shutdown: shutdownOf(model), contextTokens: contextOf(model) })
    if (models.length >= mostModels) break
  }
  return models
}
