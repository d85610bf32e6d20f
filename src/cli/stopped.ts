/** The status while no daemon runs: what its store says, and what to do. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cutToWidth } from '../base/columns.ts'
import { silentLog } from '../base/log.ts'
import type { Config } from '../config/settings.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { readHolder } from '../store/lock.ts'
import { waitingCounts } from '../store/review-lists.ts'
import { latestArrivals } from '../store/statistics.ts'
import { calledAs } from './called.ts'
import { dayAndTime } from './review.ts'
import { columnsOf, type ExitStatus, printable, type Terminal, waiting, writeLine } from './terminal.ts'

interface Left {
  /** By account; null when none has arrived since the account was added. */
  accounts: { account: string; lastMail: Date | null }[]
  /** Replies that wait for a person. */
  waiting: number
  /** Replies that are approved, and go out after the start. */
  sending: number
}

/** Exit status 1, because replyd should be running and is not. */
export async function stoppedStatus(config: Config, json: boolean, terminal: Terminal): Promise<ExitStatus> {
  const reading = leftIn(config).catch(() => null)
  const left = await waiting(reading, 'reading the store', json ? undefined : terminal)
  const text = json
    ? JSON.stringify({ running: false, ok: false, ...(left ?? { accounts: null }) })
    : stoppedText(config, left, terminal)
  await writeLine(terminal.stdout, text)
  return 1
}

function stoppedText({ accounts }: Config, left: Left | null, { environment, stdout }: Terminal): string {
  const replyd = calledAs(environment)
  const addresses = accounts.map(({ owner }) => owner.address)
  const state = [
    ...(left?.accounts ?? []).map(({ account, lastMail }) => {
      const when = lastMail === null ? 'no mail has arrived yet' : `last mail ${dayAndTime(lastMail)}`
      return cutToWidth(`  – ${printable(account, true)}  ${when}`, columnsOf(stdout))
    }),
    ...(left?.waiting ? [`${countOf(left.waiting, 'reply waits', 'replies wait')} for you.`] : []),
    ...(left?.sending
      ? [`${countOf(left.sending, 'approved reply goes', 'approved replies go')} out once it is started.`]
      : []),
  ]
  return `replyd is set up for ${printable(addresses.join(', '))}, but is not running here.
${state.map((line) => `${line}\n`).join('')}Start it:          ${replyd} start
Check everything:  ${replyd} doctor
All commands:      ${replyd} --help`
}

const countOf = (found: number, one: string, several: string) => `${found} ${found === 1 ? one : several}`

/** Null when there is no store yet, or somebody has it open. */
async function leftIn({ state, accounts }: Config): Promise<Left | null> {
  const { databaseUrl, directory } = state
  const isFree =
    existsSync(join(directory, 'pglite', 'PG_VERSION')) && readHolder(join(directory, 'lock')) === null
  if (databaseUrl === null && !isFree) return null
  await using db: Database = await openDatabase(state, silentLog, { asItIs: true })
  const [arrivals, counts] = [await latestArrivals(db), await waitingCounts(db)]
  return {
    accounts: accounts.map(({ owner }) => ({
      account: owner.address,
      lastMail: arrivals.get(owner.address) ?? null,
    })),
    waiting: counts.all - counts.sending,
    sending: counts.sending,
  }
}
