/** The socket under the pages and the API: how much and how long anybody may send before it is cut off. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Env } from './access.ts'

/** Octets of a request's header block. */
const maxHeaderSize = 16 * 1024
/** Connections at once; more are closed unread. A reviewer's browser holds at most six. */
const mostConnections = 256
/** Milliseconds for the header block, for the whole request, and of silence on a connection. */
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
    // The longest quiet answer is an audit of two minutes; live updates write every 20 s.
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
