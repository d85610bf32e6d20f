/**
 * Resolves the models of the document: a task or the fallback inherits omitted keys from the first model if the
 * endpoint is the same.
 */

import { defaults } from './defaults.ts'
import { msOf } from './fields.ts'
import { isOwnMachine } from './loopback.ts'
import type { Document } from './schema.ts'

type ModelInput = NonNullable<Document['model']>
type OneInput = NonNullable<ModelInput['fallback']>
type OneModel = ReturnType<typeof resolveOne>

type ToPath = (text: string) => string

/** Empty when no private authority is named. */
export function caFileOf(tls: { ca?: string | undefined } | undefined, path: ToPath): { caFile?: string } {
  return tls?.ca === undefined ? {} : { caFile: path(tls.ca) }
}

export function resolveModels(input: ModelInput = {}, path: ToPath = (text) => text) {
  const { triage, compose, check, fallback, successor = defaults.model.successor, ...own } = input
  const first = resolveOne(own, path)
  return {
    ...first,
    successor: successor === 'none' ? null : successor,
    tasks: {
      triage: other(triage, own, first, path),
      compose: other(compose, own, first, path),
      check: other(check, own, first, path),
    },
    fallback: fallback ? other(fallback, own, first, path) : null,
  }
}

function other(input: OneInput | undefined, own: OneInput, first: OneModel, path: ToPath): OneModel {
  if (!input) return first
  // A key must not be sent to another endpoint.
  if (input.baseUrl !== undefined && withoutSlash(input.baseUrl) !== first.baseUrl)
    return resolveOne(input, path)
  const { price, contextTokens, ...shared } = own
  // Price and context length belong to the model, the rest to the endpoint.
  return resolveOne(input.name === undefined ? { ...own, ...input } : { ...shared, ...input }, path)
}

function resolveOne(input: OneInput, path: ToPath) {
  const { name, apiKey, timeout, concurrency, price, json, contextTokens, tls, ...rest } = input
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
    ...caFileOf(tls, path),
  }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')

/** The OpenAI API, a machine of the owner's (this one or one on a private network), or elsewhere. */
function hostOf(baseUrl: string): 'openai' | 'own' | 'other' {
  const { hostname } = new URL(baseUrl)
  if (/(^|\.)openai\.com$/.test(hostname)) return 'openai'
  return isOwnMachine(hostname) ? 'own' : 'other'
}
