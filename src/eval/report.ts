/** Computes the figures from the judged mails. Pure. */
import type { Reason } from '../base/reasons.ts'
import type { Verdict } from '../base/verdicts.ts'
import type { Usage } from '../model/chat.ts'
import type { LabelledMail } from './cases.ts'
import type { Judged } from './judging.ts'
import { calibrationError, type Detection, detection, percentile, type Share, shareOf } from './statistics.ts'

export interface EvalCase {
  label: LabelledMail
  judged: Judged | null
  /** Why it could not be judged; null if it was. */
  fault: string | null
}

interface RunFacts {
  /** Labelled mails that were to be judged. */
  wanted: number
  model: string
  promptHash: string
  ceilingReached: boolean
  usage: Usage
  calls: number
  dollars: number
}

interface ReportedCase {
  file: string
  stage: string | null
  /** The daemon's next step, and why. */
  to: string | null
  reason: Reason | null
  /** Why it could not be judged; null when it was. */
  fault: string | null
  /** What differs from the label: `spam`, `sentiment`, `reply`. */
  wrong: string[]
  /** The label; null if it has no opinion. */
  expected: { spam: boolean | null; sentiment: string | null; reply: boolean | null }
  /** null if no model was asked. */
  verdict: Verdict | null
  /** Of the call, milliseconds. */
  durationMs: number | null
}

export interface EvalReport extends Omit<RunFacts, 'usage'> {
  mails: number
  failed: number
  /** Mails that the model was asked about. */
  asked: number
  /** Called spam, with any confidence. */
  spam: Detection
  /** With enough confidence to be filed. */
  filed: Detection
  sentiment: Share | null
  /** Labelled with a sentiment, but settled before the model. */
  sentimentUnasked: number
  /** A reply would be written. */
  reply: Detection
  /** Expected calibration error of the model's confidence in its spam verdict, ten bins. */
  calibrationError: number | null
  latencyMs: { p50: number; p95: number } | null
  /** Per 1,000 mails, including those without a model call; null without mails. */
  perThousand: { inputTokens: number; cachedTokens: number; outputTokens: number; dollars: number } | null
  cases: ReportedCase[]
}

/** The guard's code for mail that the owner's server has called spam. */
const flagged = 'spam-flagged'

const saysSpam = ({ judged }: EvalCase) =>
  judged?.to === 'file' || judged?.reason === flagged || judged?.verdict?.spam.is === true
const saysFiled = ({ judged }: EvalCase) => judged?.to === 'file' || judged?.reason === flagged
const saysReply = ({ judged }: EvalCase) => judged?.to === 'compose'

export function reportOf(cases: readonly EvalCase[], { usage, ...facts }: RunFacts): EvalReport {
  const judged = cases.filter((each) => each.judged !== null)
  const latencies = judged.flatMap((each) => each.judged?.durationMs ?? [])
  const p50 = percentile(latencies, 0.5)
  const p95 = percentile(latencies, 0.95)
  const answers = (label: 'spam' | 'needsReply', says: (each: EvalCase) => boolean) =>
    judged.flatMap((each) => {
      const expected = each.label[label]
      return expected === null ? [] : [{ expected, given: says(each) }]
    })
  const feelings = judged.filter(({ label }) => label.sentiment !== null)
  const felt = feelings.filter((each) => each.judged?.verdict)
  return {
    ...facts,
    mails: cases.length,
    failed: cases.length - judged.length,
    asked: latencies.length,
    spam: detection(answers('spam', saysSpam)),
    filed: detection(answers('spam', saysFiled)),
    sentiment: shareOf(felt.filter(feltRightly).length, felt.length),
    sentimentUnasked: feelings.length - felt.length,
    reply: detection(answers('needsReply', saysReply)),
    calibrationError: calibrationError(judged.flatMap(statedOf)),
    latencyMs: p50 === null || p95 === null ? null : { p50, p95 },
    perThousand: perThousand(judged.length, usage, facts.dollars),
    cases: cases.map(asResult),
  }
}

const feltRightly = ({ label, judged }: EvalCase) => judged?.verdict?.sentiment.label === label.sentiment

function statedOf({ label, judged }: EvalCase): { confidence: number; right: boolean }[] {
  if (label.spam === null || !judged?.verdict) return []
  const { is, confidence } = judged.verdict.spam
  return [{ confidence, right: is === label.spam }]
}

function perThousand(mails: number, usage: Usage, dollars: number): EvalReport['perThousand'] {
  if (mails === 0) return null
  const scaled = (sum: number) => (sum * 1000) / mails
  return {
    inputTokens: scaled(usage.input),
    cachedTokens: scaled(usage.cachedInput),
    outputTokens: scaled(usage.output),
    dollars: scaled(dollars),
  }
}

function asResult(each: EvalCase): ReportedCase {
  const { label, judged, fault } = each
  const { file, spam, sentiment, needsReply } = label
  const base = { file, fault, expected: { spam, sentiment, reply: needsReply } }
  if (judged === null) {
    return { ...base, stage: null, to: null, reason: null, wrong: [], verdict: null, durationMs: null }
  }
  const differs = (expected: boolean | null, given: boolean) => expected !== null && expected !== given
  const wrong = [
    ...(differs(label.spam, saysSpam(each)) ? ['spam'] : []),
    ...(label.sentiment !== null && judged.verdict && !feltRightly(each) ? ['sentiment'] : []),
    ...(differs(label.needsReply, saysReply(each)) ? ['reply'] : []),
  ]
  return { ...base, ...judged, wrong }
}
