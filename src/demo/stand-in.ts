/**
 * The offline stand-in for a model: an HTTP server on loopback that speaks the OpenAI wire format and answers by
 * rules (src/demo/stand-in/). It sees only the prompt it is sent. The demo says on screen that it answers; tests and
 * benches configure rate limits, delays and scripted faults.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Override, type RequestBody, readBody } from './stand-in/body.ts'
import { check } from './stand-in/check.ts'
import { compose } from './stand-in/compose.ts'
import { type Question, readQuestion } from './stand-in/prompt.ts'
import { triage } from './stand-in/triage.ts'
import {
  breakOff,
  choiceOf,
  completionOf,
  type Limiter,
  limiter,
  limitFault,
  listedModel,
  PromptCounter,
  type RateLimit,
  refuse,
  respond,
  standInModel,
} from './stand-in/wire.ts'

export type { Override } from './stand-in/body.ts'
export { standInModel } from './stand-in/wire.ts'

/** A request as seen by a scripted behaviour. */
export interface StandInRequest {
  /** Counted from 1, including refused ones. */
  number: number
  question: Question
  body: RequestBody
  /** null if the request had none. */
  apiKey: string | null
  promptTokens: number
}

export interface StandInOptions {
  /** Before each answer, milliseconds; 0 (the default) sets no timer. */
  latencyMs?: number
  limits?: RateLimit
  /** Called for each request, before the limits; if it returns nothing, the answer is sent unchanged. */
  behaviour?: (request: StandInRequest) => Override | undefined | Promise<Override | undefined>
  /** Any other key is refused with 401. If absent, any key or none is accepted. */
  apiKey?: string
  /** Milliseconds; for the limits and the times in answers. */
  now?: () => number
  /** 0 (the default): any free port. */
  port?: number
}

export interface Counters {
  /** POST /chat/completions, with any outcome. */
  requests: number
  /** With a completion. */
  answered: number
  /** With 429, by the limits. */
  limited: number
  triage: number
  compose: number
  check: number
  /** Of completions only. */
  promptTokens: number
  cachedTokens: number
  completionTokens: number
  /** Maximum number of concurrently open requests. */
  concurrent: number
}

export interface StandIn extends AsyncDisposable {
  /** With the path: `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string
  readonly port: number
  /** A copy. */
  counters(): Counters
  close(): Promise<void>
}

interface World {
  options: StandInOptions
  now: () => number
  admit: Limiter
  counters: Counters
  open: number
  prompts: PromptCounter
}

function newWorld(options: StandInOptions): World {
  const now = options.now ?? Date.now
  const answers = { requests: 0, answered: 0, limited: 0, triage: 0, compose: 0, check: 0, concurrent: 0 }
  const counters: Counters = { ...answers, promptTokens: 0, cachedTokens: 0, completionTokens: 0 }
  return {
    options,
    now,
    admit: limiter(options.limits ?? {}, now()),
    counters,
    open: 0,
    prompts: new PromptCounter(),
  }
}

/** @throws Error when the port is taken */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const world = newWorld(options)
  const server = createServer((request, response) => {
    serve(world, request, response).catch((error: unknown) => {
      // The client disconnected, or a behaviour threw: make it visible to tests.
      if (response.headersSent || request.socket.destroyed) response.destroy()
      else refuse(response, { status: 500, type: 'server_error', code: null, message: String(error) })
    })
  })
  // Longer than a client keeps an idle connection: a request sent while the server closes it is lost.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const counters = (): Counters => ({ ...world.counters })
  return { baseUrl: `http://127.0.0.1:${port}/v1`, port, counters, close, [Symbol.asyncDispose]: close }
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${(request.url ?? '').split('?')[0]}`
  const apiKey = /^Bearer\s+(.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null
  const type = 'invalid_request_error'
  if (world.options.apiKey !== undefined && apiKey !== world.options.apiKey) {
    return refuse(response, {
      status: 401,
      type,
      code: 'invalid_api_key',
      message: 'Incorrect API key provided.',
    })
  }
  if (route === 'GET /v1/models') return respond(response, 200, { object: 'list', data: [listedModel] })
  if (route === `GET /v1/models/${standInModel}`) return respond(response, 200, listedModel)
  if (route !== 'POST /v1/chat/completions') {
    return refuse(response, { status: 404, type, code: null, message: `Unknown request URL: ${route}` })
  }
  world.open += 1
  world.counters.concurrent = Math.max(world.counters.concurrent, world.open)
  response.once('close', () => {
    world.open -= 1
  })
  await complete(world, request, response, apiKey)
}

async function complete(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  apiKey: string | null,
): Promise<void> {
  const { counters, options, now } = world
  const number = ++counters.requests
  const body = await readBody(request)
  if ('status' in body) return refuse(response, body)
  const question = readQuestion(body.messages)
  const { prompt, cached } = await world.prompts.count(body.messages)
  const override = (await options.behaviour?.({ number, question, body, apiKey, promptTokens: prompt })) ?? {}
  const { refusedBy, headers } = world.admit(prompt + (body.maxTokens ?? 0), now())
  const delay = override.delayMs ?? options.latencyMs ?? 0
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  if (override.connection === 'hang') return
  if (override.connection === 'close') return void request.socket.destroy()
  if (refusedBy) counters.limited += 1
  if (refusedBy) return refuse(response, limitFault(refusedBy), headers)
  const allHeaders = { ...headers, ...override.headers }
  if (override.status !== undefined)
    return respond(response, override.status, override.body ?? {}, allHeaders)
  const { choice, tokens } = await choiceOf(JSON.stringify(judge(question)), body, override)
  counters.answered += 1
  if (question.task) counters[question.task] += 1
  counters.promptTokens += prompt
  counters.cachedTokens += cached
  counters.completionTokens += tokens
  const completion = completionOf(number, now(), choice, { prompt, cached, completion: tokens })
  if (override.connection === 'half') breakOff(response, completion)
  else respond(response, 200, completion, allHeaders)
}

function judge(question: Question): object {
  if (question.task === 'triage') return triage(question)
  if (question.task === 'compose') return compose(question)
  if (question.task === 'check') return check(question)
  return { note: `${standInModel} answers the tasks triage, compose and check only` }
}
