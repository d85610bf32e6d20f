/**
 * BullMQ's queues, read-only. Loaded on first use, because few people open them and they take some 9 MB of memory.
 */
import type { Queue } from 'bullmq'
import type { Handler, Hono } from 'hono'

export const boardPath = '/settings/queues'

/** Answers everything below the board's path. */
export function boardHandler(queues: readonly Queue[]): Handler {
  let loading: Promise<Hono> | null = null
  return async (c) => {
    loading ??= import('./board-pages.ts').then(({ boardPages }) => boardPages(queues, boardPath))
    const pages = await loading
    return pages.fetch(c.req.raw, c.env)
  }
}
