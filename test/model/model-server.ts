/** A small HTTP server with scripted answers: real sockets, so that a reset is a reset. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  path: string
  authorization: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the body is whatever the client sends, and the tests look into it
  body: any
}

export type Responder = (response: ServerResponse, received: Received, request: IncomingMessage) => void

export interface ModelServer {
  baseUrl: string
  received: Received[]
  /** Responders for the next requests, in order; the last one answers all later requests. */
  respond(...responders: Responder[]): void
  /** Resolves when a client has disconnected in the middle of an answer. */
  readonly abandoned: Promise<void>
  close(): Promise<void>
}

export async function startModelServer(): Promise<ModelServer> {
  const received: Received[] = []
  let responders: Responder[] = []
  let gone = () => {}
  const abandoned = new Promise<void>((resolve) => {
    gone = resolve
  })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    response.on('close', () => {
      if (!response.writableFinished) gone()
    })
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const one = {
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: text === '' ? null : JSON.parse(text),
      }
      received.push(one)
      const responder = responders.length > 1 ? responders.shift() : responders[0]
      responder?.(response, one, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    respond: (...more) => {
      responders = more
    },
    abandoned,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** A chat completion in the provider's form. */
export function completion(
  content: string | null,
  more: { finish?: string; refusal?: string; usage?: unknown; model?: string } = {},
) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_780_000_000,
    model: more.model ?? 'gpt-4o-mini-2024-07-18',
    choices: [
      {
        index: 0,
        finish_reason: more.finish ?? 'stop',
        message: { role: 'assistant', content, refusal: more.refusal ?? null },
      },
    ],
    usage:
      'usage' in more
        ? more.usage
        : {
            prompt_tokens: 100,
            completion_tokens: 20,
            total_tokens: 120,
            prompt_tokens_details: { cached_tokens: 60 },
          },
  }
}

export const says = (content: string | null, more: Parameters<typeof completion>[1] = {}, headers = {}) =>
  json(200, completion(content, more), headers)

export const refuses = (status: number, error: Record<string, unknown>, headers = {}) =>
  json(status, { error }, headers)
