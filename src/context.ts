/** The inputs of every step. Steps read nothing from the environment, so a test can pass its own. */
import type { Clock, NewId } from './base/clock.ts'
import type { Stage, Step } from './base/dispositions.ts'
import type { ResolveTxt } from './base/dns.ts'
import { PermanentError } from './base/errors.ts'
import type { Log } from './base/log.ts'
import type { AccountSettings, Config } from './config/settings.ts'
import type { ImapAccount } from './imap/imap.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import type { Lookups } from './knowledge/lookups/lookups.ts'
import type { Models } from './model/models.ts'
import type { Prompts } from './model/prompts.ts'
import type { Submission } from './smtp/submission.ts'
import { loadMail, type StoredMail } from './store/bodies.ts'
import type { Carried } from './store/carried.ts'
import type { Database } from './store/database.ts'
import { loadReply, type ReplyRow } from './store/replies.ts'

export interface Account {
  readonly settings: AccountSettings
  readonly imap: ImapAccount
  readonly smtp: Submission
  readonly knowledge: Knowledge | null
  /** Null if none are configured. */
  readonly lookups?: Lookups | null
  readonly prompts: Prompts
  /** For connections to an IMAP server that requires OAuth2; see ImapOptions. */
  readonly accessToken?: (refused?: string) => Promise<string>
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
  readonly resolveTxt: ResolveTxt
  /** Keys the Message-IDs of replies; secret. */
  readonly replyKey: Buffer
}

/** A mail to be judged or answered. */
export interface Arrival {
  readonly context: StepContext
  readonly account: Account
  readonly mail: StoredMail
}

/** A written reply to be delivered, with the mail it answers. */
export interface Delivery extends Arrival {
  readonly reply: ReplyRow
}

/** The row's new stage, and when its next step may run (at once if absent). */
export interface Next {
  stage: Stage
  dueAt?: Date
  /** What the next step does not have to read if it runs in this process. If there is no next step: the settled mail. */
  carried?: Carried
}

/**
 * Loads (or is given what the last step left), decides, commits, and returns the next step. Null when the row is not
 * (or no longer) at this step: an outdated job.
 * @throws the errors of base/errors.ts; the pipeline decides what they mean for the row
 */
export type RunStep = (
  context: StepContext,
  id: string,
  signal: AbortSignal,
  carried?: Carried | null,
) => Promise<Next | null>

/** @throws PermanentError when the account is not (or no longer) configured */
export function accountOf(context: StepContext, address: string): Account {
  const account = context.accounts.get(address)
  if (!account) throw new PermanentError(`account ${address} is not configured`)
  return account
}

/** The mail of a job. Null when its row is not (or no longer) at this step. @throws as accountOf */
export async function arrivalAt(
  step: Step,
  context: StepContext,
  id: string,
  carried: Carried | null,
): Promise<Arrival | null> {
  const mail = carried?.mail ?? (await loadMail(context.db, id))
  if (mail?.row.step !== step) return null
  return { context, account: accountOf(context, mail.row.account), mail }
}

/** The same for its reply. Null also when there is none. */
export async function deliveryAt(
  step: Step,
  context: StepContext,
  id: string,
  carried: Carried | null,
): Promise<Delivery | null> {
  const arrival = await arrivalAt(step, context, id, carried)
  const reply = arrival && (carried?.reply ?? (await loadReply(context.db, id)))
  return reply && { ...arrival, reply }
}

/** Ten characters that are unknown before the call. They mark what was quoted in a question to the model. */
export const saltOf = ({ newId, clock }: StepContext): string => newId(clock.now()).slice(-10)
