/** Statistics of a labelled run: pure functions of counts, so that each can be checked by hand. */

/** A share with its 95 % interval, all 0 to 1; null if the denominator is zero. */
export interface Share {
  value: number
  low: number
  high: number
  /** What it is a share of. */
  count: number
  of: number
}

/** The 97.5th percentile of the normal distribution. */
const z = 1.959963984540054

/** A proportion with Wilson's score interval, which stays within 0 to 1 and is also valid for few cases. */
export function shareOf(count: number, of: number): Share | null {
  if (of === 0) return null
  const value = count / of
  const middle = value + (z * z) / (2 * of)
  const half = z * Math.sqrt((value * (1 - value)) / of + (z * z) / (4 * of * of))
  const whole = 1 + (z * z) / of
  return {
    value,
    low: Math.max(0, (middle - half) / whole),
    high: Math.min(1, (middle + half) / whole),
    count,
    of,
  }
}

/** One yes-or-no answer with its label. */
interface GradedAnswer {
  expected: boolean
  given: boolean
}

export interface Detection {
  truePositives: number
  falsePositives: number
  falseNegatives: number
  trueNegatives: number
  precision: Share | null
  recall: Share | null
  f1: Omit<Share, 'count' | 'of'> | null
  accuracy: Share | null
}

export function detection(answers: readonly GradedAnswer[]): Detection {
  const count = (expected: boolean, given: boolean) =>
    answers.filter((answer) => answer.expected === expected && answer.given === given).length
  const [tp, fp, fn, tn] = [count(true, true), count(false, true), count(true, false), count(false, false)]
  return {
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: fn,
    trueNegatives: tn,
    precision: shareOf(tp, tp + fp),
    recall: shareOf(tp, tp + fn),
    f1: f1Of(tp, fp + fn),
    accuracy: shareOf(tp + tn, answers.length),
  }
}

/**
 * F1 is not a proportion, but an increasing function of one: with J = hits / (hits + mistakes) it is 2J / (1 + J). So
 * its interval is J's Wilson interval mapped by that function.
 */
function f1Of(hits: number, mistakes: number): Detection['f1'] {
  const share = shareOf(hits, hits + mistakes)
  if (share === null) return null
  const through = (j: number) => (2 * j) / (1 + j)
  return { value: through(share.value), low: through(share.low), high: through(share.high) }
}

/** A statement, its confidence (0 to 1), and whether it was true. */
export interface Stated {
  confidence: number
  right: boolean
}

/**
 * Expected calibration error: the mean gap between the confidence of the answers in a bin and their accuracy,
 * weighted by number. Bins of equal width; 1 belongs to the last. Null without answers.
 */
export function calibrationError(answers: readonly Stated[], bins = 10): number | null {
  if (answers.length === 0) return null
  let sum = 0
  for (let bin = 0; bin < bins; bin++) {
    const inside = answers.filter(
      ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)) === bin,
    )
    const sure = inside.reduce((total, { confidence }) => total + confidence, 0)
    const right = inside.filter(({ right }) => right).length
    sum += Math.abs(right - sure)
  }
  return sum / answers.length
}

/**
 * The smallest value that at least this share of all values does not exceed (nearest rank). Null without values.
 */
export function percentile(values: readonly number[], part: number): number | null {
  const rising = [...values].sort((a, b) => a - b)
  return rising[Math.max(0, Math.ceil(part * rising.length) - 1)] ?? null
}
