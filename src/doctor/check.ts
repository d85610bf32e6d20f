/** The result of one check, in words for the owner. */
export interface Check {
  readonly name:
    | 'configuration'
    | 'imap'
    | 'capabilities'
    | 'mailboxes'
    | 'smtp'
    | 'sending'
    | 'forgery'
    | 'model'
    | 'queue'
    | 'state'
  /** Address of the account; null if shared by all. */
  readonly account: string | null
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do; null if nothing. */
  readonly advice: string | null
}

type Verdict = Pick<Check, 'status' | 'detail' | 'advice'>

export const passed = (detail: string): Verdict => ({ status: 'ok', detail, advice: null })
export const warned = (detail: string, advice: string): Verdict => ({ status: 'warning', detail, advice })
export const failed = (detail: string, advice: string): Verdict => ({ status: 'failed', detail, advice })
export type { Verdict }
