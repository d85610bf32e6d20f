/** What every step gets: nothing here is read from the surroundings, so a test can hand in its own. */
import type { PriceRow } from '../budget.ts'
import type { Clock, NewId } from '../clock.ts'
import type { Stage } from '../disposition.ts'
import { PermanentError } from '../errors.ts'
import type { ImapAccount } from '../imap.ts'
import type { Knowledge } from '../knowledge.ts'
import type { Model } from '../llm.ts'
import type { Log } from '../log.ts'
import type { Prompts } from '../prompts.ts'
import type { AccountSettings, Config, ModelTask } from '../settings.ts'
import type { Submission } from '../smtp.ts'
import type { Database } from '../store/database.ts'

export interface Account {
  readonly settings: AccountSettings
  readonly imap: ImapAccount
  readonly smtp: Submission
  readonly knowledge: Knowledge | null
  readonly prompts: Prompts
  /** For connections to the IMAP server where it wants OAuth2; see ImapOptions. */
  readonly accessToken?: (refused?: string) => Promise<string>
}

/** A model, and what it costs. */
export interface PricedModel extends Model {
  readonly price: PriceRow
}

export interface Models {
  /** The model that is to answer the next question of that task. Asked for each question: it may change. */
  of(task: ModelTask): PricedModel
}

export interface StepContext {
  readonly db: Database
  readonly clock: Clock
  readonly newId: NewId
  /** [0, 1) */
  readonly random: () => number
  readonly log: Log
  readonly config: Config
  readonly accounts: ReadonlyMap<string, Account>
  readonly models: Models
}

/** Where the row stands now, and when its next step may run (at once when absent). */
export interface Next {
  stage: Stage
  dueAt?: Date
}

/**
 * Loads, decides, commits, and says what comes next. Null when the row is not (any more) at this step: an old nudge.
 * @throws the errors of ../errors.ts; what they mean for the row is the pipeline's business
 */
export type RunStep = (context: StepContext, id: string, signal: AbortSignal) => Promise<Next | null>

/** @throws PermanentError when the account is not configured (any more) */
export function accountOf(context: StepContext, address: string): Account {
  const account = context.accounts.get(address)
  if (!account) throw new PermanentError(`account ${address} is not configured`)
  return account
}

/** Not now, and nobody failed: a budget is used up, an account is paused. The row waits until then, without a job. */
export class PutOff extends Error {
  override name = 'PutOff'
  readonly until: Date
  readonly reason: string
  constructor(until: Date, reason: string) {
    super(`put off until ${until.toISOString()}: ${reason}`)
    this.until = until
    this.reason = reason
  }
}
