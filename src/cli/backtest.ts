import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { sentenceOf } from '../base/reasons.ts'
import { formatDuration, parseDuration } from '../config/fields.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { Backtest } from '../eval/backtest.ts'
import type { CategoryFigures, PromptDifference } from '../eval/comparison.ts'
import type { Past } from '../eval/past-mail.ts'
import type { Share } from '../eval/statistics.ts'
import { accountOf, refuseExpensive } from './eval.ts'
import { limitOf } from './eval-cases.ts'
import { UsageError } from './failure.ts'
import { runOptions } from './run-options.ts'
import { readConfig } from './settings.ts'
import { dollars, table, whole } from './table.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface BacktestCommand {
  config?: string
  account?: string
  since: string
  prompts?: string
  limit: string
  maxDollars?: string
  json?: boolean
}

/** Reads the mailbox, changes nothing. Exit status 1 when a mail could not be judged or answered. */
export async function backtest(options: BacktestCommand, terminal: Terminal): Promise<ExitStatus> {
  const config = readConfig(options.config, terminal)
  const account = accountOf(config, options.account)
  const sinceMs = parseDuration(options.since)
  if (sinceMs === null) throw new UsageError(`--since: "${options.since}" is not a duration, such as 30d`)
  const run = { ...(await runOptions(config, account, options)), now: systemClock.now() }
  const prompts = [run.prompts, ...(await otherPrompts(options.prompts, run.prompts.hash))]
  const wanted = { since: new Date(run.now.getTime() - sinceMs), limit: limitOf(options.limit) }
  const past = await readMailbox(config, account, wanted)
  const { estimateBacktest, runBacktest } = await import('../eval/backtest.ts')
  const { openAccountKnowledge } = await import('../knowledge/account-knowledge.ts')
  const { directory } = config.state
  const knowledge = openAccountKnowledge(account, { directory, log: silentLog, clock: systemClock })
  try {
    await knowledge?.settled()
    const runs = { ...run, prompts, knowledge }
    const sums = await estimateBacktest(past, runs)
    if (!options.json) await writeLine(terminal.stdout, opening(past, { ...run, sums, sinceMs }))
    refuseExpensive(sums.estimate, run.maxDollars)
    const result = await runBacktest(past, runs)
    const report = await reportOf(result, past, {
      account,
      hashes: prompts.map(({ hash }) => hash),
      knowledge,
    })
    await writeLine(terminal.stdout, options.json ? JSON.stringify(report) : page(report))
    return report.failed > 0 || result.ceilingReached ? 1 : 0
  } finally {
    knowledge?.close()
  }
}

async function otherPrompts(folder: string | undefined, today: string) {
  if (folder === undefined) return []
  const { loadPrompts } = await import('../model/prompts.ts')
  const other = loadPrompts(folder)
  if (other.hash !== today) return [other]
  throw new UsageError(`--prompts: the files in ${folder} are identical to those in use: change them first`)
}

async function readMailbox(
  config: Config,
  account: AccountSettings,
  wanted: { since: Date; limit: number },
): Promise<Past> {
  const { withOwnerMailbox } = await import('../eval/owner-mailbox.ts')
  const { readPast } = await import('../eval/past-mail.ts')
  return withOwnerMailbox(account, config, { withinMs: 60_000 }, (client) =>
    readPast(client, account, wanted),
  )
}

interface Sums {
  config: Config
  account: AccountSettings
  sums: { estimate: number; worst: number }
  sinceMs: number
  maxDollars: number
}

/** What the daemon would read but a backtest does not: a record today may differ from that on the day of the mail. */
function notTried({ lookups, attachments }: AccountSettings): string[] {
  const left = [
    ...lookups.map(({ name }) => `lookup ${name}`),
    ...Object.entries(attachments).flatMap(([kind, isRead]) => (isRead ? [`attachments.${kind}`] : [])),
  ]
  return left.length > 0
    ? [`Not tried: ${left.join(', ')}. The replies lack what these would have read.`]
    : []
}

function opening(
  { answers, sent, lost }: Past,
  { config, account, sums, sinceMs, maxDollars }: Sums,
): string {
  const found = lost > 0 ? ` (for ${whole(lost)} the mail they answer is missing)` : ''
  const costs = `about ${dollars(sums.estimate)}, at most ${dollars(sums.worst)} (limit ${dollars(maxDollars)})`
  return printable(
    [
      `${whole(sent)} answers in Sent in the last ${formatDuration(sinceMs)}; ${whole(answers.length)} are used${found}.`,
      `${config.model.name} judges the mails and answers them: ${costs}. The mailbox is only read.`,
      ...notTried(account),
      '',
    ].join('\n'),
  )
}

interface Report extends Backtest {
  account: string
  sent: number
  lost: number
  failed: number
  promptHashes: string[]
  knowledgeHash: string | null
  /** By set of prompts: the current ones, then the others. */
  categories: CategoryFigures[][]
  /** null without --prompts. */
  differences: PromptDifference[] | null
}

async function reportOf(
  result: Backtest,
  { sent, lost }: Past,
  {
    account,
    hashes,
    knowledge,
  }: { account: AccountSettings; hashes: string[]; knowledge: { hash: string } | null },
): Promise<Report> {
  const { byCategory, differencesOf } = await import('../eval/comparison.ts')
  return {
    account: account.owner.address,
    sent,
    lost,
    failed: result.cases.filter(({ outcomes }) => outcomes.some(({ fault }) => fault !== null)).length,
    promptHashes: hashes,
    knowledgeHash: knowledge?.hash ?? null,
    categories: hashes.map((_, at) => byCategory(result.cases, at)),
    differences: hashes.length > 1 ? differencesOf(result.cases) : null,
    ...result,
  }
}

const ofAll = (part: Share | null) => (part === null ? '–' : `${part.count} of ${part.of}`)

function page(report: Report): string {
  if (report.cases.length === 0) {
    return report.ceilingReached
      ? '→ The limit is too low for a single mail: allow more with --max-dollars.'
      : '→ Nothing to compare with: use a longer --since, or name the Sent mailbox in mailboxes.sent.'
  }
  const [today = [], other] = report.categories
  const parts = other
    ? [`With the prompts in use:\n\n${figures(today)}`, `With the other prompts:\n\n${figures(other)}`]
    : [figures(today)]
  const differences = report.differences === null ? [] : [differing(report.differences)]
  return [...parts, ...unanswered(report), ...failures(report), ...differences, printable(next(report))].join(
    '\n\n',
  )
}

function figures(rows: readonly CategoryFigures[]): string {
  const head = [
    'category',
    'you answered',
    'replyd, too',
    'as they are',
    'words changed',
    'length',
    'your language',
    'asks answered',
  ]
  const lines = rows.map(({ category, mails, written, unchanged, edit, length, sameLanguage, asks }) => [
    printable(category, true),
    whole(mails),
    ofAll(written),
    ofAll(unchanged),
    edit === null ? '–' : `${Math.round(edit * 100)} %`,
    length === null ? '–' : `× ${length.toFixed(1)}`,
    ofAll(sameLanguage),
    ofAll(asks),
  ])
  return table([head, ...lines], [1, 2, 3, 4, 5, 6, 7])
}

function unanswered({ cases }: Report): string[] {
  const silent = cases.filter(({ outcomes: [today] }) => today?.fault === null && today.text === null)
  if (silent.length === 0) return []
  const rows = silent.slice(0, 5).map(({ subject, outcomes: [today] }) => {
    const judged = today?.judged
    const why = judged ? sentenceOf(judged.to === 'compose' ? 'needs-person' : judged.reason) : ''
    return [subject.slice(0, 60) || '(no subject)', why]
  })
  const more = silent.length > 5 ? [`  … and ${silent.length - 5} more: --json lists all`] : []
  return [
    [`You answered, replyd would not have (${silent.length}):`, printable(table(rows)), ...more].join('\n'),
  ]
}

function failures({ cases, failed }: Report): string[] {
  if (failed === 0) return []
  const faults = cases.flatMap(({ outcomes }) => outcomes.flatMap(({ fault }) => fault ?? []))
  return [
    `${failed} could not be judged or answered and are left out, for example: ${printable(faults[0] ?? '', true)}`,
  ]
}

function differing(differences: readonly PromptDifference[]): string {
  if (differences.length === 0) return 'Both sets of prompts give the same verdicts and texts.'
  const percent = (edit: number | null) => (edit === null ? 'no reply' : `${Math.round(edit * 100)} %`)
  const rows = differences
    .slice(0, 10)
    .map(({ subject, verdict, text, edits: [today, other] }) => [
      subject.slice(0, 44) || '(no subject)',
      text === null ? 'no text' : `${percent(text)} of the text`,
      `${percent(today)} → ${percent(other)}`,
      verdict.join('; '),
    ])
  const more = differences.length > 10 ? [`  … and ${differences.length - 10} more: --json lists all`] : []
  const head = ['', 'differs in', 'changed by you', 'verdict']
  return [
    `The others differ for ${differences.length} mails:`,
    printable(table([head, ...rows])),
    ...more,
  ].join('\n')
}

function next({ categories, differences, ceilingReached, cases, dollars: spent, calls }: Report): string {
  const cost = `${whole(calls)} calls, ${dollars(spent)}.`
  if (ceilingReached)
    return `→ ${cost} The limit was reached after ${cases.length} mails: the figures cover only those.`
  const [before, after] = categories.map((rows) => rows.at(-1)?.unchanged?.value ?? 0)
  if (differences !== null && before !== undefined && after !== undefined) {
    const percent = (part: number) => `${Math.round(part * 100)} %`
    const change = `${percent(before)} of the replies could be sent unchanged with today's prompts, ${percent(after)} with the others`
    return `→ ${cost} ${change}: ${after >= before ? 'if you like the differences above, set prompts to that folder.' : 'keep those in use.'}`
  }
  return `→ ${cost} Copy prompts/, change a sentence, and run this with --prompts FOLDER to see what it would change.`
}
