/** The bench's requirements for a mail server, however it was started. */
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
  /** Null where it wants no login. */
  login: { user: string; password: string } | null
}

/** Where every SMTP server of the bench hands its mail on to: a recording server of ours. */
export interface Sink {
  port: number
}

export const owner = { user: 'owner', address: 'owner@replyd.test', password: 'owner-secret' }
