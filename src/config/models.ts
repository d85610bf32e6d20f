/** The models out of the document: what a task, or the fallback, leaves out is as for the first model of the same endpoint. */

import { defaults } from './defaults.ts'
import { msOf } from './fields.ts'
import { isOwnMachine } from './loopback.ts'
import type { Document } from './schema.ts'

type ModelInput = NonNullable<Document['model']>
type OneInput = NonNullable<ModelInput['fallback']>
type OneModel = ReturnType<typeof resolveOne>

export function resolveModels(input: ModelInput = {}) {
  const { triage, compose, check, fallback, successor = defaults.model.successor, ...own } = input
  const first = resolveOne(own)
  return {
    ...first,
    successor: successor === 'none' ? null : successor,
    tasks: {
      triage: other(triage, own, first),
      compose: other(compose, own, first),
      check: other(check, own, first),
    },
    fallback: fallback ? other(fallback, own, first) : null,
  }
}

function other(input: OneInput | undefined, own: OneInput, first: OneModel): OneModel {
  if (!input) return first
  // The key of one endpoint is nobody else's to see.
  if (input.baseUrl !== undefined && withoutSlash(input.baseUrl) !== first.baseUrl) return resolveOne(input)
  const { price, contextTokens, ...shared } = own
  // Price and context length belong to the model, the rest to the endpoint.
  return resolveOne(input.name === undefined ? { ...own, ...input } : { ...shared, ...input })
}

function resolveOne({ name, apiKey, timeout, concurrency, price, json, contextTokens, ...rest }: OneInput) {
  const baseUrl = withoutSlash(rest.baseUrl ?? defaults.model.baseUrl)
  const host = hostOf(baseUrl)
  const { timeout: usual, concurrency: calls } = host === 'own' ? defaults.ownModel : defaults.model
  return {
    name: name ?? defaults.model.name,
    baseUrl,
    host,
    apiKey: apiKey ?? '',
    timeoutMs: msOf(timeout ?? usual),
    concurrency: concurrency ?? calls,
    price: price ? { ...price, cachedInput: price.cachedInput ?? price.input } : null,
    json: json ?? null,
    contextTokens: contextTokens ?? null,
  }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')

/** The OpenAI API, a machine of the owner's (this one or one on a private network), or elsewhere. */
function hostOf(baseUrl: string): 'openai' | 'own' | 'other' {
  const { hostname } = new URL(baseUrl)
  if (/(^|\.)openai\.com$/.test(hostname)) return 'openai'
  return isOwnMachine(hostname) ? 'own' : 'other'
}
