/**
 * The settings of a parsed configuration: readonly values, durations in milliseconds, money in US dollars. The types
 * are derived from the schema and resolve.ts, so that no key is written twice.
 */
import type { resolveDocument } from './resolve.ts'

export type { OpenHours } from './fields.ts'

type Settled<T> = T extends readonly (infer Entry)[]
  ? readonly Settled<Entry>[]
  : T extends object
    ? { readonly [Key in keyof T]: Settled<T[Key]> }
    : T

export type Config = Settled<ReturnType<typeof resolveDocument>>

export type AccountSettings = Config['accounts'][number]
export type ImapSettings = AccountSettings['imap']
export type Server = AccountSettings['smtp']
export type OAuth2Settings = NonNullable<Server['oauth2']>
export type Category = AccountSettings['categories'][number]
type RepliesSettings = AccountSettings['replies']
/** `draft`: saved in \Drafts. `review`: held for a person in replyd. `send`: sent when the policy allows it. */
export type ReplyMode = RepliesSettings['mode']
export type LookupSettings = AccountSettings['lookups'][number]
export type AnswerSettings = AccountSettings['answers'][number]
export type SpamSettings = AccountSettings['spam']

/** The top-level model serves every task that names no other. */
export type ModelChoice = Config['model']
/** One model at one endpoint. */
export type ModelSettings = ModelChoice['tasks']['triage']
/** What a model is asked to do. Each task may have a separate model. */
export type ModelTask = keyof ModelChoice['tasks']

export type WebhookSettings = Config['webhooks'][number]
