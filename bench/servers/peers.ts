/** What the bench needs to know of a mail server, however it was started. */
import type { Daemon } from '../../test/live/servers/daemon.ts'

export interface ImapPeer {
  name: string
  daemon: Daemon
  port: number
  user: string
  password: string
  /** The address that replyd answers for. */
  address: string
}

export interface SmtpPeer {
  name: string
  daemon: Daemon
  port: number
  /** Null if it needs no login. */
  login: { user: string; password: string } | null
}

/** The recording server of the bench, to which every SMTP server forwards its mail. */
export interface Sink {
  port: number
}

export const owner = { user: 'owner', address: 'owner@replyd.test', password: 'owner-secret' }
