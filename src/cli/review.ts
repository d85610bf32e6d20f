/** The commands that review replies, through the running daemon. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutToWidth, padTo, widthOf, wrapped } from '../base/columns.ts'
import {
  type Disposition,
  outcomeOf,
  type ReplyState,
  replyStateWords,
  type Stage,
  stageWords,
} from '../base/dispositions.ts'
import {
  type ClaimKind,
  claimWords,
  decisionWords,
  labelOf,
  type Reason,
  type SetbackReason,
  sentenceOf,
  setbackWords,
} from '../base/reasons.ts'
import { type ApiClient, openApi } from './api-client.ts'
import { UsageError } from './failure.ts'
import { columnsOf, type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

export interface ReviewOptions {
  config?: string
  json?: boolean
  search?: string
  by?: string
  account?: string
  from?: string
  since?: string
  until?: string
  before?: string
  limit?: string
  disposition?: string
}

export interface Listed {
  id: string
  from: string | null
  subject: string | null
  disposition: Disposition
  reason: Reason
  detail?: string | null
  /** Why its step failed, or has to wait; null when it did not. */
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

type Row = Record<string, string | number>

/** What the daemon gives at once. */
const pageLength = 500

/** Lists what that path returns: everything that waits, or `limit` of all mails or of junk (50 by default). */
export async function list(path: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const { account, from, since, until } = options
  const disposition = path === '/junk' ? 'filed,marked' : options.disposition
  const [place, key] = path === '/replies' ? ['/replies', 'after'] : ['/mails', 'before']
  const most = wantedCount(path, options)
  const api = openApi(options.config, terminal)
  const found: Listed[] = []
  for (let full = true, last = options.before; full && found.length < most; last = found.at(-1)?.id) {
    const limit = Math.min(pageLength, most - found.length)
    const page = await api.get<Listed[]>(place, {
      q: options.search,
      ...{ account, from, since, until, disposition, limit: String(limit), [key]: last },
    })
    found.push(...page)
    full = page.length === limit
  }
  if (options.json) return print(terminal, JSON.stringify(found))
  return print(terminal, listText(found, columnsOf(terminal.stdout)))
}

/** @throws UsageError */
function wantedCount(path: string, { limit }: ReviewOptions): number {
  if (limit === undefined) return path === '/replies' ? Number.POSITIVE_INFINITY : 50
  if (limit === 'all') return Number.POSITIVE_INFINITY
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new UsageError('--limit takes a number, or all')
  return Number(limit)
}

/** @param columns width of the terminal */
export function listText(mails: readonly Listed[], columns = 80): string {
  const shown = shortIds(mails.map(({ id }) => id))
  const rows = mails.map(({ from, subject, disposition, reason }, at) => ({
    id: shown[at] ?? '',
    from: from ?? '',
    subject: subject ?? '',
    outcome: outcomeOf(disposition),
    // On a narrow terminal only `show` and --json give the reason.
    ...(columns < widthForReasons ? {} : { reason: labelOf(reason) }),
  }))
  return table(rows, columns)
}

const widthForReasons = 110

/** Shorter ones say little: ids begin with the time. */
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
 * @throws UsageError when there is none, or several
 */
export async function idBeginning(api: ApiClient, given: string): Promise<string> {
  const beginning = given.toLowerCase()
  if (wholeId.test(beginning) || !/^[0-9a-z]{4,}$/.test(beginning)) return given
  const limit = String(pageLength)
  const pages = await Promise.all([
    api.get<Listed[]>('/replies', { limit }),
    api.get<Listed[]>('/mails', { limit }),
  ])
  const found = new Set(pages.flat().flatMap(({ id }) => (id.startsWith(beginning) ? [id] : [])))
  const [first] = found
  if (first === undefined) throw new UsageError(`no mail has an id that begins with ${given}`)
  if (found.size > 1) throw new UsageError(`${found.size} ids begin with ${given}: give more of it`)
  return first
}

/** @param path with `{id}` in place of the id */
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
  return print(terminal, options.json ? JSON.stringify(mail) : showText(mail, columnsOf(terminal.stdout)))
}

export function showText(mail: Listed, columns = 80): string {
  const head = [
    mail.subject ?? '(no subject)',
    `from ${mail.from ?? 'nobody'}: ${decisionWords(mail.disposition, mail.reason)}`,
    ...(mail.verdict?.summary ? [`About: ${mail.verdict.summary}`] : []),
    ...(mail.lastError ? [`last failure: ${mail.lastError}; tried again from ${mail.dueAt} on`] : []),
  ]
  const reply =
    mail.reply?.text === undefined
      ? withoutReply(mail)
      : `${earlier(mail)}Reply to ${mail.reply.to} (${replyStateWords(mail.reply.state)}):\n\n${mail.reply.text}`
  const steps = mail.events?.map(({ at, step, disposition, reason, actor }) => ({
    at: at.slice(0, 16).replace('T', ' '),
    step: stageWords(step),
    outcome: outcomeOf(disposition),
    actor,
    reason: labelOf(reason),
  }))
  const files = (mail.attachments ?? []).map(({ name, reading }) => `Attachment ${name}: ${reading}`)
  const parts = [
    head.join('\n'),
    mail.text ?? '',
    files.join('\n'),
    reply,
    doubts(mail.reply),
    table(steps ?? [], columns),
  ]
  return parts
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('at ') ? part : wrapped(part, columns).join('\n')))
    .join('\n\n')
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

/** Changes the resource with that id. @param path below /api, with `{id}` */
export async function changeOne(
  path: string,
  id: string,
  body: Record<string, unknown>,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  return change(await pathOf(openApi(options.config, terminal), path, id), body, options, terminal)
}

/** Changes the resource at a path below /api. */
export async function change(
  path: string,
  body: Record<string, unknown>,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  await openApi(options.config, terminal).post(path, body)
  return print(terminal, options.json ? JSON.stringify({ ok: true }) : 'Done.')
}

/** Approves exactly the text just read: if it changed in the meantime, the daemon refuses. */
export async function approve(id: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const path = await pathOf(api, '/replies/{id}', id)
  const { reply } = await api.get<Listed>(path)
  if (!reply?.version) throw new Error('There is no reply yet.')
  return change(`${path}/approve`, { seen: reply.version }, options, terminal)
}

/** Opens the reply's text in $EDITOR and saves the result. */
export async function edit(id: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const path = await pathOf(api, '/replies/{id}', id)
  const { reply } = await api.get<Listed>(path)
  const before = reply?.text ?? ''
  const text = inEditor(before, terminal)
  if (text === before) return print(terminal, 'Nothing was changed.')
  await api.post(`${path}/edit`, { text, seen: reply?.version })
  return print(terminal, 'Saved. `replyd replies approve` sends it.')
}

function inEditor(text: string, { environment }: Terminal): string {
  const editor = environment.VISUAL || environment.EDITOR
  if (!editor) throw new UsageError('edit: set $EDITOR to your editor')
  const directory = mkdtempSync(join(tmpdir(), 'replyd-edit-'))
  const path = join(directory, 'reply.txt')
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600 })
    // $EDITOR may contain arguments, so run it through a shell, as git does.
    const { status } = spawnSync('sh', ['-c', `${editor} "$1"`, editor, path], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${editor} ended with status ${status}: nothing was changed`)
    return readFileSync(path, 'utf8').trimEnd()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export async function usage(options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const rows = await openApi(options.config, terminal).get<Row[]>('/usage', { by: options.by })
  return print(terminal, options.json ? JSON.stringify(rows) : table(rows, columnsOf(terminal.stdout)))
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

/** How far each category has come, and what is granted. */
export async function autonomy(options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const categories = await openApi(options.config, terminal).get<Autonomy[]>('/autonomy')
  if (options.json) return print(terminal, JSON.stringify(categories))
  const rows = categories.map(({ account, category, streak, needed, takenBack, ...standing }) => ({
    account,
    category,
    'in a row': `${streak}/${needed}`,
    state: standing.granted
      ? `sends automatically (${standing.grantedBy})`
      : standing.offered
        ? 'offered'
        : 'waits for you',
    revoked: takenBack ? `${setbackWords(takenBack.reason)}, ${takenBack.at.slice(0, 16)}` : '',
  }))
  return print(terminal, table(rows, columnsOf(terminal.stdout)))
}

/** Pauses or resumes one account, or all. */
export async function setPaused(
  action: 'pause' | 'resume',
  account: string | undefined,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  for (const address of account ? [account] : await allAccounts(api)) {
    await api.post(`/accounts/${encodeURIComponent(address)}/${action}`)
    await print(
      terminal,
      `${address}: ${action === 'pause' ? 'nothing is sent any more' : 'replies are sent again'}`,
    )
  }
  return 0
}

const allAccounts = async (api: ApiClient) =>
  (await api.get<{ account: string }[]>('/accounts')).map(({ account }) => account)

async function print({ stdout }: Terminal, text: string): Promise<ExitStatus> {
  await writeLine(stdout, printable(text))
  return 0
}

/** No column is made narrower. */
const narrowest = 8

/** Columns below each other, as wide as their cells, or narrower until they fit. The first is never cut. */
export function table(rows: readonly Row[], columns = 80): string {
  const names = Object.keys(rows[0] ?? {})
  if (names.length === 0) return '(none)'
  const lines = [names, ...rows.map((row) => names.map((name) => printable(String(row[name] ?? ''), true)))]
  const natural = names.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))))
  const widths = fitting(natural, columns - 2 * (names.length - 1))
  return lines
    .map((line) =>
      line
        .map((text, at) => padTo(cutToWidth(text, widths[at] ?? 0), widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Narrows the widest column repeatedly. */
function fitting(natural: readonly number[], room: number): number[] {
  const widths = [...natural]
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const widest = Math.max(...widths.slice(1))
    if (widest <= narrowest) break
    const at = widths.lastIndexOf(widest)
    widths[at] = widest - 1
  }
  return widths
}
