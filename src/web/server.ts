/** The daemon's HTTP side. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Pipeline } from '../pipeline.ts'
import { audit } from '../steps/audit.ts'
import type { StepContext } from '../steps/context.ts'

/** What the pages and the API are built from. */
export interface WebContext {
  readonly context: StepContext
  readonly pipeline: Pipeline
  /** Health of every part, for /healthz and the pages. */
  readonly health: () => Promise<Health>
}

export interface Health {
  ok: boolean
  parts: Record<string, string>
}

export interface WebServer extends AsyncDisposable {
  readonly url: string
}

export async function startWeb(web: WebContext, listen: { host: string; port: number }): Promise<WebServer> {
  const app = new Hono()
  app.get('/healthz', async (c) => {
    const health = await web.health()
    return c.json(health, health.ok ? 200 : 503)
  })
  app.get('/api/audit', async (c) => c.json(await audit(web.context)))
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const starting = serve({ fetch: app.fetch, hostname: listen.host, port: listen.port }, () =>
      resolve(starting),
    )
    starting.once('error', reject)
  })
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return {
    url: `http://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
