/** What the MCP server asks of replyd: its JSON API, in this process or through HTTP, and the shape of its answers. */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import type { Reason } from '../base/reasons.ts'

/** Paths are below /api. Rejects with an Error whose message is for a person when the API refuses. */
export interface Port {
  get<T>(path: string, query?: Record<string, string | undefined>): Promise<T>
  post<T>(path: string, body?: Record<string, unknown>): Promise<T>
}

/** Of a token; `admin` includes the others. */
export type Scope = 'read' | 'decide' | 'metrics' | 'admin'

export interface Served {
  port: Port
  /** Of the caller. */
  scopes: readonly Scope[]
  /** Random text that nobody can guess, a new one at each call. */
  newSalt: () => string
}

export interface Explained {
  reason: Reason
  because: string
}

export interface ListedMail extends Explained {
  id: string
  account: string
  from: string | null
  fromName: string | null
  subject: string | null
  /** ISO 8601. */
  arrivedAt: string
  step: Stage
  disposition: Disposition
  detail: string | null
  verdict: { summary?: unknown; category?: unknown } | null
  reply: { state: ReplyState; holdReasons: Explained[]; sendAfter: string | null } | null
}

export interface WholeReply {
  state: ReplyState
  to: string
  subject: string
  text: string
  /** By a person, after it was checked. */
  edited: boolean
  version: string
  holdReasons: Explained[]
  claims: { claim?: unknown; kind?: unknown }[]
  sources: { file?: unknown; heading?: unknown; text?: unknown }[]
  sendAfter: string | null
  actor: string | null
}

export interface WholeMail extends Omit<ListedMail, 'reply'> {
  lastError: string | null
  dueAt: string | null
  /** Null once it is removed. */
  text: string | null
  reply: WholeReply | null
  events: (Explained & {
    at: string
    step: Stage
    disposition: Disposition
    detail: string | null
    actor: string
  })[]
  changes: { at: string; actor: string; diff: string | null }[]
  calls: { at: string; step: Stage; model: string; cost: number }[]
}
