/** An HTTP server (model, identity provider, webhook, page) whose answers never end, or that hardly answers at all. */
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { gzipSync } from 'node:zlib'

export type Manner =
  | 'endless body'
  | 'endless chunks of one octet'
  | 'endless header'
  | 'endless interim answers'
  | 'an octet a second'
  | 'a header an octet a second'
  | 'silence'
  | 'a bomb of gzip'

/** The beginning of such an answer, and the piece that is then repeated. */
const manners: Record<Manner, { head: string; again: string; everyMs?: number }> = {
  'endless body': {
    head: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a":"',
    again: 'a'.repeat(65_536),
  },
  'endless chunks of one octet': {
    head: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    again: '1\r\n \r\n'.repeat(8_000),
  },
  'endless header': { head: 'HTTP/1.1 200 OK\r\n', again: 'x-more: and more\r\n'.repeat(2_000) },
  'endless interim answers': { head: '', again: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000) },
  'an octet a second': {
    head: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{',
    again: ' ',
    everyMs: 1000,
  },
  'a header an octet a second': { head: 'HTTP/1.1 200 OK\r\nx-slow: ', again: 'a', everyMs: 1000 },
  silence: { head: '', again: '', everyMs: 60_000 },
  'a bomb of gzip': { head: '', again: '', everyMs: 60_000 },
}

/** Octets; a client without a limit is not flooded for ever. */
const mostFlooded = 200 << 20

/** What became of the answers of one kind. */
export interface Count {
  asked: number
  /** Octets. */
  flooded: number
  /** Connections that the client has not closed. */
  open: number
}

type Decision = Manner | string | { manner: Manner; count: Count }

/** Chooses the answer to a request; a string is the whole answer. */
type Decide = (request: string) => Decision | Promise<Decision>

export class HostileHttp implements AsyncDisposable {
  /** The head of each request, and the part of its body that has arrived. */
  readonly requests: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #answer: Decide

  private constructor(answer: Decide, tls: { key: string; cert: string } | null) {
    this.#answer = answer
    const serve = (socket: Socket) => this.#serve(socket)
    this.#server = tls === null ? createTcp(serve) : createTls(tls, serve)
    this.#server.on('error', () => undefined)
  }

  static async start(answer: Decide, tls: { key: string; cert: string } | null = null): Promise<HostileHttp> {
    const server = new HostileHttp(answer, tls)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    let asked = ''
    socket.on('data', (octets) => {
      asked += octets.toString('latin1')
      const [head = ''] = asked.split('\r\n\r\n', 1)
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (!asked.includes('\r\n\r\n') || asked.length < head.length + 4 + length) return
      const request = asked
      asked = ''
      this.requests.push(request)
      void Promise.resolve(this.#answer(request)).then((answer) => this.#respond(socket, answer))
    })
  }

  #respond(socket: Socket, decision: Decision): void {
    if (typeof decision === 'string' && !(decision in manners)) return void socket.write(decision)
    const { manner, count } =
      typeof decision === 'string'
        ? { manner: decision as Manner, count: { asked: 0, flooded: 0, open: 0 } }
        : decision
    const { head, again, everyMs } = manners[manner]
    count.asked++
    count.open++
    socket.on('close', () => count.open--)
    if (manner === 'a bomb of gzip') {
      const bomb = gzipSync(Buffer.alloc(100 << 20, ' '))
      count.flooded += bomb.length
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
      socket.end(bomb)
      return
    }
    socket.write(head)
    let sent = 0
    const more = () => {
      while (!socket.destroyed && sent < mostFlooded) {
        sent += again.length
        count.flooded += again.length
        if (!socket.write(again) || everyMs !== undefined) return
      }
      if (sent >= mostFlooded) socket.end()
    }
    const drip = everyMs === undefined ? undefined : setInterval(more, everyMs)
    socket.on('drain', () => drip ?? more())
    socket.on('close', () => clearInterval(drip))
    more()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A whole answer in JSON. */
export function json(value: unknown, status = '200 OK', fields: string[] = []): string {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  const head = [`HTTP/1.1 ${status}`, 'content-type: application/json', ...fields]
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** What the model at `baseUrl` answers to that request. */
export async function forwarded(request: string, baseUrl: string): Promise<string> {
  const [head = ''] = request.split('\r\n\r\n', 1)
  const [, method = 'GET', path = ''] = /^(\S+) \/v1(\S*)/.exec(head) ?? []
  const body = Buffer.from(request.slice(head.length + 4), 'latin1')
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' ? { body } : {}),
  })
  return json(await answer.text(), `${answer.status} ${answer.statusText}`)
}
