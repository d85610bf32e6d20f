/** BullMQ's queues, read-only; behind the same login as the pages. */
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type { IServerAdapter } from '@bull-board/api/typings/app'
import { HonoAdapter } from '@bull-board/hono'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Queue } from 'bullmq'
import { Hono } from 'hono'

/** The board styles its page from its script; it still loads nothing from elsewhere. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'"

/** The whole of it, below that path. */
export function boardPages(queues: readonly Queue[], path: string): Hono {
  const serverAdapter = new HonoAdapter(serveStatic)
  serverAdapter.setBasePath(path)
  // Rows decide, jobs are only triggers: there is nothing to repair by hand.
  const adapters = queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true }))
  // The package bundles its own copy of the same types.
  const types = serverAdapter as unknown as IServerAdapter
  createBullBoard({ queues: adapters, serverAdapter: types, options: { uiConfig: { boardTitle: 'replyd' } } })
  const board = new Hono().basePath(path)
  board.use(async (c, next) => {
    await next()
    c.header('content-security-policy', policy)
  })
  board.route('/', serverAdapter.registerPlugin() as Hono)
  return board
}
