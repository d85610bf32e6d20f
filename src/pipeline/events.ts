/** What the pipeline tells those who listen. */
import type { OwnerActionError } from '../base/errors.ts'
import type { MessageRow } from '../store/messages.ts'

export interface PipelineEvents {
  /** A row came to rest: done, or waiting for a person. */
  settled: [row: MessageRow]
  /** Only the owner can mend this; said once per cause. */
  'owner-action': [error: OwnerActionError, account: string]
}
