/**
 * The operations of the API. Each is declared once: its name, its input, its answer and its action. The routes, the
 * validation of the input and the OpenAPI 3.1 description are derived from that.
 */
import { type Context, Hono, type Next } from 'hono'
import * as z from 'zod'
import { nearest } from '../config/faults.ts'
import type { approved, edited, listedMail } from './answers.ts'
import { actorOf, scopeOf } from './bearer.ts'
import { fitting, jsonBody, queryOf } from './bodies.ts'
import { notAllowed } from './failures.tsx'
import type { Reading, WebContext } from './web-context.ts'

/** Version of a text, in the examples. */
const seen = '3f7c1e0a9b2d4c58'

const waiting: z.input<typeof listedMail> = {
  id: '01kb6s3v9m4q8x2c7d5f1g0h6j',
  account: 'support@shop.example',
  from: 'priya@inbox.example',
  fromName: 'Priya Nair',
  subject: 'Crack in the frame: warranty?',
  arrivedAt: '2026-11-28T10:00:00.000Z',
  step: 'done',
  disposition: 'drafted',
  reason: 'mode-draft',
  because: 'You send replies of this kind yourself.',
  help: null,
  detail: null,
  codes: [],
  verdict: null,
  reply: { state: 'held', holdReasons: [], sendAfter: null },
}

const goesOut: z.input<typeof approved> = { ok: true, sendsAt: '2026-11-28T10:02:00.000Z' }
const saved: z.input<typeof edited> = { ok: true, version: '8a1d5b7c2e9f4063' }

/** Examples of the main operations, by the operation's id. */
export const examples: Readonly<Record<string, { body?: object; answer: unknown }>> = {
  listWaiting: { answer: [waiting] },
  listMails: { answer: [{ ...waiting, cost: 0.0004, tokens: 1480 }] },
  approveReply: { body: { seen }, answer: goesOut },
  editReply: { body: { text: 'Hello Priya,\n\nyes, it is.', seen }, answer: saved },
  rewriteReply: { body: { instruction: 'Shorter, and in French', seen }, answer: { ok: true } },
}

const tags = {
  mails: 'Mails that arrived, and their outcomes',
  replies: 'Replies that wait for a person',
  accounts: 'Mailboxes, and what may be sent automatically for them',
  knowledge: 'What replies may state, and facts that were proposed',
  statistics: 'Calls to the model: tokens and cost',
  store: 'Backup, forgetting, audit, reload',
  tokens: 'Named tokens of the API',
  people: 'Who logs in to the pages',
  description: 'This description',
}

/** Beyond 400, 401 and 403, which every operation may answer. */
const refusals = {
  404: ['NotFound', 'There is no such mail, account, token or path'],
  409: ['Conflict', 'Nothing was changed; `message` says why'],
  422: ['Unfit', 'The text is empty or too long'],
} as const

const none = z.strictObject({})
type Fields = z.ZodObject
type None = typeof none

interface Operation<Path extends Fields, Query extends Fields, Body extends Fields> {
  /** `operationId` of OpenAPI. */
  id: string
  method: 'get' | 'post'
  /** Below /api, with `{name}` for each parameter. */
  path: string
  tag: keyof typeof tags
  /** What it does, as a sentence without a full stop. */
  summary: string
  parameters?: Path
  query?: Query
  body?: Body
  /** The answer with status 200, as JSON; a string is the media type of a stream. */
  answer: z.ZodType | string
  refusals?: readonly (keyof typeof refusals)[]
  /** It needs no token, even if there is a password. */
  isOpen?: boolean
}

interface Given<Path, Query, Body> {
  path: Path
  query: Query
  body: Body
  /** Who asks, for the ledger. */
  actor: string
  /** For fields of the answer's header. */
  c: Context
}

export class Operations {
  readonly #declared: Operation<Fields, Fields, Fields>[] = []
  readonly #routes: ((web: WebContext, routes: Hono) => void)[] = []
  readonly #readings: ((reading: Reading, routes: Hono) => void)[] = []

  /**
   * Invalid input is answered with 400 and the names of the fields, before anything is done.
   * @param act receives the validated input
   */
  add<Path extends Fields = None, Query extends Fields = None, Body extends Fields = None>(
    operation: Operation<Path, Query, Body>,
    act: (web: WebContext, given: Given<z.output<Path>, z.output<Query>, z.output<Body>>) => Promise<unknown>,
  ): void {
    this.#declared.push(operation as unknown as Operation<Fields, Fields, Fields>)
    this.#routes.push(routeOf(operation, act))
  }

  /** An operation that needs no daemon. */
  read<Path extends Fields = None, Query extends Fields = None, Body extends Fields = None>(
    operation: Operation<Path, Query, Body>,
    act: (
      reading: Reading,
      given: Given<z.output<Path>, z.output<Query>, z.output<Body>>,
    ) => Promise<unknown>,
  ): void {
    this.add(operation, act)
    this.#readings.push(routeOf(operation, act))
  }

  /**
   * Refuses requests that match no operation, and lets those pass that need no token. It comes before the token is
   * checked: which operations exist is no secret, and a missing scope must not be reported for one that does not exist.
   */
  readonly gate = async (c: Context, next: Next): Promise<Response | undefined> => {
    const here = this.#declared.filter(({ path }) => patternOf(path).test(c.req.path))
    if (here.length === 0) return this.#unknown(c)
    const method = c.req.method === 'HEAD' ? 'get' : c.req.method.toLowerCase()
    const operation = here.find((each) => each.method === method)
    if (operation === undefined)
      return notAllowed(
        c,
        here.flatMap((each) => methodNames[each.method]),
      )
    if (operation.isOpen) c.set('isOpen', true)
    await next()
  }

  /** To be mounted at /api, behind the gate. */
  routes(web: WebContext): Hono {
    const routes = new Hono()
    for (const each of this.#routes) each(web, routes)
    return routes
  }

  /** The operations that need no daemon. */
  readings(reading: Reading): Hono {
    const routes = new Hono()
    for (const each of this.#readings) each(reading, routes)
    return routes.all('*', this.#unknown)
  }

  readonly #unknown = (c: Context): Response => {
    const known = this.#declared.map(({ path }) => `/api${path}`)
    return c.json({ error: 'not-found', message: unknownWords(c.req.path, known) }, 404)
  }

  /** OpenAPI 3.1. */
  describe(): object {
    const paths: Record<string, Record<string, object>> = {}
    const components: Record<string, unknown> = {}
    for (const operation of this.#declared) {
      const path = `/api${operation.path}`
      paths[path] = { ...paths[path], [operation.method]: described(operation, components) }
    }
    return {
      openapi: '3.1.0',
      info: {
        title: 'replyd',
        version: '1',
        description: 'Review of replies, for scripts and the command line.',
        license: { name: 'MIT', identifier: 'MIT' },
        contact: { name: 'The owner of this installation' },
      },
      servers: [{ url: '/', description: 'The daemon itself' }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      security: [{ token: [] }],
      paths,
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
        responses: refusalResponses(),
        schemas: { ...components, Refusal: refusalSchema },
      },
    }
  }
}

const methodNames = { get: ['GET', 'HEAD'], post: ['POST'] }
const patternOf = (path: string) => new RegExp(`^/api${path.replace(/\{\w+\}/g, '[^/]+')}$`)

function unknownWords(path: string, known: readonly string[]): string {
  // Ids and addresses are long: they would outweigh the words.
  const typed = path.replace(/\/[^/]*@[^/]*|\/[0-9a-z]{26}(?=\/|$)/gi, '/x')
  const plain = new Map(known.map((each) => [each.replace(/\{\w+\}/g, 'x'), each]))
  const meant = plain.get(nearest(typed, [...plain.keys()]) ?? '')
  return meant === undefined
    ? 'There is no such operation: see /api/openapi.json.'
    : `There is no such operation. Did you mean ${meant}? All are in /api/openapi.json.`
}

function routeOf<Web, Path extends Fields, Query extends Fields, Body extends Fields>(
  { method, path, parameters, query, body, answer }: Operation<Path, Query, Body>,
  act: (web: Web, given: Given<z.output<Path>, z.output<Query>, z.output<Body>>) => Promise<unknown>,
): (web: Web, routes: Hono) => void {
  const told = async (web: Web, c: Context) => {
    const given = {
      path: fitting(c.req.param(), parameters ?? none) as z.output<Path>,
      query: fitting(queryOf(c), query ?? none) as z.output<Query>,
      body: fitting(method === 'post' ? await jsonBody(c) : {}, body ?? none) as z.output<Body>,
      actor: actorOf(c),
      c,
    }
    const answered = await act(web, given)
    if (typeof answer !== 'string') return c.json(answered)
    return c.body(answered as ReadableStream, 200, { 'content-type': answer })
  }
  const pattern = path.replace(/\{(\w+)\}/g, ':$1')
  return (web, routes) => void routes[method](pattern, (c) => told(web, c))
}

type Components = Record<string, unknown>

function described(operation: Operation<Fields, Fields, Fields>, components: Components): object {
  const { id, method, path, tag, summary, parameters, query, body, answer, isOpen } = operation
  const scope = scopeOf(method.toUpperCase(), `/api${path}`)
  const example = examples[id]
  const answered =
    typeof answer === 'string'
      ? { [answer]: { schema: { type: 'string', format: 'binary' } } }
      : {
          'application/json': {
            schema: jsonSchema(answer, components),
            ...(example && { example: example.answer }),
          },
        }
  const refused = Object.fromEntries(
    (operation.refusals ?? []).map((status) => [status, refusal(refusals[status][0])]),
  )
  const responses = {
    200: { description: 'Done', content: answered },
    400: refusal('BadRequest'),
    ...(isOpen ? {} : { 401: refusal('Unauthorized'), 403: refusal('Forbidden') }),
    ...refused,
    default: refusal('Failure'),
  }
  const asked = example?.body && { example: example.body }
  const content = body && { 'application/json': { schema: jsonSchema(body, components), ...asked } }
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: isOpen ? `${summary}. Needs no token.` : `${summary}. Needs the scope \`${scope}\`.`,
    ...(isOpen ? { security: [] } : {}),
    parameters: [...parametersOf(parameters, 'path'), ...parametersOf(query, 'query')],
    ...(content ? { requestBody: { required: !(body as Fields).safeParse({}).success, content } } : {}),
    responses,
  }
}

function parametersOf(fields: Fields | undefined, where: 'path' | 'query'): object[] {
  return Object.entries(fields?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = jsonSchema(field as z.ZodType, {}) as { description?: string }
    return { name, in: where, required: where === 'path', description, schema }
  })
}

/** @param components receives the schemas that have an id of their own */
function jsonSchema(schema: z.ZodType, components: Components): object {
  // Only a schema inside another one becomes a reference.
  const outer = z.toJSONSchema(z.object({ schema }), { io: 'input', unrepresentable: 'any' })
  const text = JSON.stringify(outer).replaceAll('#/$defs/', '#/components/schemas/')
  const { $defs, properties } = JSON.parse(text) as {
    $defs?: Record<string, { id?: string }>
    properties: { schema: object }
  }
  for (const [name, { id: _id, ...definition }] of Object.entries($defs ?? {})) components[name] = definition
  return properties.schema
}

const refusal = (name: string) => ({ $ref: `#/components/responses/${name}` })

const refusalSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'string', description: 'A code' },
    message: { type: 'string', description: 'What is wrong, for a person' },
    fields: {
      type: 'array',
      items: { type: 'string' },
      description:
        'With status 400, and 422 for To, Cc and Subject: the invalid parameters and fields; absent if none is to blame',
    },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['file', 'line', 'key', 'message'],
        properties: {
          file: { type: ['string', 'null'], description: 'Null for a value of the environment' },
          line: { type: ['integer', 'null'], description: 'Counted from 1' },
          key: { type: ['string', 'null'], description: 'The setting, or the variable' },
          message: { type: 'string', description: 'What is wrong with it' },
        },
      },
      description: 'With `faulty-configuration`: the faults, one by one',
    },
    state: {
      type: 'object',
      description:
        'With `already-decided` and `text-changed`: who was faster (`by`, `at`), what they did (`reason`, `because`), and the present outcome of the mail (`disposition`)',
    },
  },
}

function refusalResponses(): object {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } }
  const all = [
    ['BadRequest', 'A parameter or a field of the body is invalid; `message` names it'],
    ['Unauthorized', 'The bearer token is missing or wrong'],
    ['Forbidden', 'The token lacks the scope'],
    [
      'Failure',
      'Anything else: 413 for too long a body, 503 while a server that replyd needs does not answer',
    ],
    ...Object.values(refusals),
  ]
  return Object.fromEntries(all.map(([name, description]) => [name, { description, content }]))
}
