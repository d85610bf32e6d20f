/** The commands that review replies, through the running daemon. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Disposition,
  outcomeOf,
  type ReplyState,
  replyStateWords,
  type Stage,
  stageWords,
} from '../base/dispositions.ts'
import { decisionWords, type Reason, type SetbackReason, sentenceOf, setbackWords } from '../base/reasons.ts'
import { type ApiClient, openApi } from './api-client.ts'
import { UsageError } from './failure.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

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
  reply: { state: ReplyState; text?: string; version?: string; to?: string } | null
  text?: string | null
  events?: { at: string; step: Stage; disposition: Disposition; reason: Reason; actor: string }[]
}

type Row = Record<string, string | number>

/** What the daemon gives at once. */
const pageLength = 500

/** Lists what is under that path: everything that waits, or of all mails and junk as many as `limit` says, 50 by itself. */
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
  return print(terminal, listText(found))
}

/** @throws UsageError */
function wantedCount(path: string, { limit }: ReviewOptions): number {
  if (limit === undefined) return path === '/replies' ? Number.POSITIVE_INFINITY : 50
  if (limit === 'all') return Number.POSITIVE_INFINITY
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new UsageError('--limit takes a number, or all')
  return Number(limit)
}

export function listText(mails: readonly Listed[]): string {
  return table(
    mails.map(({ id, from, subject, disposition, reason }) => ({
      id,
      from: from ?? '',
      subject: subject ?? '',
      outcome: outcomeOf(disposition),
      reason: sentenceOf(reason),
    })),
  )
}

/** One mail with its reply, or with everything decided about it. */
export async function show(path: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const mail = await openApi(options.config, terminal).get<Listed>(path)
  return print(terminal, options.json ? JSON.stringify(mail) : showText(mail))
}

export function showText(mail: Listed): string {
  const head = `${mail.subject ?? '(no subject)'}\nfrom ${mail.from ?? 'nobody'}: ${decisionWords(mail.disposition, mail.reason)}`
  const reply =
    mail.reply?.text === undefined
      ? withoutReply(mail)
      : `${earlier(mail)}Reply to ${mail.reply.to} (${replyStateWords(mail.reply.state)}):\n\n${mail.reply.text}`
  const steps = mail.events?.map(({ at, step, disposition, reason, actor }) => ({
    at,
    step: stageWords(step),
    outcome: outcomeOf(disposition),
    actor,
    reason: sentenceOf(reason),
  }))
  const failure = mail.lastError ? `\nlast failure: ${mail.lastError}; tried again from ${mail.dueAt} on` : ''
  return [head + failure, mail.text ?? '', reply, table(steps ?? [])].join('\n\n')
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

/**
 * Changes the resource at a path below /api. Reads the text first, to make sure that nobody changed it in the
 * meantime.
 */
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
  const path = `/replies/${encodeURIComponent(id)}`
  const { reply } = await openApi(options.config, terminal).get<Listed>(path)
  if (!reply?.version) throw new Error('There is no reply yet.')
  return change(`${path}/approve`, { seen: reply.version }, options, terminal)
}

/** Opens the reply's text in $EDITOR and saves the result. */
export async function edit(id: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const { reply } = await api.get<Listed>(`/replies/${encodeURIComponent(id)}`)
  const before = reply?.text ?? ''
  const text = inEditor(before, terminal)
  if (text === before) return print(terminal, 'Nothing was changed.')
  await api.post(`/replies/${encodeURIComponent(id)}/edit`, { text, seen: reply?.version })
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
  return print(terminal, options.json ? JSON.stringify(rows) : table(rows))
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
  return print(terminal, table(rows))
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

const widest = 40
const widestLast = 100

/** Columns are as wide as their cells, cut after 40 characters, in the last column after 100. */
export function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  if (names.length === 0) return '(none)'
  const cell = (value: string | number | undefined, at: number) => {
    const text = printable(String(value ?? ''), true)
    const most = at === names.length - 1 ? widestLast : widest
    return text.length > most ? `${text.slice(0, most - 1)}…` : text
  }
  const lines = [names, ...rows.map((row) => names.map((name, at) => cell(row[name], at)))]
  const widths = names.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
