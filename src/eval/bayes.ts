/** The local filter alone, without a model: figures on mail that it was not trained on. */

import { parseOctets } from '../mail/mime/octets.ts'
import { boundsOf, type Example, leastExamples, ratherSpam, score, train } from '../triage/bayes.ts'
import { spamTokens } from '../triage/spam-tokens.ts'
import { inStableOrder, type LabelledMail } from './cases.ts'
import { type Detection, detection, type Share, shareOf } from './statistics.ts'

interface BayesRun {
  /** What it was trained and tested on, for people. */
  name: string
  learned: number
  figures: Detection
}

export interface BayesReport {
  spam: number
  ham: number
  runs: BayesRun[]
  /** Trained on growing parts of the first half, tested on the second. */
  curve: BayesRun[]
  /** What the daemon would let it decide alone; null below 200 examples of each class. */
  alone: { spamFrom: number | null; hamTo: number | null; answered: Share | null; wrong: Share | null } | null
  /** Files that the folds got wrong, most confident mistakes first. */
  mistakes: { file: string; spam: boolean; score: number }[]
}

interface Labelled extends Example {
  file: string
}

const folds = 10
const curveSizes = [50, 100, 200, 400, 800, 1600, 3200]

/** @param read octets of a labelled file @throws ConfigError if one class is empty */
export function examplesOf(labels: readonly LabelledMail[], read: (file: string) => Buffer): Labelled[] {
  return labels.flatMap(({ file, spam }) =>
    spam === null ? [] : [{ file, spam, tokens: spamTokens(parseOctets(read(file))) }],
  )
}

/**
 * @param first is split into two halves by file name: each is trained on and the other tested, followed by ten folds
 * @param second if given, the filter is trained on all of the first and tested on this
 */
export function evaluateBayes(
  first: readonly Labelled[],
  second: readonly Labelled[] | null = null,
): BayesReport {
  const ordered = inStableOrder(first)
  const [even, odd] = [0, 1].map((rest) => ordered.filter((_, at) => at % 2 === rest)) as [
    Labelled[],
    Labelled[],
  ]
  const [toLearn, toAsk] = second === null ? [even, odd] : [ordered, second]
  const crossed = crossValidated(ordered)
  const halves =
    second === null
      ? [
          runOf('trained on one half, tested on the other', even, odd),
          runOf('the same with the halves swapped', odd, even),
        ]
      : [runOf('trained on one file, tested on the other', ordered, second)]
  return {
    spam: first.filter(({ spam }) => spam).length,
    ham: first.filter(({ spam }) => !spam).length,
    runs: [
      ...halves,
      { name: `${folds} folds`, learned: foldSize(ordered), figures: detection(crossed.map(answerOf)) },
    ],
    curve: [...curveSizes.filter((size) => size < toLearn.length), toLearn.length].map((size) =>
      runOf(`${size} learned`, toLearn.slice(0, size), toAsk),
    ),
    alone: second === null ? aloneOf(ordered, null) : aloneOf(first, second),
    mistakes: crossed
      .filter((each) => answerOf(each).given !== each.spam)
      .map(({ file, spam, score }) => ({ file, spam, score }))
      .sort((a, b) => Math.abs(b.score - 0.5) - Math.abs(a.score - 0.5)),
  }
}

const foldSize = (all: readonly unknown[]) => all.length - Math.ceil(all.length / folds)

type Scored = Labelled & { score: number }

const answerOf = ({ spam, score }: Pick<Scored, 'spam' | 'score'>) => ({
  expected: spam,
  given: score >= ratherSpam,
})

function scored(learned: readonly Labelled[], asked: readonly Labelled[]): Scored[] {
  const model = train(learned)
  return asked.map((each) => ({ ...each, score: score(model, each.tokens) }))
}

function runOf(name: string, learned: readonly Labelled[], asked: readonly Labelled[]): BayesRun {
  return { name, learned: learned.length, figures: detection(scored(learned, asked).map(answerOf)) }
}

function crossValidated(all: readonly Labelled[]): Scored[] {
  return Array.from({ length: folds }, (_, fold) => {
    const [asked, learned] = [true, false].map((inside) =>
      all.filter((_, at) => (at % folds === fold) === inside),
    )
    return scored(learned ?? [], asked ?? [])
  }).flat()
}

/**
 * Bounds are found by the daemon's own rule on the training mail, and validated on mail that neither the filter nor
 * its bounds have seen: the second file, or each tenth of the first in rotation.
 */
function aloneOf(all: readonly Labelled[], second: readonly Labelled[] | null): BayesReport['alone'] {
  const fewest = Math.min(all.filter(({ spam }) => spam).length, all.filter(({ spam }) => !spam).length)
  if (fewest < leastExamples) return null
  const tenths = Array.from({ length: folds }, (_, fold) => ({
    learned: all.filter((_, at) => at % folds !== fold),
    asked: all.filter((_, at) => at % folds === fold),
  }))
  const rounds = second === null ? tenths : [{ learned: all, asked: second }]
  const answered = rounds.flatMap(({ learned, asked }) => answersAlone(learned, asked))
  const wrong = answered.filter(({ right }) => !right).length
  return {
    ...boundsOf(all),
    answered: shareOf(answered.length, second === null ? all.length : second.length),
    wrong: shareOf(wrong, answered.length),
  }
}

function answersAlone(learned: readonly Labelled[], asked: readonly Labelled[]): { right: boolean }[] {
  const model = train(learned)
  const { spamFrom, hamTo } = boundsOf(learned)
  return asked.flatMap(({ spam, tokens }) => {
    const value = score(model, tokens)
    if (spamFrom !== null && value >= spamFrom) return [{ right: spam }]
    return hamTo !== null && value <= hamTo ? [{ right: !spam }] : []
  })
}
