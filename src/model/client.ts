/**
 * The model client, using the openai package in JSON mode. One ask is one question answered by one validated object:
 * the first answer, or a corrected second one. Retries are the queue's job, so each failure says whether one helps.
 */
import { isDeepStrictEqual } from 'node:util'
import type OpenAI from 'openai'
import { type Clock, systemClock } from '../base/clock.ts'
import { Deadline } from '../base/deadline.ts'
import { TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { ModelSettings } from '../config/settings.ts'
import { type Completion, readAnswer, readCompletion, repairMessages } from './answer.ts'
import { afterThinking, type Capabilities, capabilitiesOf, degrade } from './capabilities.ts'
import { addUsage, type ChatMessage, imagesIn, noUsage, octetsOf, type Usage } from './chat.ts'
import {
  ContextFault,
  classify,
  NoUsableAnswer,
  Refused,
  rateLimitsOf,
  rateLimitsOfRefusal,
  refusalOf,
  ThoughtOnly,
  withSpent,
  withTook,
} from './errors.ts'
import { listModels } from './listing.ts'
import type { Answer, Ask, ListedModel, Model, RateLimits } from './model.ts'
import { openClient, stoppedBy } from './transport.ts'
import { wireSchema } from './wire-schema.ts'

export { ContextFault, ModelTimeout, spentOf, ThoughtOnly, tookOf, UnknownModel } from './errors.ts'
export { modelWarnings } from './lifecycle.ts'
export type { Answer, Ask, ListedModel, Model, RateLimits } from './model.ts'
export * from './rate.ts'

type ClientSettings = Pick<ModelSettings, 'name' | 'baseUrl' | 'apiKey' | 'timeoutMs'> &
  Partial<Pick<ModelSettings, 'host' | 'json' | 'contextTokens' | 'caFile'>>

/** Requests for one answer: a server may refuse several parameters, one at a time. */
const mostRefusals = 7

interface Connection {
  client: OpenAI
  settings: ClientSettings
  host: string
  log: Log
  clock: Clock
  /** What the server is known to accept; updated when it refuses something. */
  capabilities: Capabilities
  /** How often a request form was dropped although the server did not name it. */
  guesses: number
  /** Tokens per octet of a prompt, as counted by the server; rises at once and falls slowly. */
  density: number
}

/** Before the first answer; English has about 0.25, other languages more. */
const firstDensity = 0.4
/** Safety margin for fitted prompts: densities differ from mail to mail. */
const fittingShare = 0.95
/** Tokens that the chat format adds. */
const frame = 64

/** Finish reasons of the wire format: an endpoint may write anything there, and it goes to the log. */
const finishes: ReadonlySet<string> = new Set([
  'stop',
  'length',
  'content_filter',
  'tool_calls',
  'function_call',
])

/** The model that answered, if it is the one asked for or a dated version of it. */
const namedBy = (answered: string, asked: string): string =>
  answered === asked || /^-[0-9-]{1,12}$/.test(answered.startsWith(asked) ? answered.slice(asked.length) : '')
    ? answered
    : 'other'

/** @see Model for the errors. Opens no connection before the first call. */
export function openModel(settings: ClientSettings, log: Log, clock: Clock = systemClock): Model {
  const connection: Connection = {
    client: openClient(settings.baseUrl, settings.apiKey, settings.timeoutMs, settings.caFile),
    settings,
    host: URL.canParse(settings.baseUrl) ? new URL(settings.baseUrl).host : settings.baseUrl,
    log,
    clock,
    capabilities: capabilitiesOf(settings),
    guesses: 0,
    density: firstDensity,
  }
  const outputLimit = (tokens: number) => tokens + connection.capabilities.thinking
  return {
    name: settings.name,
    get contextTokens() {
      return connection.capabilities.contextTokens
    },
    ask: (request) => timed(connection, request),
    outputLimit,
    inputOctets: (maxOutputTokens) => inputOctets(connection, maxOutputTokens),
    listModels: (signal) => list(connection, signal),
  }
}

function inputOctets({ capabilities, density }: Connection, maxOutputTokens: number): number {
  const { contextTokens, thinking } = capabilities
  if (contextTokens === null) return Number.POSITIVE_INFINITY
  return Math.floor(((contextTokens - maxOutputTokens - thinking - frame) * fittingShare) / density)
}

async function list(connection: Connection, signal: AbortSignal | undefined): Promise<ListedModel[]> {
  // For all pages together.
  using deadline = new Deadline(connection.settings.timeoutMs, signal)
  // The client never removes its listener from the signal that it is given.
  const controller = new AbortController()
  deadline.stops((reason) => controller.abort(reason))
  const models = await call(connection, [], signal, () => listModels(connection.client, controller.signal))
  const { name, host, contextTokens: set } = connection.settings
  // llama.cpp has one model, and takes any name for it.
  const row =
    models.find(({ id }) => id === name) ?? (host === 'own' && models.length === 1 ? models[0] : null)
  if (row?.contextTokens && !set)
    connection.capabilities = { ...connection.capabilities, contextTokens: row.contextTokens }
  return models
}

async function timed<T>(connection: Connection, request: Ask<T>): Promise<Answer<T>> {
  const started = performance.now()
  try {
    return await ask(connection, request)
  } catch (error) {
    if (error instanceof ContextFault) learnContext(connection, request, error)
    throw withTook(error, performance.now() - started)
  }
}

/** Rises at once, falls slowly: the next mail may be in another language. */
function learnDensity(connection: Connection, density: number): void {
  connection.density = Math.max(density, connection.density * 0.9)
}

/** Learns the limit stated in the refusal or, if it states none, that this input was too long. */
function learnContext<T>(
  connection: Connection,
  { messages, maxOutputTokens }: Ask<T>,
  fault: ContextFault,
): void {
  const octets = octetsOf(messages)
  if (fault.promptTokens !== null) connection.density = fault.promptTokens / octets
  const { contextTokens: known, thinking } = connection.capabilities
  const guess = Math.floor(octets * connection.density * 0.8) + maxOutputTokens + thinking
  const contextTokens = fault.contextTokens ?? Math.min(known ?? guess, guess)
  connection.capabilities = { ...connection.capabilities, contextTokens }
  connection.log.warn({ event: 'model.context', model: connection.settings.name, contextTokens })
}

async function ask<T>(connection: Connection, request: Ask<T>): Promise<Answer<T>> {
  const { settings, log, host } = connection
  const started = performance.now()
  const messages = withJsonWord(request.messages)
  let usage = noUsage
  let attempts = 0
  let next: ChatMessage[] = messages
  let faults = ''
  for (const repaired of [false, true]) {
    const { completion, requests } = await complete(connection, request, next, usage)
    attempts += requests
    usage = addUsage(usage, completion.usage)
    if (completion.counted && imagesIn(next) === 0)
      learnDensity(connection, completion.usage.input / octetsOf(next))
    if (completion.refused) throw withSpent(new Refused(`${settings.name} refused to judge this mail`), usage)
    const reading = readAnswer(completion, request.schema, messages)
    const durationMs = Math.round(performance.now() - started)
    const { finish, model } = completion
    const fault = reading.ok ? null : reading.fault
    log.info({
      event: 'model.answered',
      schema: request.schemaName,
      model: namedBy(model, settings.name),
      finish: finishes.has(finish) ? finish : 'other',
      fault,
      repaired,
      durationMs,
      usage,
    })
    if (reading.ok) {
      return {
        value: reading.value,
        usage,
        model,
        repaired,
        finish,
        durationMs,
        attempts,
      }
    }
    if (reading.fault === 'thinking') giveRoom(connection, usage)
    faults = faults === '' ? reading.detail : `${faults}; then ${reading.detail}`
    const room = inputOctets(connection, request.maxOutputTokens) - octetsOf(messages)
    next = repairMessages(messages, completion, reading, room)
  }
  throw withSpent(new NoUsableAnswer(`${settings.name} at ${host} gave no usable answer: ${faults}`), usage)
}

/** @throws ThoughtOnly while there is more room to give: money must be reserved for the next question */
function giveRoom(connection: Connection, usage: Usage): void {
  const capabilities = afterThinking(connection.capabilities)
  if (capabilities === null) return
  connection.capabilities = capabilities
  const { thinking, effort } = capabilities
  const { name } = connection.settings
  connection.log.warn({ event: 'model.thinks', model: name, thinking, effort })
  const message = `${name} thinks before it answers and had no room left: it gets ${thinking} tokens more`
  throw withSpent(new ThoughtOnly(message), usage)
}

/** The provider refuses JSON mode unless the word occurs in the conversation. */
function withJsonWord(messages: readonly ChatMessage[]): ChatMessage[] {
  if (messages.some(({ role, content }) => role === 'system' && /json/i.test(content))) return [...messages]
  return [{ role: 'system', content: 'Answer with one JSON object and nothing else.' }, ...messages]
}

/** One completion. Request forms that the server refuses are dropped; those it named are remembered. */
async function complete<T>(connection: Connection, request: Ask<T>, messages: ChatMessage[], earlier: Usage) {
  let { capabilities } = connection
  let named = true
  const tried: Capabilities[] = [capabilities]
  for (let requests = 1; ; requests++) {
    try {
      const body = bodyOf(connection, request, messages, capabilities)
      const completion = await call(connection, messages, request.signal, () =>
        send(connection, body, request, messages),
      )
      if (requests > 1) remember(connection, capabilities, named)
      return { completion, requests }
    } catch (error) {
      const failure = error as Error
      const refusal = refusalOf(failure.cause)
      const step =
        refusal && requests < mostRefusals ? degrade(capabilities, refusal, imagesIn(messages) > 0) : null
      if (!step || tried.some((one) => isDeepStrictEqual(one, step.capabilities)))
        throw earlier === noUsage ? failure : withSpent(failure, earlier)
      tried.push(step.capabilities)
      named &&= step.named
      capabilities = step.capabilities
    }
  }
}

/** A guess is kept only if it was right twice: the server may have refused a single mail. */
function remember(connection: Connection, capabilities: Capabilities, named: boolean): void {
  connection.guesses = named ? 0 : connection.guesses + 1
  if (!named && connection.guesses < 2) return
  connection.capabilities = capabilities
  const { json, temperature, limitField, effort, images } = capabilities
  connection.log.warn({
    event: 'model.degraded',
    model: connection.settings.name,
    json,
    temperature,
    limitField,
    effort,
    images,
  })
}

/** Converts errors to replyd's. Each request has its deadline, body included: see transport.ts. */
async function call<R>(
  { settings, host, clock }: Connection,
  messages: readonly ChatMessage[],
  signal: AbortSignal | undefined,
  request: () => Promise<R>,
): Promise<R> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof TemporaryError) throw error
    throw classify(error, {
      host,
      model: settings.name,
      timeoutMs: settings.timeoutMs,
      messages,
      aborted: signal?.aborted ?? false,
      now: clock.now(),
    })
  }
}

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming

const unseen = 'The pictures cannot be shown to you: you do not know what is on them.'

function wireMessages(
  messages: readonly ChatMessage[],
  { images: sees }: Capabilities,
): OpenAI.ChatCompletionMessageParam[] {
  return messages.map(({ role, content, images = [] }) => {
    if (images.length === 0) return { role, content }
    if (!sees) return { role, content: `${content}\n${unseen}` }
    const pictures = images.map(({ jpeg }) => ({
      type: 'image_url' as const,
      image_url: { url: `data:image/jpeg;base64,${jpeg}` },
    }))
    return { role: 'user', content: [{ type: 'text', text: content }, ...pictures] }
  })
}

function bodyOf<T>(
  connection: Connection,
  request: Ask<T>,
  messages: ChatMessage[],
  capabilities: Capabilities,
): Body {
  const body: Body = { model: connection.settings.name, messages: wireMessages(messages, capabilities) }
  // Must equal the outputLimit that the budget was told, in every attempt.
  body[capabilities.limitField] = request.maxOutputTokens + connection.capabilities.thinking
  if (capabilities.temperature && typeof request.temperature === 'number')
    body.temperature = request.temperature
  if (capabilities.effort) body.reasoning_effort = capabilities.effort
  if (capabilities.cacheKey && request.cacheKey) body.prompt_cache_key = request.cacheKey
  if (capabilities.json === 'object') body.response_format = { type: 'json_object' }
  if (capabilities.json === 'schema') {
    const schema = { ...wireSchema(request.schema, capabilities.bounded) }
    const strict = capabilities.bounded ? {} : { strict: true }
    body.response_format = {
      type: 'json_schema',
      json_schema: { name: request.schemaName, schema, ...strict },
    }
  }
  return body
}

async function send(
  { client, host, settings }: Connection,
  body: Body,
  { onLimits, signal }: Pick<Ask<unknown>, 'onLimits' | 'signal'>,
  messages: readonly ChatMessage[],
): Promise<Completion> {
  const tell = (limits: RateLimits | null) => limits && onLimits?.(limits)
  const { data: answer, response } = await client.chat.completions
    .create(body, stoppedBy(signal))
    .withResponse()
    .catch((error: unknown) => {
      tell(rateLimitsOfRefusal(error))
      throw error
    })
  tell(rateLimitsOf(response.headers))
  const completion = readCompletion(answer, messages, settings.name)
  if (!completion) {
    throw withSpent(
      new TemporaryError(`${host} answered with something other than a chat completion`),
      'unknown',
    )
  }
  return completion
}
