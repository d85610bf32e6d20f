import type { Moment } from '../moment.ts'
import { daemonMoments } from './daemon.ts'
import { imapMoments } from './imap.ts'
import { machineMoments } from './machines.ts'
import { mailboxMoments } from './mailbox.ts'
import { modelMoments } from './model.ts'
import { redisMoments } from './redis.ts'
import { smtpMoments } from './smtp.ts'
import { storeMoments } from './store.ts'
import { writeMoments } from './writes.ts'

export const moments: readonly Moment[] = [
  ...imapMoments,
  ...smtpMoments,
  ...modelMoments,
  ...redisMoments,
  ...storeMoments,
  ...daemonMoments,
  ...mailboxMoments,
  ...machineMoments,
  ...writeMoments,
]
