/** BullMQ's queues, read-only; behind the same login as the pages. */
import type { IServerAdapter } from '@bull-board/api/typings/app'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Queue } from 'bullmq'
import { type Handler, Hono } from 'hono'
import { notFound } from './failures.tsx'

export const boardPath = '/settings/queues'

/** The board styles its page from its script; it still loads nothing from elsewhere. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'"

/** Answers everything below the board's path. */
export function boardHandler(queues: readonly Queue[]): Handler {
  let loading: Promise<Hono> | null = null
  return async (c) => {
    loading ??= boardPages(queues)
    const pages = await loading
    if (c.req.path === `${boardPath}/`) return c.redirect(boardPath, 301)
    const answer = await pages.fetch(c.req.raw, c.env)
    return answer.status === 404 ? notFound(c) : answer
  }
}

const uiConfig = {
  boardTitle: 'Work queue · replyd',
  miscLinks: [{ text: '← Back to Setup', url: '/settings' }],
  hideRedisDetails: true,
}
/** Its page asks another host for a font, which the policy would refuse. */
const foreignFont = /<link [^>]*fonts\.googleapis\.com[^>]*>/g

/** The libraries are loaded on first use, because few people open the board and it takes some 9 MB of memory. */
async function boardPages(queues: readonly Queue[]): Promise<Hono> {
  const { createBullBoard } = await import('@bull-board/api')
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter')
  const { HonoAdapter } = await import('@bull-board/hono')
  const serverAdapter = new HonoAdapter(serveStatic)
  serverAdapter.setBasePath(boardPath)
  // Rows decide, jobs are only triggers: there is nothing to repair by hand.
  const adapters = queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true }))
  // The package bundles its own copy of the same types.
  const types = serverAdapter as unknown as IServerAdapter
  createBullBoard({ queues: adapters, serverAdapter: types, options: { uiConfig } })
  const board = new Hono().basePath(boardPath)
  board.use(async (c, next) => {
    await next()
    c.header('content-security-policy', policy)
    if (c.res.headers.get('content-type')?.startsWith('text/html'))
      c.res = new Response((await c.res.text()).replace(foreignFont, ''), c.res)
  })
  board.route('/', serverAdapter.registerPlugin() as Hono)
  return board
}
