import type { Queue } from 'bullmq'
import type { Changes } from '../config/changes.ts'
import type { Account, StepContext } from '../context.ts'
import type { PageSettings } from '../review/page-settings.ts'
import type { Review } from '../review/review.ts'

/** The inputs of operations that only read: these work on a store that no daemon has open, too. */
export interface Reading {
  readonly context: Pick<StepContext, 'db' | 'config' | 'clock' | 'log'> & {
    readonly accounts: ReadonlyMap<string, Pick<Account, 'knowledge'>>
  }
}

/** The inputs of the pages and the API. */
export interface WebContext extends Review {
  readonly settings: PageSettings
  /** Health of every part, for /healthz and the pages. */
  readonly health: () => Promise<Health>
  /** Reads the settings again and uses them from now on. @throws ConfigError: then nothing has changed */
  readonly reload?: () => Promise<Changes>
  /** Only in the demo: puts a mail that was typed on a page into the mailbox. */
  readonly deliver?: (mail: { name: string; subject: string; text: string }) => Promise<void>
  /** BullMQ's own objects, for the queue board. */
  readonly boards?: readonly Queue[]
}

export interface Health {
  ok: boolean
  parts: Record<string, string>
}
