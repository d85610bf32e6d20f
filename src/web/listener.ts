/** The socket of the pages and the API: limits on how much and how long a client may send. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import { ConfigError } from '../base/errors.ts'
import type { Env } from './access.ts'

/** Octets of a request's header block. */
const maxHeaderSize = 16 * 1024
/** Concurrent connections; further ones are closed unread. A reviewer's browser uses at most six. */
const mostConnections = 256
/** Requests on one connection whose answers have not gone out. Browsers and clients of the API wait for each answer. */
const mostUnanswered = 4
/** Milliseconds for the header block, for the whole request, and for silence on a connection. */
const headersTimeout = 10_000
const requestTimeout = 30_000
const idleMs = 150_000
const keepAliveTimeout = 5_000
/** Milliseconds. */
const lookForSlowEvery = 2_000

export interface Listener extends AsyncDisposable {
  readonly port: number
}

/** Errors of listen(2) that the owner can fix. */
const unavailable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it. End that program, or choose another port with `web.port`',
  EACCES: 'this user is not allowed to listen there. Choose port 1024 or higher with `web.port`',
  EADDRNOTAVAIL: 'this machine does not have that address. Correct `web.host`',
}

/** @throws ConfigError when the address is not available */
export async function listen(app: Hono<Env>, address: { host: string; port: number }): Promise<Listener> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve(
      {
        fetch: app.fetch,
        // Requests to the model should use Node's own Response and Request, not slower substitutes.
        overrideGlobalObjects: false,
        hostname: address.host,
        port: address.port,
        createServer: createPatientServer as typeof createServer,
        serverOptions: {
          maxHeaderSize,
          headersTimeout,
          requestTimeout,
          keepAliveTimeout,
          connectionsCheckingInterval: lookForSlowEvery,
        },
      },
      () => resolve(starting),
    ) as Server
    starting.maxConnections = mostConnections
    // The longest silent answer is an audit of two minutes; live updates write every 20 s.
    starting.setTimeout(idleMs)
    starting.once('error', (error: NodeJS.ErrnoException) => {
      const why = unavailable[error.code ?? '']
      const where = `${address.host}:${address.port}`
      reject(why === undefined ? error : new ConfigError(`The review page can't listen on ${where}: ${why}.`))
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Node.js itself accepts any number of unanswered requests on a connection (RFC 9112 section 9.3.2). */
function createPatientServer(options: ServerOptions, handled: RequestListener): Server {
  const unanswered = new WeakMap<Socket, number>()
  return createServer(options, (request, response) => {
    const { socket } = request
    const waiting = unanswered.get(socket) ?? 0
    if (waiting >= mostUnanswered) {
      socket.destroy()
      return
    }
    unanswered.set(socket, waiting + 1)
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    handled(request, response)
  })
}
