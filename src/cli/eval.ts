import { sentenceOf } from '../base/reasons.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { EvalReport } from '../eval/eval.ts'
import type { Share } from '../eval/statistics.ts'
import { type EvalCommand, limitOf, readLabels, readMail } from './eval-cases.ts'
import { UsageError } from './failure.ts'
import { runOptions } from './run-options.ts'
import { readConfig } from './settings.ts'
import { dollars, duration, share, table, whole } from './table.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

/** Exit status 1 when a mail could not be judged. */
export async function evaluate(
  path: string | undefined,
  options: EvalCommand,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (options.bayes) return (await import('./eval-bayes.ts')).evaluateBayes(path, options, terminal)
  if (path === undefined) throw new UsageError('eval: name a label file (CASES.jsonl), or a folder (SET)')
  const { evaluateSet, isSet } = await import('./eval-set.ts')
  if (isSet(path)) return evaluateSet(path, options, terminal)
  const { planEval, runEval } = await import('../eval/eval.ts')
  const labels = await readLabels(path, limitOf(options.limit))
  const config = readConfig(options.config, terminal)
  const account = accountOf(config, options.account)
  const run = await runOptions(config, account, options)
  const plan = await planEval(labels, readMail(path), run)
  const asked = plan.mails.filter(({ prepared }) => prepared.question !== null).length
  const costs = `about ${dollars(plan.estimate)}, at most ${dollars(plan.worst)}`
  if (!options.json) {
    const line = `${whole(labels.length)} mails, of which ${whole(asked)} go to ${config.model.name}: ${costs}`
    await writeLine(terminal.stdout, `${printable(line)} (ceiling ${dollars(run.maxDollars)})\n`)
  }
  refuseExpensive(plan.estimate, run.maxDollars)
  const report = await runEval(plan, run)
  if (options.json) await writeLine(terminal.stdout, JSON.stringify(report))
  else await writeLine(terminal.stdout, page(report))
  return report.failed > 0 || report.ceilingReached ? 1 : 0
}

/** @throws UsageError before anything is spent */
export function refuseExpensive(estimate: number, maxDollars: number): void {
  if (estimate <= maxDollars) return
  const sums = `would cost about ${dollars(estimate)}, and the limit is ${dollars(maxDollars)}`
  throw new UsageError(`this ${sums}: use fewer with --limit, or allow more with --max-dollars`)
}

export function accountOf({ accounts }: Config, wanted: string | undefined): AccountSettings {
  const found =
    wanted === undefined ? accounts[0] : accounts.find(({ owner }) => owner.address === wanted.toLowerCase())
  if (found) return found
  throw new UsageError(
    `no account ${wanted}: there is ${accounts.map(({ owner }) => owner.address).join(', ')}`,
  )
}

/** No row if there is nothing to measure: most files label only one thing. */
function figureRow(name: string, figure: Share | Omit<Share, 'count' | 'of'> | null, of = ''): string[][] {
  if (figure === null) return []
  const counts = 'of' in figure ? `${whole(figure.count)} of ${whole(figure.of)} ${of}` : ''
  return [[name, share(figure.value), `${share(figure.low)} – ${share(figure.high)}`, counts]]
}

function page(report: EvalReport): string {
  const { spam, filed, reply, sentiment, latencyMs, perThousand } = report
  const rows = [
    ['', 'value', '95 % interval', ''],
    ...figureRow('spam: precision', spam.precision, 'called spam are spam'),
    ...figureRow('spam: recall', spam.recall, 'spam found'),
    ...figureRow('spam: F1', spam.f1),
    ...figureRow('filed: precision', filed.precision, 'filed are spam'),
    ...figureRow('filed: recall', filed.recall, 'spam filed'),
    ...figureRow('sentiment: accuracy', sentiment, 'right'),
    ...figureRow('needs a reply: accuracy', reply.accuracy, 'right'),
    ...figureRow('needs a reply: precision', reply.precision, 'that would get a reply need one'),
    ...figureRow('needs a reply: recall', reply.recall, 'that need a reply would get one'),
    ...(report.calibrationError === null
      ? []
      : [
          [
            'calibration error (ECE)',
            share(report.calibrationError),
            '',
            'of the spam verdict, 10 bins; 0 is best',
          ],
        ]),
  ]
  const times = latencyMs
    ? `${duration(latencyMs.p50)} (p50), ${duration(latencyMs.p95)} (p95)`
    : 'no call was made'
  const thousand = perThousand
    ? `${whole(perThousand.inputTokens)} tokens in (${whole(perThousand.cachedTokens)} cached), ${whole(perThousand.outputTokens)} out, ${dollars(perThousand.dollars)}`
    : '–'
  const rest = [
    ['answers', times],
    ['per 1,000 mails', thousand],
    [
      'this run',
      `${whole(report.calls)} calls, ${dollars(report.dollars)}; model ${report.model}, prompt ${report.promptHash}`,
    ],
  ]
  return [
    ...(rows.length > 1 ? [printable(table(rows, [1])), ''] : []),
    printable(table(rest)),
    ...mistakes(report),
    '',
    printable(next(report)),
  ].join('\n')
}

function mistakes({ cases }: EvalReport): string[] {
  const wrong = cases.filter(({ wrong, stage }) => wrong.length > 0 || stage === null)
  if (wrong.length === 0) return []
  const rows = wrong
    .slice(0, 10)
    .map(({ file, wrong, stage, to, reason, fault }) =>
      reason === null
        ? [file, 'failed', fault ?? '']
        : [file, wrong.join(', '), `${stage}: ${to}. ${sentenceOf(reason)}`],
    )
  const more = wrong.length > 10 ? [`  … and ${whole(wrong.length - 10)} more: --json lists all`] : []
  return ['', `Differs from the label, or failed (${whole(wrong.length)}):`, printable(table(rows)), ...more]
}

function next({ ceilingReached, wanted, mails, failed, spam, filed, reply }: EvalReport): string {
  if (ceilingReached)
    return `→ The limit was reached after ${mails} of ${wanted} mails: the figures cover only those. Allow more with --max-dollars.`
  if (failed > 0)
    return `→ ${failed} of ${mails} mails could not be judged and are left out of the figures: see their reasons above.`
  if (filed.falsePositives > 0)
    return '→ Wanted mail would be filed as spam: raise spam.threshold, or say in prompts/triage.md what is not spam.'
  if (spam.falseNegatives > spam.truePositives / 10)
    return '→ Spam gets through: say in prompts/triage.md what else is spam to you, and run this again.'
  if (reply.falsePositives > reply.truePositives / 10)
    return '→ Mail that needs no answer would get one: say in prompts/triage.md (needs_reply) what else needs no reply.'
  return '→ Before you change prompts/triage.md or the model, keep this output: run the same command afterwards and compare.'
}
