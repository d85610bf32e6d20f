import type { BayesReport } from '../eval/eval.ts'
import { type EvalCommand, limitOf, readLabels, readMail } from './eval-cases.ts'
import { UsageError } from './failure.ts'
import { share, table, whole } from './table.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

/** The local filter alone: needs no configuration, model or money. */
export async function evaluateBayes(
  path: string | undefined,
  options: EvalCommand,
  terminal: Terminal,
): Promise<ExitStatus> {
  const { train, test } = options
  if ((train === undefined) !== (test === undefined))
    throw new UsageError('eval --bayes: --train and --test must be given together')
  const first = train ?? path
  if (first === undefined) throw new UsageError('eval --bayes: name a label file, or --train and --test')
  const { evaluateBayes: measure } = await import('../eval/eval.ts')
  const learned = await examples(first, options)
  const report = measure(learned, test === undefined ? null : await examples(test, options))
  await writeLine(terminal.stdout, options.json ? JSON.stringify(report) : page(report))
  return 0
}

async function examples(path: string, options: EvalCommand) {
  const { examplesOf } = await import('../eval/bayes.ts')
  const found = examplesOf(await readLabels(path, limitOf(options.limit)), readMail(path))
  const spam = found.filter((each) => each.spam).length
  if (spam === 0 || spam === found.length) {
    throw new UsageError(
      `eval --bayes: ${path} must label both spam and wanted mail (expect.spam true and false)`,
    )
  }
  return found
}

function page({ spam, ham, runs, curve, alone, mistakes }: BayesReport): string {
  const row = ({
    name,
    figures: { precision, recall, f1, falsePositives, falseNegatives },
  }: BayesReport['runs'][number]) => [
    name,
    share(precision?.value),
    precision ? `${share(precision.low)} – ${share(precision.high)}` : '',
    share(recall?.value),
    recall ? `${share(recall.low)} – ${share(recall.high)}` : '',
    share(f1?.value),
    `${falsePositives} wanted called spam, ${falseNegatives} spam missed`,
  ]
  const head = ['', 'precision', '95 %', 'recall', '95 %', 'F1', '']
  const wrong = mistakes
    .slice(0, 10)
    .map(({ file, spam, score }) => [file, spam ? 'spam' : 'wanted', `score ${share(score)}`])
  return [
    `The local filter alone, without a model: ${whole(spam)} spam, ${whole(ham)} wanted.\n`,
    table([head, ...runs.map(row)], [1, 3, 5]),
    '\nHow more mail helps (trained on one half, tested on the other):\n',
    table([head, ...curve.map(row)], [1, 3, 5]),
    '',
    aloneLine(alone),
    ...(wrong.length > 0
      ? [
          `\nMost confident mistakes of the folds (${whole(mistakes.length)} in total):`,
          printable(table(wrong)),
        ]
      : []),
  ].join('\n')
}

function aloneLine(alone: BayesReport['alone']): string {
  if (alone === null)
    return '→ The daemon lets the filter decide alone once there are 200 examples of each kind; until then it asks the model.'
  const { answered, wrong, spamFrom, hamTo } = alone
  const ranges = [
    ...(spamFrom === null ? [] : [`spam from a score of ${share(spamFrom)}`]),
    ...(hamTo === null ? [] : [`wanted up to ${share(hamTo)}`]),
  ].join(', ')
  const counts = `${whole(answered?.count ?? 0)} of ${whole(answered?.of ?? 0)} mails, ${whole(wrong?.count ?? 0)} of them wrongly`
  return `→ In the daemon it would decide alone on ${counts} (${ranges || 'no range is safe enough'}); the rest goes to the model.`
}
