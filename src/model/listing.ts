/** /v1/models: what the server offers. */
import type OpenAI from 'openai'
import type { ListedModel } from './model.ts'

/** More than any server lists; a page without end must not fill the memory. */
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

export async function listModels(client: OpenAI, signal: AbortSignal): Promise<ListedModel[]> {
  const models: ListedModel[] = []
  for await (const model of client.models.list({ signal })) {
    if (typeof model?.id === 'string') models.push({ id: model.id, shutdown: shutdownOf(model) })
    if (models.length >= mostModels) break
  }
  return models
}
