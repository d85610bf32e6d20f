/** The socket of the pages and the API: limits on how much and how long a client may send. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Env } from './access.ts'

/** Octets of a request's header block. */
const maxHeaderSize = 16 * 1024
/** Concurrent connections; further ones are closed unread. A reviewer's browser uses at most six. */
const mostConnections = 256
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

/** @throws what listen(2) throws, for example EADDRINUSE */
export async function listen(app: Hono<Env>, address: { host: string; port: number }): Promise<Listener> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve(
      {
        fetch: app.fetch,
        // Requests to the model use the same Response and Request as everybody, not slower imitations of them.
        overrideGlobalObjects: false,
        hostname: address.host,
        port: address.port,
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
    starting.once('error', reject)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
