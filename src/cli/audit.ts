import { systemClock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import { exchange, type HttpAnswer, TimeLimitError } from '../base/http.ts'
import { silentLog } from '../base/log.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import { openImapAccount } from '../imap/imap.ts'
import {
  type Audit,
  type AuditedAccount,
  audit as auditAccounts,
  type MailboxAudit,
} from '../observe/audit.ts'
import { openDatabase } from '../store/database.ts'
import { accessLeft } from './api-client.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface AuditOptions {
  config?: string
  json?: boolean
}

const withinMs = 120_000
/** Octets: each missed mail is named. */
const mostOctets = 67_108_864

/** Compares every mailbox with the ledger. Exit status 1 when a mail was missed or a mailbox could not be checked. */
export async function audit(options: AuditOptions, terminal: Terminal): Promise<ExitStatus> {
  const config = readConfig(options.config, terminal)
  const report = (await askDaemon(config)) ?? (await auditDirectly(config))
  if (options.json) await writeLine(terminal.stdout, JSON.stringify(report))
  else for (const each of report.mailboxes) await writeLine(terminal.stdout, linesOf(each))
  return report.ok ? 0 : 1
}

/** Null when no daemon runs here. */
async function askDaemon({ state }: Config): Promise<Audit | null> {
  const access = accessLeft(state.directory)
  if (access === null) return null
  const { url, token } = access
  let answer: HttpAnswer
  try {
    answer = await exchange(new URL('/api/audit', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      mostOctets,
      withinMs,
    })
  } catch (error) {
    // The daemon is running but busy: do not open its store as well.
    if (error instanceof TimeLimitError) throw error
    return null
  }
  if (answer.status !== 200) throw new Error(`the daemon answered HTTP ${answer.status} to /api/audit`)
  return JSON.parse(answer.body.toString()) as Audit
}

/** @throws ConfigError when a daemon without web pages has the embedded store open */
async function auditDirectly(config: Config): Promise<Audit> {
  if (config.accounts.some(({ imap }) => imap.oauth2 !== null)) {
    throw new ConfigError('An account that signs in with OAuth2 is audited by the daemon: start it first')
  }
  await using db = await openDatabase(config.state, silentLog)
  const accounts = new Map(config.accounts.map((settings) => [settings.owner.address, openAccount(settings)]))
  try {
    return await auditAccounts({ db, accounts })
  } finally {
    await Promise.all([...accounts.values()].map(({ imap }) => imap[Symbol.asyncDispose]()))
  }
}

function openAccount(settings: AccountSettings): AuditedAccount {
  const surroundings = { log: silentLog, clock: systemClock, random: Math.random }
  return { settings, imap: openImapAccount(settings, surroundings) }
}

function linesOf({ account, mailbox, missed, error, ...counts }: MailboxAudit): string {
  const { arrived, handled, pending, uncertain } = counts
  const numbers = `arrived ${arrived}, handled ${handled}, pending ${pending}, uncertain ${uncertain}, missed ${missed.length}`
  const names = missed.map(({ uid, uidValidity }) => `  missed: UID ${uid} (UIDVALIDITY ${uidValidity})`)
  const failure = error === null ? [] : [`  could not be checked: ${printable(error, true)}`]
  return [`${printable(account, true)} ${printable(mailbox, true)}: ${numbers}`, ...names, ...failure].join(
    '\n',
  )
}
