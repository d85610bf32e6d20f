import type { Say, Terminal } from '../terminal.ts'
import type { Asker } from './asker.ts'
import type { Network } from './discover.ts'
import type { Texts } from './files.ts'

export interface InitOptions {
  address?: string
  imap?: string
  smtp?: string
  user?: string
  clientId?: string
  /** File with the certificate of the authority of the mail servers. */
  ca?: string
  model?: string
  /** Of the model, up to /v1. */
  baseUrl?: string
  folder: string
  yes?: boolean
  force?: boolean
  /** Forgets the answers of an init that was stopped. */
  fresh?: boolean
  check: boolean
}

/** What every part of init is given. */
export interface Talk {
  options: InitOptions
  /** Absolute. */
  folder: string
  asker: Asker
  say: Say
  network: Network
  terminal: Terminal
}

/** `no sign-in`: it waits for the OAuth2 sign-in. `no model`: the owner chooses one later. */
export type State = 'sound' | 'faulty' | 'no sign-in' | 'no model' | 'untried'

export interface Tried {
  texts: Texts
  state: State
}
