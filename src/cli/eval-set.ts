/** `replyd eval SET`: runs a folder of mails, replies and slips through the daemon's own functions. */
import { statSync } from 'node:fs'
import { PagesOfSet, readSet } from '../eval/set/read.ts'
import { openRecorded } from '../eval/set/recorded.ts'
import { reportSet, type SetReport } from '../eval/set/report.ts'
import { runSet } from '../eval/set/results.ts'
import type { AskModel, Mode } from '../eval/set/run.ts'
import type { Share } from '../eval/statistics.ts'
import { priceOfModel } from '../model/budget.ts'
import { loadPrompts } from '../model/prompts.ts'
import type { EvalCommand } from './eval-cases.ts'
import { dollars, share, table, whole } from './table.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

export function isSet(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Exit status 1 when an answer is missing, so that an incomplete run is not taken for a measurement. */
export async function evaluateSet(
  directory: string,
  options: EvalCommand,
  terminal: Terminal,
): Promise<ExitStatus> {
  using pages = new PagesOfSet()
  const set = await pages.added(readSet(directory, terminal.environment))
  const prompts = loadPrompts(set.account.prompts)
  const recorded = options.answers !== undefined || options.record !== undefined
  const folder = openRecorded(options.answers ? [options.answers] : [], options.record ?? null)
  const ask: AskModel = recorded ? folder.ask : await endpoint(set, options)
  const run = { set, prompts, ask }
  const results = await runSet(run)
  const missing = Object.fromEntries([...folder.missing].map(([task, hashes]) => [task, hashes.size]))
  const modes: Mode[] =
    options.mode === 'draft' || options.mode === 'send' ? [options.mode] : ['draft', 'send']
  const report = reportSet(run, results, { modes, price: priceOfModel(set.config.model), missing })
  await writeLine(terminal.stdout, options.json ? JSON.stringify(report) : page(report))
  return Object.keys(missing).length > 0 ? 1 : 0
}

/** The configured model, with a spending limit. */
async function endpoint(set: ReturnType<typeof readSet>, options: EvalCommand): Promise<AskModel> {
  const [{ Ledger }, { runOptions }] = await Promise.all([
    import('../eval/ledger.ts'),
    import('./run-options.ts'),
  ])
  const { model, maxDollars, pause } = await runOptions(set.config, set.account, options)
  const ledger = new Ledger({ model, price: priceOfModel(set.config.model), maxDollars, pause })
  return (question) => ledger.ask(question)
}

function row(name: string, figure: Share | null, of: string): string[][] {
  if (figure === null) return []
  const interval = `${share(figure.low)} – ${share(figure.high)}`
  return [[name, share(figure.value), interval, `${whole(figure.count)} of ${whole(figure.of)} ${of}`]]
}

function gateRows(gate: SetReport['gate']): string[][] {
  return Object.entries(gate).flatMap(([mode, figures]) => [
    ...(mode === 'send' ? row('mode send: good sent', figures.goodSent, 'good replies are sent') : []),
    ...(mode === 'send' ? row('mode send: bad sent', figures.badSent, 'bad replies are sent') : []),
    ...(mode === 'send'
      ? row('mode send: good drafts sent', figures.goodDraftSent, 'that a person should see')
      : []),
    ...row(`mode ${mode}: good withheld`, figures.goodWithheld, 'good replies reach no mailbox'),
  ])
}

function page(report: SetReport): string {
  const { retrieval, triage, gate, outcomes, composed, slips, cost, missing } = report
  const gates = gateRows(gate)
  const rows = [
    ['', 'value', '95 % interval', ''],
    ...row('retrieval', retrieval.all, 'needed passages are given'),
    ...row('retrieval: language of the knowledge', retrieval.ofKnowledge, ''),
    ...row('retrieval: other languages', retrieval.other, ''),
    ...Object.entries(triage).flatMap(([name, figure]) => row(`triage: ${name}`, figure, 'right')),
    ...gates,
    ...Object.entries(outcomes).flatMap(([mode, figure]) =>
      row(`outcome in mode ${mode}`, figure ?? null, 'as expected'),
    ),
    ...row('composed: facts', composed.facts, 'replies contain every needed fact'),
    ...row('composed: clean', composed.clean, 'replies contain nothing forbidden'),
    ...row('composed: complete', composed.complete, 'replies say that nothing is missing'),
    ...row('slips', slips, 'as expected'),
  ]
  const tokens = Object.entries(cost.median).map(([task, { input, output }]) => [
    `tokens of ${task}`,
    `${whole(input)} in, ${whole(output)} out (median)`,
  ])
  const money = [
    ['an answered mail', cost.perAnswered === null ? '–' : dollars(cost.perAnswered)],
    ['a mail only judged', cost.perJudged === null ? '–' : dollars(cost.perJudged)],
  ]
  return [
    printable(table(rows, [1])),
    '',
    printable(table([...tokens, ...money])),
    ...faultTable(gate.send),
    ...(retrieval.missed.length > 0
      ? ['', 'Passages not found:', ...retrieval.missed.map((line) => printable(`  ${line}`))]
      : []),
    ...(report.wrong.length > 0
      ? [
          '',
          `Not as expected (${whole(report.wrong.length)}):`,
          ...report.wrong.map((line) => printable(`  ${line}`)),
        ]
      : []),
    ...missingLines(missing, gate),
  ].join('\n')
}

function faultTable(figures: SetReport['gate']['send']): string[] {
  const faults = Object.entries(figures?.faults ?? {}).filter(([, { sent }]) => sent > 0)
  if (faults.length === 0) return []
  const rows = faults.map(([name, { sent, of }]) => [name, `${sent} of ${of}`])
  return ['', 'Bad replies that would be sent, by fault:', printable(table(rows))]
}

function missingLines(missing: Record<string, number>, gate: SetReport['gate']): string[] {
  const parts = Object.entries(missing).map(([task, count]) => `${whole(count)} ${task}`)
  if (parts.length === 0) return []
  const pending = gate.send?.pending ?? 0
  const left = pending > 0 ? `; ${whole(pending)} replies wait for their check and are not counted` : ''
  return ['', `→ No answer is recorded for ${parts.join(', ')}${left}. Add the answers and run this again.`]
}
