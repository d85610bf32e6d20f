/**
 * What a model accepts, by name, and what it turned out not to accept. The table only saves a refused request: when a
 * server answers 400 and names a parameter, it is believed (client.ts retries without it and remembers).
 */

import type { ModelSettings } from '../config/settings.ts'

/**
 * How JSON is requested: `object` is response_format json_object, `schema` is json_schema, `prompt` only states it in
 * the prompt.
 */
type JsonMode = 'object' | 'schema' | 'prompt'

export interface Capabilities {
  readonly json: JsonMode
  /** Alternatives if the server refuses that, in this order. */
  readonly otherJson: readonly JsonMode[]
  /** Whether strings and lists in a JSON Schema get an upper bound: small models need it, OpenAI refuses it. */
  readonly bounded: boolean
  readonly temperature: boolean
  readonly limitField: 'max_tokens' | 'max_completion_tokens'
  /** Sent as reasoning_effort; null: the model does not have that parameter. */
  readonly effort: 'none' | 'minimal' | 'low' | null
  /** Output tokens for reasoning at that effort, in addition to the answer. */
  readonly thinking: number
  /** null: unknown. */
  readonly contextTokens: number | null
  readonly cacheKey: boolean
  /** Pictures. That a model does not accept them only shows when it refuses one. */
  readonly images: boolean
}

const chat: Capabilities = {
  json: 'object',
  otherJson: ['schema', 'prompt'],
  bounded: false,
  temperature: true,
  limitField: 'max_completion_tokens',
  effort: null,
  thinking: 0,
  contextTokens: 128_000,
  cacheKey: true,
  images: true,
}
const thinker: Capabilities = { ...chat, effort: 'none', contextTokens: 400_000 }

/**
 * llama.cpp, Ollama, vLLM and other compatible servers: only the oldest parameters. A small model in JSON mode copies
 * the example out of the prompt; with a schema it answers.
 */
const compatible: Capabilities = {
  ...chat,
  json: 'schema',
  otherJson: ['object', 'prompt'],
  bounded: true,
  limitField: 'max_tokens',
  contextTokens: null,
  cacheKey: false,
}

const table: readonly [RegExp, Capabilities][] = [
  [/^gpt-3\.5/, { ...chat, contextTokens: 16_385, images: false }],
  [/^gpt-4\.1/, { ...chat, contextTokens: 1_047_576 }],
  [/^gpt-4(o|-turbo)/, chat],
  [/^gpt-5[.\d]*-chat/, chat],
  [/^gpt-5(-mini|-nano)?(-\d{4}-|$)/, { ...thinker, effort: 'minimal', thinking: 600 }],
  [/^gpt-5\.(1|2)\b/, thinker],
  [/^gpt-5\.4-(mini|nano)/, thinker],
  // These do not support effort `none`.
  [/^gpt-6\.2-(sol|astra)/, { ...thinker, effort: 'low', thinking: 600, contextTokens: 1_050_000 }],
  [/^gpt-(5\.\d|[6-9])/, { ...thinker, contextTokens: 1_050_000 }],
  [/^o[134]/, { ...thinker, effort: 'low', thinking: 2000, contextTokens: 200_000 }],
]

interface KnownModel {
  /** As in the configuration; a provider's prefix (`openai/`) is ignored. */
  name: string
  host?: ModelSettings['host']
  json?: ModelSettings['json']
  contextTokens?: number | null
}

/** Settings outrank the table. On the owner's own machine the name proves nothing: any model may be called gpt-4o. */
export function capabilitiesOf({ name, host, json, contextTokens }: KnownModel): Capabilities {
  const bare = name.toLowerCase().replace(/^.*\//, '')
  const row = host === 'own' ? undefined : table.find(([pattern]) => pattern.test(bare))?.[1]
  const found = row ?? compatible
  return {
    ...found,
    ...(json && json !== found.json ? { json, otherJson: [found.json, 'prompt'] } : {}),
    contextTokens: contextTokens ?? found.contextTokens,
  }
}

/** Output tokens for reasoning once a model has shown some, and the maximum. */
const firstThinking = 2000
const mostThinking = 16_000
/** Maximum share of the context length for reasoning: the question has to fit as well. */
const thinkingShare = 0.25

/**
 * For a model that reasoned until no room was left for its answer: asks it not to, and gives more room in case it
 * does. Null if it already had all of that.
 */
export function afterThinking(current: Capabilities): Capabilities | null {
  const { contextTokens } = current
  const most = contextTokens === null ? mostThinking : Math.min(mostThinking, contextTokens * thinkingShare)
  if (current.thinking >= Math.floor(most)) return null
  const thinking = Math.min(Math.floor(most), Math.max(firstThinking, current.thinking * 2))
  return { ...current, thinking, effort: current.bounded && current.thinking === 0 ? 'none' : current.effort }
}

/** Parts of a 400 body: `param` and `code` if the server sends them, otherwise only its message. */
export interface Refusal {
  param: string
  message: string
}

function namesParameter({ param, message }: Refusal, name: RegExp): boolean {
  return name.test(param) || name.test(message)
}

interface Adjustment {
  capabilities: Capabilities
  /** False when the server gave no reason and this is a guess. */
  named: boolean
}

/** The words in which a server says that its model does not accept images. */
const aboutImages = /image|vision|multi-?modal|mmproj/i

/** llama.cpp refuses a picture with HTTP 500. */
export const refusesImages = (message: string): boolean =>
  /image input is not supported|mmproj/i.test(message)

/**
 * What to leave out after an HTTP 400, or null when nothing is left to try. A named parameter goes first; without a
 * name JSON mode goes first, because compatible servers most often reject that.
 * @param withImages the refused request had pictures
 */
export function degrade(current: Capabilities, refusal: Refusal, withImages = false): Adjustment | null {
  if (withImages && current.images && namesParameter(refusal, aboutImages))
    return { capabilities: { ...current, images: false }, named: true }
  const named = withoutNamed(current, refusal)
  if (named) return { capabilities: named, named: true }
  const [json, ...otherJson] = current.otherJson
  if (!json) return null
  return {
    capabilities: { ...current, json, otherJson },
    named: namesParameter(refusal, /response_format|json/i),
  }
}

function withoutNamed(current: Capabilities, refusal: Refusal): Capabilities | null {
  if (current.temperature && namesParameter(refusal, /\btemperature\b/i))
    return { ...current, temperature: false }
  if (current.effort && namesParameter(refusal, /reasoning(_|\.|\s)?effort/i)) {
    // From now on it will reason as much as it likes.
    return { ...current, effort: null, thinking: Math.max(current.thinking, firstThinking) }
  }
  if (current.cacheKey && namesParameter(refusal, /prompt_cache_key/i)) return { ...current, cacheKey: false }
  const other = current.limitField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  // The usual message names both: "'max_tokens' is not supported with this model. Use 'max_completion_tokens'".
  if (refusal.param === current.limitField || unsupported(refusal.message, current.limitField)) {
    return { ...current, limitField: other }
  }
  return null
}

function unsupported(message: string, field: string): boolean {
  const said = new RegExp(`\\b${field}\\b['"\`]?\\s*(is|are|was|:|not|unknown|unrecognized|unsupported)`, 'i')
  const before = new RegExp(`(unsupported|unknown|unrecognized|invalid|extra)[^.]*\\b${field}\\b`, 'i')
  return said.test(message) || before.test(message)
}
