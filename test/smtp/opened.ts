import { silentLog } from '../../src/base/log.ts'
import type { Server } from '../../src/config/settings.ts'
import { type Outgoing, openSubmission } from '../../src/smtp/submission.ts'
import type { ScriptedServer } from './scripted-server.ts'

export const settings = (port: number, changes: Partial<Server> = {}): Server => ({
  host: '127.0.0.1',
  port,
  secure: false,
  user: 'me@replyd.test',
  password: 'secret',
  oauth2: null,
  allowPlaintext: false,
  ...changes,
})

export const mail = (changes: Partial<Outgoing> = {}): Outgoing => ({
  octets: Buffer.from('Message-ID: <1@replyd.test>\r\nSubject: Hi\r\n\r\nHello\r\n'),
  reversePath: 'me@replyd.test',
  addressees: ['ann@example.org'],
  smtpUtf8: false,
  automatic: true,
  ...changes,
})

/** Time limits for a working server: only a hang takes this long, even on a busy machine. */
export const timing = { connectMs: 60_000, quietMs: 60_000, loginMs: 60_000, mailMs: 60_000, idleMs: 60_000 }

/** Time limits for a server that never answers, because the test waits until they are over. */
export const impatient = { ...timing, connectMs: 2000, quietMs: 2000, loginMs: 3000, mailMs: 4000 }

export const open = (server: ScriptedServer, changes: Partial<Server> = {}, limits = timing) =>
  openSubmission(settings(server.port, changes), { log: silentLog, timing: limits })

export const big = Buffer.from(`Subject: big\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(100_000)}`)
