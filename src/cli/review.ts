/** The commands that show replies and mails, through the running daemon. */
import { unbroken, wrapped } from '../base/columns.ts'
import {
  type Disposition,
  outcomeNow,
  type ReplyState,
  replyStateWords,
  type Stage,
  stageWords,
} from '../base/dispositions.ts'
import {
  actorName,
  type ClaimKind,
  claimWords,
  decisionWords,
  labelOf,
  type Reason,
  type SetbackReason,
  sentenceOf,
  setbackWords,
} from '../base/reasons.ts'
import type { UsageRow } from '../store/statistics.ts'
import { type ApiClient, openApi } from './api-client.ts'
import { asRefusal, UsageError } from './failure.ts'
import { clockTime } from './plain-lines.ts'
import { dollars, fittedTable, whole } from './table.ts'
import {
  columnsOf,
  type ExitStatus,
  printable,
  type Terminal,
  tableColumnsOf,
  writeLine,
} from './terminal.ts'

export interface ReviewOptions {
  config?: string
  json?: boolean
  /** Skips the question. */
  yes?: boolean
  search?: string
  by?: string
  account?: string
  /** The new text for an edit. */
  text?: string
  file?: string
  from?: string
  since?: string
  until?: string
  cursor?: string
  limit?: string
  disposition?: string
}

export interface Listed {
  id: string
  account?: string
  from: string | null
  subject: string | null
  arrivedAt?: string
  disposition: Disposition
  reason: Reason
  detail?: string | null
  /** Why its step failed or has to wait; null when neither is the case. */
  lastError?: string | null
  dueAt?: string
  verdict?: { summary?: string } | null
  reply: {
    state: ReplyState
    text?: string
    version?: string
    to?: string
    claims?: { claim: string; kind: ClaimKind }[]
    holdReasons?: { because: string }[]
  } | null
  text?: string | null
  attachments?: { name: string; reading: string }[]
  events?: { at: string; step: Stage; disposition: Disposition; reason: Reason; actor: string }[]
}

/** The most that the daemon lists in one answer. */
const pageLength = 500

/** Lists what that path returns: everything that waits, or `limit` of all mails or of junk (50 by default). */
export async function list(path: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const { account, from, since, until } = options
  const disposition = path === '/junk' ? 'filed,marked' : options.disposition
  const isReplies = path === '/replies'
  const place = isReplies ? '/replies' : '/mails'
  const most = wantedCount(path, options)
  const api = openApi(options.config, terminal)
  const found: Listed[] = []
  for (let full = true, cursor = options.cursor; full && found.length < most; cursor = found.at(-1)?.id) {
    const limit = Math.min(pageLength, most - found.length)
    const page = await api.get<Listed[]>(place, {
      q: options.search,
      show: isReplies ? 'all' : undefined,
      ...{ account, from, since, until, disposition, limit: String(limit), cursor },
    })
    found.push(...page)
    full = page.length === limit
  }
  if (options.json) return print(terminal, JSON.stringify(found))
  const none = isReplies ? 'No reply waits for you.' : 'No mail.'
  if (found.length === 0) return print(terminal, none)
  return print(terminal, listText(found, tableColumnsOf(terminal.stdout), await pausedAmong(found, api)))
}

/** Accounts of approved replies for which sending is paused. */
async function pausedAmong(mails: readonly Listed[], api: ApiClient): Promise<ReadonlySet<string>> {
  if (mails.every(({ disposition }) => disposition !== 'approved')) return new Set()
  const accounts = await api.get<{ account: string; paused: boolean }[]>('/accounts')
  return new Set(accounts.flatMap(({ account, paused }) => (paused ? [account] : [])))
}

/** @throws UsageError */
function wantedCount(path: string, { limit }: ReviewOptions): number {
  if (limit === undefined) return path === '/replies' ? Number.POSITIVE_INFINITY : 50
  if (limit === 'all') return Number.POSITIVE_INFINITY
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new UsageError('--limit takes a number, or all')
  return Number(limit)
}

/** @param columns width of the terminal @param paused accounts */
export function listText(
  mails: readonly Listed[],
  columns = 80,
  paused: ReadonlySet<string> = new Set(),
): string {
  const ids = mails.map(({ id }) => id)
  const shown = Number.isFinite(columns) ? shortIds(ids) : ids
  const rows = mails.map(({ account = '', arrivedAt, from, subject, disposition, reason }, at) => ({
    id: shown[at] ?? '',
    arrived: arrivedAt === undefined ? '' : dayAndTime(new Date(arrivedAt)),
    from: from ?? '',
    subject: subject ?? '',
    outcome: outcomeNow(disposition, paused.has(account)),
    // On a narrow terminal only `show` and --json give the reason.
    ...(columns < widthForReasons ? {} : { reason: labelOf(reason) }),
  }))
  return fittedTable(rows, columns, { whole: ['id', 'arrived', 'outcome'] })
}

const widthForReasons = 110

/** `11-28 15:02`, in the time zone of this machine. */
export const dayAndTime = (at: Date): string => {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockTime(at)}`
}

/** Shorter prefixes distinguish little, because ids begin with the time. */
const shortest = 8

/** Each id, shortened to a prefix that is unique in the list. */
export function shortIds(ids: readonly string[]): string[] {
  const length = (id: string) => {
    const shared = ids.map((other) => (other === id ? 0 : sharedLength(id, other)))
    return Math.max(shortest, 1 + Math.max(0, ...shared))
  }
  const most = Math.max(0, ...ids.map(length))
  return ids.map((id) => id.slice(0, most))
}

function sharedLength(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

const wholeId = /^[0-9a-z]{26}$/

/**
 * The id with that prefix, among waiting mails and the newest ones.
 * @throws Error when there is none; UsageError when there are several
 */
export async function idBeginning(api: ApiClient, given: string): Promise<string> {
  const beginning = given.toLowerCase()
  if (wholeId.test(beginning) || !/^[0-9a-z]{4,}$/.test(beginning)) return given
  const limit = String(pageLength)
  const pages = await Promise.all([
    api.get<Listed[]>('/replies', { show: 'all', limit }),
    api.get<Listed[]>('/mails', { limit }),
  ])
  const found = new Set(pages.flat().flatMap(({ id }) => (id.startsWith(beginning) ? [id] : [])))
  const [first] = found
  if (first === undefined)
    throw asRefusal(new Error(`no mail has an id that begins with ${given}`), { error: 'not-found' })
  if (found.size > 1) throw new UsageError(`${found.size} ids begin with ${given}: give more of it`)
  return first
}

/** @param path with `{id}` instead of the id */
async function pathOf(api: ApiClient, path: string, id: string): Promise<string> {
  return path.replace('{id}', encodeURIComponent(await idBeginning(api, id)))
}

/** One mail with its reply, or with everything decided about it. @param path with `{id}` */
export async function show(
  path: string,
  id: string,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const mail = await api.get<Listed>(await pathOf(api, path, id))
  if (options.json) return print(terminal, JSON.stringify(mail))
  const paused = (await pausedAmong([mail], api)).has(mail.account ?? '')
  return print(terminal, showText(mail, columnsOf(terminal.stdout), paused))
}

const againAt = (dueAt: string | undefined) =>
  dueAt === undefined ? 'at once' : `at ${dueAt.slice(0, 16).replace('T', ' ')} UTC`

/** @param paused whether the mail's account is paused */
export function showText(mail: Listed, columns = 80, paused = false): string {
  const head = [
    mail.subject ?? '(no subject)',
    `from ${mail.from ?? 'nobody'}: ${decisionWords(mail.disposition, mail.reason, paused)}`,
    ...(mail.verdict?.summary ? [`About: ${mail.verdict.summary}`] : []),
    ...(mail.lastError ? [`last failure: ${mail.lastError}; tried again ${againAt(mail.dueAt)}`] : []),
  ]
  const reply =
    mail.reply?.text === undefined
      ? withoutReply(mail)
      : `${earlier(mail)}Reply to ${mail.reply.to} (${replyStateWords(mail.reply.state)}):\n\n${mail.reply.text}`
  const files = (mail.attachments ?? []).map(({ name, reading }) => `Attachment ${name}: ${reading}`)
  const parts = [head.join('\n'), unbroken(mail.text ?? ''), files.join('\n'), reply, doubts(mail.reply)]
  const blocks = parts.filter((part) => part !== '').map((part) => wrapped(part, columns).join('\n'))
  return [...blocks, ...timeline(mail.events ?? [], columns)].join('\n\n')
}

/** What each step found, one below the other. */
function timeline(events: NonNullable<Listed['events']>, columns: number): string[] {
  const lines = events.map(({ at, step, disposition, reason, actor }) => {
    const when = `${at.slice(0, 16).replace('T', ' ')}  ${stageWords(step).padEnd(10)}  `
    const by = actor === 'replyd' ? '' : ` (${actorName(actor)})`
    // A step that decided nothing passed the mail on.
    const words = disposition === 'pending' ? sentenceOf(reason) : decisionWords(disposition, reason)
    const room = Math.max(20, columns - when.length)
    return wrapped(`${words}${by}`, room)
      .map((line, number) => (number === 0 ? `${when}${line}` : `${' '.repeat(when.length)}${line}`))
      .join('\n')
  })
  return lines.length === 0 ? [] : [lines.join('\n')]
}

/** What a person should look at before approving: why it waits, and what no source states. */
function doubts(reply: Listed['reply']): string {
  const held = (reply?.holdReasons ?? []).map(({ because }) => `Waits: ${because}`)
  const claims = (reply?.claims ?? []).map(({ claim, kind }) => `${claimWords(kind)} ${claim}`)
  return [...held, ...claims].join('\n')
}

/** When asked to rewrite, the model wrote nothing. */
function earlier({ reason, detail }: Listed): string {
  if (reason !== 'rewrite-without-text') return ''
  const lines = [sentenceOf(reason), detail]
  return `${lines.filter(Boolean).join('\n')}\n\n`
}

/** For a mail left to a person: what it is about, and what the model did not know. */
function withoutReply({ reason, detail, verdict }: Listed): string {
  if (reason !== 'needs-person') return 'No reply.'
  const lines = [`No reply. ${sentenceOf(reason)}`, verdict?.summary, detail]
  return [...new Set(lines.filter(Boolean))].join('\n')
}

export async function usage(options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const found = await openApi(options.config, terminal).get<UsageRow[]>('/usage', { by: options.by })
  if (options.json) return print(terminal, JSON.stringify(found))
  const rows = found.map(({ key, calls, inputTokens, cachedTokens, outputTokens, cost }) => ({
    [options.by ?? 'day']: key,
    calls: whole(calls),
    'tokens in': whole(inputTokens),
    'of them cached': whole(cachedTokens),
    'tokens out': whole(outputTokens),
    cost: dollars(cost),
  }))
  const right = ['calls', 'tokens in', 'of them cached', 'tokens out', 'cost']
  const text = fittedTable(rows, tableColumnsOf(terminal.stdout), { right })
  return print(terminal, rows.length === 0 ? 'The model has not been asked yet.' : text)
}

interface Autonomy {
  account: string
  category: string
  streak: number
  needed: number
  offered: boolean
  granted: boolean
  grantedBy: string | null
  takenBack: { reason: SetbackReason; at: string } | null
}

/** How close each category is to automatic sending, and what is granted. */
export async function autonomy(options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const categories = await openApi(options.config, terminal).get<Autonomy[]>('/autonomy')
  if (options.json) return print(terminal, JSON.stringify(categories))
  const rows = categories.map(({ account, category, streak, needed, takenBack, ...rest }) => ({
    account,
    category,
    'in a row': `${streak}/${needed}`,
    state: rest.granted
      ? `sends automatically (${rest.grantedBy})`
      : rest.offered
        ? 'offered'
        : 'waits for you',
    revoked: takenBack ? `${setbackWords(takenBack.reason)}, ${takenBack.at.slice(0, 16)}` : '',
  }))
  const text = fittedTable(rows, tableColumnsOf(terminal.stdout), { whole: ['state'] })
  return print(terminal, rows.length === 0 ? 'No category has a draft yet.' : text)
}

export async function print({ stdout }: Terminal, text: string): Promise<ExitStatus> {
  await writeLine(stdout, printable(text))
  return 0
}
