/** The status of a running daemon, the address of its page, its log, and `replyd reload`. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { cutToWidth, painter, wrapped } from '../base/columns.ts'
import { ConfigError } from '../base/errors.ts'
import { accountLabel } from '../base/log.ts'
import { programVersion } from '../base/package.ts'
import { actorName } from '../base/reasons.ts'
import type { Change, Changes } from '../config/changes.ts'
import { type ApiClient, accessFileOf, accessLeft, isUnavailable, openApi } from './api-client.ts'
import { asCalled, calledAs } from './called.ts'
import { UsageError } from './failure.ts'
import { logFileOf } from './log-file.ts'
import { logLine } from './plain-lines.ts'
import { dayAndTime, type Listed } from './review.ts'
import { readPlace } from './settings.ts'
import { columnsOf, type ExitStatus, hasColours, printable, type Terminal, writeLine } from './terminal.ts'

interface RunningOptions {
  config?: string
  json?: boolean
}

interface AccountState {
  account: string
  paused: boolean
  pausedBy?: string | null
  pausedAt?: string | null
  stopped: string | null
}

interface Part {
  name: string
  ok: boolean
  /** A person asked for it, so it is not a fault. */
  paused?: true
  words: string
}

export interface Status {
  running: true
  version: string
  url: string
  ok: boolean
  parts: Part[]
  /** Replies that wait for a person. */
  waiting: number
  /** Replies that are approved and about to go out. */
  sending: number
  /** Replies that are approved and go out when their account is resumed. */
  paused: number
  /** Mails whose next step is still to come, at most 500. */
  pending: number
  /** US dollars of today. */
  spent: number
}

/** Exit status 1 when something is not in order. */
export async function status(options: RunningOptions, terminal: Terminal): Promise<ExitStatus> {
  const found = await runningStatus(options, terminal)
  if (found === null) return 1
  const text = options.json ? JSON.stringify(found) : statusText(found, terminal)
  await writeLine(terminal.stdout, text)
  return found.ok ? 0 : 1
}

/** Null if no daemon runs here, which is printed. @throws when none is set up here, or one elsewhere does not answer */
async function runningStatus({ config, json }: RunningOptions, terminal: Terminal): Promise<Status | null> {
  try {
    return await statusOf(openApi(config, terminal))
  } catch (error) {
    const own =
      isUnavailable(error) && !terminal.environment.REPLYD_URL ? readPlace(config, terminal).config : null
    if (own === null) throw error
    await (await import('./stopped.ts')).stoppedStatus(own, json === true, terminal)
    return null
  }
}

async function statusOf(api: ApiClient): Promise<Status> {
  const [health, accounts, open, pending, usage] = await Promise.all([
    api.health(),
    api.get<AccountState[]>('/accounts'),
    api.get<Listed[]>('/replies', { show: 'all', limit: '500' }),
    api.get<Listed[]>('/mails', { disposition: 'pending', limit: '500' }),
    api.get<{ key: string; cost: number }[]>('/usage', { by: 'day', since: dayOf(new Date()) }),
  ])
  const mailboxes = accounts.map((account) => mailboxPart(account, health.parts))
  const others = ['model', 'store', 'queue', 'budget'].flatMap((name) => {
    const words = health.parts[name]
    return words === undefined ? [] : [{ name, ok: words === 'ok', words }]
  })
  const parts = [...mailboxes, ...others]
  const stopped = new Set(accounts.flatMap(({ account, paused }) => (paused ? [account] : [])))
  const approved = open.filter(({ disposition }) => disposition === 'approved')
  const paused = approved.filter(({ account = '' }) => stopped.has(account)).length
  return {
    running: true,
    version: programVersion(),
    url: api.url,
    ok: parts.every(({ ok }) => ok),
    parts,
    waiting: open.length - approved.length,
    sending: approved.length - paused,
    paused,
    pending: pending.length,
    spent: usage.reduce((sum, { cost }) => sum + cost, 0),
  }
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

function mailboxPart(
  { account, paused, pausedBy, pausedAt, stopped }: AccountState,
  parts: Record<string, string>,
): Part {
  const watched = parts[`watch ${accountLabel(account)}`] ?? parts[`watch ${account}`]
  if (stopped !== null) return { name: account, ok: false, words: stopped }
  if (paused) {
    const who = pausedBy ? ` by ${actorName(pausedBy)}` : ''
    const since = pausedAt ? ` since ${dayAndTime(new Date(pausedAt))}` : ''
    const words = `paused${who}${since}: nothing is sent until \`replyd resume\``
    return { name: account, ok: true, paused: true, words }
  }
  if (watched === 'waiting') return { name: account, ok: false, words: 'no connection; replyd keeps trying' }
  return { name: account, ok: true, words: watched ?? 'watched by another process' }
}

/** Broken parts first, then those that somebody paused, then those that work. */
const rankOf = ({ ok, paused }: Part) => (ok ? (paused ? 1 : 2) : 0)

/** At most a screenful. */
const mostParts = 16

function statusText(
  { version, url, parts, waiting, sending, paused, pending, spent }: Status,
  terminal: Terminal,
): string {
  const columns = columnsOf(terminal.stdout)
  const paint = painter(hasColours(terminal))
  // Failures come first, so that none is left out.
  const sorted = [...parts].sort((a, b) => rankOf(a) - rankOf(b))
  const widest = Math.min(30, Math.max(...parts.map(({ name }) => name.length)))
  const lines = sorted.slice(0, mostParts).flatMap(({ name, ok, paused, words }) => {
    const mark = paused ? '–' : ok ? paint.green('✓') : paint.red('✗')
    const head = `${mark} ${cutToWidth(printable(name, true), widest).padEnd(widest)}`
    const [first = '', ...rest] = wrapped(
      printable(asCalled(words, terminal.environment), true),
      Math.max(20, columns - widest - 6),
    )
    return [`  ${head}  ${first}`, ...rest.map((line) => `${' '.repeat(widest + 6)}${line}`)]
  })
  const more = parts.length > mostParts ? [`  … and ${parts.length - mostParts} more (--json)`] : []
  const count = (found: number, one: string, several: string) =>
    found === 1 ? `1 ${one}` : `${found === 500 ? '500 or more' : found} ${several}`
  const replyd = calledAs(terminal.environment)
  const underWay = `${count(pending, 'mail is', 'mails are')} not decided yet: ${replyd} mails list`
  const replies = count(waiting, 'reply waits', 'replies wait')
  const leaving = `${count(sending, 'reply is', 'replies are')} approved and about to be sent.`
  const stuck = `${count(paused, 'approved reply waits', 'approved replies wait')} until you resume: ${replyd} resume`
  return [
    `replyd ${version} is running: ${url}`,
    ...lines,
    ...more,
    '',
    ...(pending === 0 ? [] : [underWay]),
    ...(waiting === 0 ? [] : [`${replies} for you: ${replyd} replies list`]),
    ...(sending === 0 ? [] : [leaving]),
    ...(paused === 0 ? [] : [stuck]),
    ...(waiting + sending + paused + pending === 0 ? ['All caught up.'] : []),
    `Spent today: $${spent.toFixed(2)}`,
  ].join('\n')
}

/** Prints the address of the review page, and opens it in a browser if there is one. */
export async function open(options: RunningOptions, terminal: Terminal): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  // The address is useless if nothing listens there.
  await api.health()
  const { url } = api
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ url }) : url)
  if (!options.json) openBrowser(url, terminal.environment, terminal.stdout.isTTY === true)
  return 0
}

/** Best effort: the address is also on the screen. */
export function openBrowser(url: string, environment: Terminal['environment'], atDesk: boolean): void {
  const hasDisplay = process.platform !== 'linux' || environment.DISPLAY || environment.WAYLAND_DISPLAY
  if (!atDesk || !hasDisplay) return
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

/** `replyd` without a command: the daemon's status, or how to start it. */
export async function overview(terminal: Terminal): Promise<ExitStatus> {
  const { directory, config, fault } = readPlace(undefined, terminal)
  const running = accessLeft(directory) !== null
  const found = running ? await statusOf(openApi(undefined, terminal)).catch(() => null) : null
  if (found !== null) {
    await writeLine(terminal.stdout, statusText(found, terminal))
    return found.ok ? 0 : 1
  }
  if (config === null) throw fault
  await (await import('./stopped.ts')).stoppedStatus(config, false, terminal)
  return 0
}

interface LogOptions extends RunningOptions {
  follow?: boolean
  lines: string
}

/** Octets at the end of the file. */
const longestTail = 1_000_000
/** Of pino. */
const info = 30

/** The log that a daemon at a terminal, or a service on a Mac, writes into its state directory. */
export async function logs(options: LogOptions, terminal: Terminal): Promise<ExitStatus> {
  const { directory, config, fault } = readPlace(options.config, terminal)
  const path = logFileOf(directory)
  if (!existsSync(path)) {
    if (fault) throw fault
    throw new UsageError(
      `there is no ${path}: replyd writes it only when it runs in a terminal; otherwise the log goes to standard error. \`replyd service status\` says where a service's log is`,
    )
  }
  if (!/^\d{1,6}$/.test(options.lines)) throw new UsageError('--lines takes a number')
  const addresses = (config?.accounts ?? []).map(({ owner }) => owner.address)
  const show = async (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      const shown = options.json ? line : logLine(line, addresses, info)
      if (shown !== null) await writeLine(terminal.stdout, shown)
    }
  }
  const written = statSync(path)
  // A daemon leaves this file before it logs that it runs.
  const running = statSync(accessFileOf(directory), { throwIfNoEntry: false })
  if (running && running.mtimeMs > written.mtimeMs)
    terminal.stderr.write(
      asCalled(
        'The replyd that runs now logs to standard error. If it is a service, `replyd service status` says where that is.\n',
        terminal.environment,
      ),
    )
  const whole = readFrom(path, Math.max(0, written.size - longestTail))
  const last = whole.text
    .trimEnd()
    .split('\n')
    .slice(-Number(options.lines) || Number.POSITIVE_INFINITY)
  await show(last.join('\n'))
  if (options.follow) await follow(path, whole.end, show)
  return 0
}

/** Until Ctrl+C. A file that has become shorter is a new one. */
async function follow(path: string, from: number, show: (text: string) => Promise<void>): Promise<never> {
  let at = from
  let changed = (): void => undefined
  watch(dirname(path), (_, name) => {
    if (name === basename(path)) changed()
  })
  for (;;) {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 }
    if (size < at) at = 0
    const { text, end } = size > at ? readFrom(path, at) : { text: '', end: at }
    at = end
    await show(text)
    // Some file systems report no changes, so the file is also checked once a second.
    await Promise.race([
      new Promise<void>((resolve) => {
        changed = resolve
      }),
      passed(1000),
    ])
  }
}

/** Whole lines from that octet on. */
function readFrom(path: string, from: number): { text: string; end: number } {
  const descriptor = openSync(path, 'r')
  const octets = Buffer.alloc(Math.min(longestTail, Math.max(0, statSync(path).size - from)))
  const read = readSync(descriptor, octets, 0, octets.length, from)
  closeSync(descriptor)
  const end = octets.subarray(0, read).lastIndexOf(10) + 1
  return { text: octets.subarray(0, end).toString(), end: from + end }
}

/**
 * The running daemon reads its configuration again. Exit status 1 when something needs a restart.
 * @throws ConfigError naming every fault: then nothing has changed
 */
export async function reload(
  options: { config?: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> {
  const changes = await reloaded(options.config, terminal)
  const { stdout } = terminal
  await writeLine(stdout, options.json ? JSON.stringify(changes) : printable(textOf(changes)))
  return changes.refused.length === 0 ? 0 : 1
}

async function reloaded(config: string | undefined, terminal: Terminal): Promise<Changes> {
  try {
    const api: ApiClient = openApi(config, terminal, { warns: false })
    return await api.post<Changes>('/reload')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(
      `${error.message}\nNothing was changed: a running daemon keeps the configuration that it has.`,
      { cause: error, faults: error.faults },
    )
  }
}

function textOf({ changed, refused }: Changes): string {
  if (changed.length + refused.length === 0) return 'Nothing has changed.'
  const used = changed.map((each) => `${nameOf(each)}${valuesOf(each)}`)
  const left = refused.map((each) => `${nameOf(each)}${refusalOf(each)}`)
  return [
    ...(used.length > 0 ? ['In use from now on:', ...used.map((line) => `  ${line}`)] : []),
    ...(left.length > 0 ? ['Needs a restart before it is used:', ...left.map((line) => `  ${line}`)] : []),
  ].join('\n')
}

function nameOf({ where, key, accounts }: Change): string {
  const whose = accounts.length === 0 ? '' : ` of ${accounts.join(', ')}`
  return `${where === '' ? '' : `${where}: `}${key === 'accounts' ? accounts.join(', ') : `${key}${whose}`}`
}

const valuesOf = ({ from, to }: Change): string => (to === undefined ? '' : `: ${to} (was ${from})`)

const refusalOf = ({ key, from }: Change): string =>
  key === 'accounts' ? ` (${from === 'absent' ? 'a new mailbox' : 'a mailbox to be removed'})` : ''
