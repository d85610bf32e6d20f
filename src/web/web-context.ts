import type { Queue } from 'bullmq'
import type { Review } from '../review/review.ts'

/** What the pages and the API are built from. */
export interface WebContext extends Review {
  /** Health of every part, for /healthz and the pages. */
  readonly health: () => Promise<Health>
  /** BullMQ's own objects, for the queue board. */
  readonly boards?: readonly Queue[]
}

export interface Health {
  ok: boolean
  parts: Record<string, string>
}

/** Who asks over the API, for the row that is changed: what the caller says of themselves, made harmless. */
export function actorOf(header: string | undefined): string {
  return `api ${(header ?? '').replace(/[^\w .@-]/g, '').slice(0, 60)}`.trim()
}
