/** The result of parsing the configuration: plain readonly values, durations in milliseconds, money in US dollars. */
import type { DraftDespite, Owner } from '../mail/account.ts'

/** `draft`: saved in \Drafts. `review`: held for a person in replyd. `send`: sent when the policy allows it. */
export type ReplyMode = 'draft' | 'review' | 'send'

export interface Server {
  readonly host: string
  readonly port: number
  /** TLS from the first octet; false means STARTTLS (or plain text if the account allows it). */
  readonly secure: boolean
  readonly user: string
  readonly password: string
  /** If set, OAuth2 access tokens are used instead of the password. */
  readonly oauth2: OAuth2Settings | null
  /** Plain text is refused except on loopback, unless this is true. */
  readonly allowPlaintext: boolean
  /** A relay on loopback without its own login settings: it may offer no login. */
  readonly loginOptional?: boolean
  /** Certificates of a private authority, PEM; absent: public authorities only. */
  readonly caFile?: string
}

export interface OAuth2Settings {
  readonly provider: 'google' | 'microsoft' | 'custom'
  readonly clientId: string
  readonly clientSecret: string | null
  readonly tokenUrl: string
  readonly deviceUrl: string | null
  readonly authorizeUrl: string | null
  readonly scopes: readonly string[]
}

export interface ImapSettings extends Server {
  /** Poll interval in milliseconds in addition to IDLE, as a safety net. */
  readonly pollMs: number
}

export interface AccountSettings {
  /** The account's address is its name in the store and the API. */
  readonly owner: Owner
  readonly imap: ImapSettings
  readonly smtp: Server
  /** The watched mailbox. */
  readonly mailbox: string
  /** Special-use mailboxes named by the owner; null: found by special-use (RFC 6154). */
  readonly mailboxes: {
    readonly drafts: string | null
    readonly sent: string | null
    readonly junk: string | null
  }
  /** What to do with existing mail: `now` nothing, `all` everything, a number: up to that age, in milliseconds. */
  readonly since: 'now' | 'all' | number
  /** null: decided by provider and by checking (docs/rules.md section 6). */
  readonly sentCopy: boolean | null
  readonly replies: RepliesSettings
  readonly spam: SpamSettings
  readonly categories: readonly Category[]
  /** Domains of forwarders whose ARC seals are believed (RFC 8617), lower case. */
  readonly arcSealers: readonly string[]
  /** Extra instructions of the owner for compose, plain text. */
  readonly instructions: string
  /** Folder of Markdown/text files; null for none. */
  readonly knowledge: string | null
  /** Folder of prompt files. */
  readonly prompts: string
  /** US dollars per day for this account; null: only the overall cap. */
  readonly budgetPerDay: number | null
}

export interface Category {
  readonly name: string
  readonly description: string
  /** Overrides replies.mode for this category. */
  readonly mode: ReplyMode | null
}

export interface RepliesSettings {
  readonly mode: ReplyMode
  /** Used for replies in languages without their own signature; empty: none. */
  readonly signature: string
  /** By language (BCP 47 primary tag). */
  readonly signatures: Readonly<Record<string, string>>
  /**
   * Which replies are checked by meaning with one more call: those to be sent automatically, every draft, or none.
   */
  readonly check: 'send' | 'always' | 'never'
  /** Marks despite which drafts are written in modes draft and review; see Owner. */
  readonly draftDespite: readonly DraftDespite[]
  /** A draft with a doubt carries a keyword in \Drafts. */
  readonly flagDoubts: boolean
  /** How long the same text is not sent to the same address again, in milliseconds. */
  readonly intervalMs: number
  /** Delay between approval and sending, milliseconds. */
  readonly undoMs: number
  /** `flag`: flagging a draft or moving it to `Approved` approves it. */
  readonly approve: 'off' | 'flag'
  readonly html: boolean
  readonly quote: 'none' | 'short'
  /** The line that marks automatically sent mail; null: replyd's default, in the reply's language; empty: none. */
  readonly disclosure: string | null
  /** The line below it that says how to reach a person; as above. */
  readonly humanLine: string | null
  /** Below this confidence (0-1) a reply waits for a person. */
  readonly minConfidence: number
  /** When replies may be sent automatically, in budget.timeZone; null: always. */
  readonly businessHours: readonly OpenHours[] | null
  /** Language of summaries (BCP 47). */
  readonly ownerLanguage: string
}

/** Minutes after midnight; `to` is exclusive. */
export interface OpenHours {
  /** 0 is Sunday. */
  readonly days: readonly number[]
  readonly from: number
  readonly to: number
}

export interface SpamSettings {
  readonly action: 'move' | 'mark' | 'none'
  /** Confidence from which spam is filed, 0-1. */
  readonly threshold: number
  /** Addresses or domains that are never spam / always spam. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** The tasks of a model. Each may use a different model. */
export type ModelTask = 'triage' | 'compose' | 'check'

/** One model at one endpoint. */
export interface ModelSettings {
  readonly name: string
  readonly baseUrl: string
  /** Where the endpoint is: the OpenAI API, the owner's own machine or private network, or elsewhere. */
  readonly host: 'openai' | 'own' | 'other'
  readonly apiKey: string
  /** Whole-request deadline in milliseconds. */
  readonly timeoutMs: number
  /** Maximum concurrent calls. */
  readonly concurrency: number
  /** Dollars per million tokens; null: the built-in table, or free on the owner's machine. */
  readonly price: { readonly input: number; readonly cachedInput: number; readonly output: number } | null
  /**
   * How JSON is requested first: `object` is JSON mode, `schema` a JSON Schema; null: whatever suits the endpoint.
   */
  readonly json: 'object' | 'schema' | null
  /** Context length in tokens; null: from the built-in table, or as stated by the endpoint. */
  readonly contextTokens: number | null
  /** As in Server. */
  readonly caFile?: string
}

/** The model itself is used for every task that names no other. */
export interface ModelChoice extends ModelSettings {
  /** Name of the model that takes over when OpenAI retires the current one; null: none. */
  readonly successor: string | null
  readonly tasks: Readonly<Record<ModelTask, ModelSettings>>
  /** Answers while the model of a task is down; null: mail waits. */
  readonly fallback: ModelSettings | null
}

export interface DigestSettings {
  /** Minutes after midnight in budget.timeZone. */
  readonly atMinute: number
  /** null: each account's own address. */
  readonly to: string | null
}

export interface WebSettings {
  readonly host: string
  readonly port: number
  /** scrypt hash of the login password; null: login is not needed (loopback only). */
  readonly passwordHash: string | null
  /** Bearer token of the API; null: created at start and written to the state directory. */
  readonly token: string | null
  /** Base32 secret of the second factor; null: the password alone opens the pages. */
  readonly totpSecret: string | null
  /** Addresses and networks (`10.0.0.0/8`) of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
}

/** Where events are sent. */
export interface WebhookSettings {
  readonly url: string
  /** Signs the events. */
  readonly secret: string
  readonly events: readonly ('reply.held' | 'reply.sent' | 'mail.junked' | 'budget.reached')[]
}

export interface Config {
  readonly accounts: readonly AccountSettings[]
  readonly model: ModelChoice
  readonly budget: { readonly perDay: number; readonly timeZone: string }
  /** The daily mail to the owner; null: none. */
  readonly digest: DigestSettings | null
  readonly web: WebSettings
  readonly webhooks: readonly WebhookSettings[]
  readonly state: {
    /** Holds PGlite, the lock and the API token. */
    readonly directory: string
    readonly databaseUrl: string | null
    readonly redisUrl: string | null
    /** Encrypts OAuth2 sign-ins; null: a key file in the directory does. */
    readonly key: string | null
    /** Bodies older than this are removed, milliseconds; null: kept. */
    readonly keepMs: number | null
  }
  /** `traces`: base URL of an OpenTelemetry collector; null: none. */
  readonly log: { readonly level: string; readonly traces: string | null }
}
