import { userInfo } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { type Forgotten, forgetCorrespondent } from '../store/forget.ts'
import { UsageError } from './failure.ts'
import { withStore } from './store-access.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface ForgetOptions {
  config?: string
  json?: boolean
}

/**
 * Removes the stored text of a correspondent. Exit status 1 when a reply was being sent: its text is still stored.
 */
export async function forget(
  address: string,
  options: ForgetOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new UsageError(`${address} is not an address`)
  const forgotten = await withStore(options.config, terminal, {
    api: (api) => api.post<Forgotten>('/forget', { address }),
    direct: (db) => forgetCorrespondent(db, address, userInfo().username, systemClock.now()),
  })
  await writeLine(terminal.stdout, options.json ? JSON.stringify(forgotten) : linesOf(forgotten))
  return forgotten.underWay > 0 ? 1 : 0
}

function linesOf({ mails, replies, closed, underWay }: Forgotten): string {
  const lines = [
    `Removed the text of ${mails} mails and ${replies} replies; closed ${closed} that were waiting.`,
    'The mailbox itself was not touched: deleting mail in Inbox, Drafts and Sent is up to you.',
  ]
  if (underWay > 0) lines.push(`${underWay} replies are being sent right now: run this again in a minute.`)
  return lines.join('\n')
}
