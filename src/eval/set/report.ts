/** Computes the figures of a set from its results. */
import { costOf, type Price } from '../../model/budget.ts'
import type { Answer } from '../../model/client.ts'
import { percentile, type Share, shareOf } from '../statistics.ts'
import type { LabelledResult, MailResult, SetResults } from './results.ts'
import { decisionOn, type Mode, outcomeOf, type SetRun } from './run.ts'

interface GateFigures {
  /** Good replies that are sent automatically; null in a mode that sends none. */
  goodSent: Share | null
  badSent: Share | null
  /** Good texts that a person should have seen first, but that were sent. */
  goodDraftSent: Share | null
  /** Good replies that do not even become a draft. */
  goodWithheld: Share | null
  /** Replies whose check has no recorded answer: they are not counted. */
  pending: number
  /** By fault: bad replies that were sent, and the total. */
  faults: Record<string, { sent: number; of: number }>
}

export interface SetReport {
  mails: number
  retrieval: { all: Share | null; ofKnowledge: Share | null; other: Share | null; missed: string[] }
  triage: Record<string, Share | null>
  gate: Partial<Record<Mode, GateFigures>>
  outcomes: Partial<Record<Mode, Share | null>>
  composed: { facts: Share | null; clean: Share | null; complete: Share | null }
  slips: Share | null
  /** Median tokens of a call, and US dollars: for an answered mail, and for one that is only judged. */
  cost: {
    median: Record<string, { input: number; output: number }>
    perAnswered: number | null
    perJudged: number | null
  }
  /** Differences from what was expected, one line each. */
  wrong: string[]
  missing: Record<string, number>
}

interface Wrong {
  lines: string[]
}

export function reportSet(
  run: SetRun,
  results: SetResults,
  { modes, price, missing }: { modes: readonly Mode[]; price: Price; missing: Record<string, number> },
): SetReport {
  const wrong: Wrong = { lines: [] }
  const figures = {
    mails: results.mails.length,
    retrieval: retrievalOf(run, results),
    triage: triageOf(results, wrong),
    gate: Object.fromEntries(modes.map((mode) => [mode, gateOf(run, results, mode, wrong)])),
    outcomes: Object.fromEntries(modes.map((mode) => [mode, outcomesOf(run, results, mode, wrong)])),
    composed: composedOf(results, wrong),
    slips: slipsOf(results, wrong),
    cost: costsOf(run, results, price),
    missing,
  }
  return { ...figures, wrong: wrong.lines }
}

const fileOf = ({ run }: MailResult) => run.mail.expectation.file

function retrievalOf({ set }: SetRun, { mails }: SetResults): SetReport['retrieval'] {
  const own = set.knowledge?.outline.languages ?? []
  const needed = mails.flatMap((mail) => {
    const { passages, language } = mail.run.mail.expectation
    if (mail.run.situation === null) return []
    const given = new Set(
      mail.run.situation.sources.passages.map(({ file, heading }) => `${file} > ${heading}`),
    )
    const known = own.includes((language ?? '').split('-')[0] ?? '')
    return passages.map((label) => ({ label: `${fileOf(mail)}: ${label}`, found: given.has(label), known }))
  })
  const share = (some: typeof needed) => shareOf(some.filter(({ found }) => found).length, some.length)
  return {
    all: share(needed),
    ofKnowledge: share(needed.filter(({ known }) => known)),
    other: share(needed.filter(({ known }) => !known)),
    missed: needed.filter(({ found }) => !found).map(({ label }) => label),
  }
}

function triageOf({ mails }: SetResults, wrong: Wrong): SetReport['triage'] {
  const judged = mails.flatMap((mail) => (mail.run.verdict ? [{ mail, verdict: mail.run.verdict }] : []))
  const field = (name: string, fits: (each: (typeof judged)[number]) => boolean | null) => {
    const answers = judged.flatMap((each) => {
      const fit = fits(each)
      if (fit === false) wrong.lines.push(`triage ${name}: ${fileOf(each.mail)}`)
      return fit === null ? [] : [fit]
    })
    return [name, shareOf(answers.filter(Boolean).length, answers.length)] as const
  }
  const want = ({ mail }: (typeof judged)[number]) => mail.run.mail.expectation.triage
  const equal = (expected: unknown, given: unknown) => (expected == null ? null : expected === given)
  const among = (list: readonly string[] | undefined, given: string) =>
    list && list.length > 0 ? list.includes(given) : null
  return Object.fromEntries([
    field('spam', (each) => equal(want(each).spam, each.verdict.spam.is)),
    field('kind', (each) => equal(want(each).kind, each.verdict.spam.kind)),
    field('needs_reply', (each) => equal(want(each).needs_reply, each.verdict.needs_reply)),
    field('manipulation', (each) => equal(want(each).manipulation, each.verdict.manipulation)),
    field('category', (each) => among(want(each).category, each.verdict.category)),
    field('sentiment', (each) => among(want(each).sentiment, each.verdict.sentiment.label)),
    field('urgency', (each) => {
      const [least, most] = want(each).urgency ?? []
      return least === undefined || most === undefined
        ? null
        : each.verdict.urgency >= least && each.verdict.urgency <= most
    }),
    field('language', ({ mail, verdict }) =>
      equal(mail.run.mail.expectation.language, verdict.language.split('-')[0]),
    ),
  ])
}

function gateOf(run: SetRun, { replies }: SetResults, mode: Mode, wrong: Wrong): GateFigures {
  const judged = replies.map((each) => ({
    each,
    decision: each.reply === null ? null : decisionOn(run, each.mail.run, each.reply, mode),
  }))
  const of = (label: string) =>
    judged.flatMap(({ each, decision }) =>
      each.labelled.label === label && decision ? [{ each, decision }] : [],
    )
  const acted = (label: string, action: string) => {
    const some = of(label)
    return shareOf(some.filter(({ decision }) => decision.action === action).length, some.length)
  }
  const good = [...of('good-send'), ...of('good-draft').filter(({ each }) => !mayBeHeld(each, mode))]
  const faults: GateFigures['faults'] = {}
  for (const { each, decision } of of('bad')) {
    const name = each.labelled.fault ?? 'none'
    const counted = faults[name] ?? { sent: 0, of: 0 }
    const sent = decision.action === 'send'
    faults[name] = { sent: counted.sent + (sent ? 1 : 0), of: counted.of + 1 }
    if (sent) wrong.lines.push(`gate ${mode}: ${each.labelled.id} (${name}) would be sent`)
  }
  for (const { each, decision } of of('good-send'))
    if (mode === 'send' && decision.action !== 'send')
      wrong.lines.push(
        `gate ${mode}: ${each.labelled.id} (good) would not be sent: ${decision.reasons.join(' ')}`,
      )
  for (const { each, decision } of good)
    if (decision.action === 'hold')
      wrong.lines.push(`gate ${mode}: ${each.labelled.id} (good) is withheld: ${decision.reasons.join(' ')}`)
  return {
    goodSent: acted('good-send', 'send'),
    badSent: acted('bad', 'send'),
    goodDraftSent: acted('good-draft', 'send'),
    goodWithheld: shareOf(good.filter(({ decision }) => decision.action === 'hold').length, good.length),
    pending: judged.filter(({ decision }) => decision === null).length,
    faults,
  }
}

/** The mail itself should be held: then holding a correct answer to it is not a mistake. */
const mayBeHeld = ({ mail }: LabelledResult, mode: Mode) => mail.run.mail.expectation[mode].includes('hold')

function outcomesOf(run: SetRun, { mails }: SetResults, mode: Mode, wrong: Wrong): Share | null {
  const answers = mails.flatMap((mail) => {
    const expected = mail.run.mail.expectation[mode]
    const outcome = outcomeOf(run, mail.run, mail.reply, mode)
    if (outcome === null || expected.length === 0) return []
    const fits = expected.includes(outcome)
    if (!fits)
      wrong.lines.push(
        `outcome ${mode}: ${fileOf(mail)} is ${outcome}, expected ${expected.join(' or ')}${reasonsOf(run, mail, mode)}`,
      )
    return [fits]
  })
  return shareOf(answers.filter(Boolean).length, answers.length)
}

function reasonsOf(run: SetRun, mail: MailResult, mode: Mode): string {
  if (mail.run.decision?.to !== 'compose') return ` (${mail.run.decision?.reason ?? 'not judged'})`
  const reasons = mail.reply === null ? [] : (decisionOn(run, mail.run, mail.reply, mode)?.reasons ?? [])
  return ` (${reasons.join(' ')})`
}

function composedOf({ mails }: SetResults, wrong: Wrong): SetReport['composed'] {
  const written = mails.flatMap((mail) =>
    mail.reply ? [{ mail, text: mail.reply.composed.text, reply: mail.reply }] : [],
  )
  const matches = (pattern: string, text: string) => new RegExp(pattern, 'iu').test(text)
  const judged = written.map(({ mail, text, reply }) => {
    const { facts, must_not } = mail.run.mail.expectation
    const absent = facts.filter((pattern) => !matches(pattern, text))
    const present = must_not.filter((pattern) => matches(pattern, text))
    if (absent.length > 0) wrong.lines.push(`composed: ${fileOf(mail)} lacks ${absent.join(', ')}`)
    if (present.length > 0) wrong.lines.push(`composed: ${fileOf(mail)} has ${present.join(', ')}`)
    return {
      facts: absent.length === 0,
      clean: present.length === 0,
      complete: reply.composed.missing.length === 0,
      asked: facts.length > 0,
    }
  })
  const asked = judged.filter((each) => each.asked)
  return {
    facts: shareOf(asked.filter(({ facts }) => facts).length, asked.length),
    clean: shareOf(judged.filter(({ clean }) => clean).length, judged.length),
    complete: shareOf(asked.filter(({ complete }) => complete).length, asked.length),
  }
}

function slipsOf({ slips }: SetResults, wrong: Wrong): Share | null {
  const known = slips.filter(({ asExpected }) => asExpected !== null)
  for (const { slip, became, asExpected } of known)
    if (!asExpected)
      wrong.lines.push(`slip ${slip.id}: ${became}, expected ${[slip.expected, ...slip.also].join(' or ')}`)
  return shareOf(known.filter(({ asExpected }) => asExpected).length, known.length)
}

function costsOf(run: SetRun, { mails }: SetResults, price: Price): SetReport['cost'] {
  const calls = mails.map((mail) => {
    const sends = mail.reply !== null && isChecked(run, mail)
    return {
      triage: mail.run.triage?.answer ?? null,
      compose: mail.written?.answer ?? null,
      check: sends ? (mail.reply?.checked?.answer ?? null) : null,
    }
  })
  const median = (task: 'triage' | 'compose' | 'check') => {
    const usages = calls.flatMap((each) => (each[task] ? [each[task].usage] : []))
    const middle = (values: number[]) => percentile(values, 0.5) ?? 0
    return {
      input: middle(usages.map(({ input }) => input)),
      output: middle(usages.map(({ output }) => output)),
    }
  }
  const sum = (some: (Answer<unknown> | null)[]) =>
    some.reduce((total, answer) => total + (answer ? costOf(answer.usage, price) : 0), 0)
  const mean = (sums: readonly number[]) =>
    sums.length === 0 ? null : sums.reduce((total, each) => total + each, 0) / sums.length
  const answered = calls.filter(({ compose }) => compose !== null)
  return {
    median: { triage: median('triage'), compose: median('compose'), check: median('check') },
    perAnswered: mean(answered.map(({ triage, compose, check }) => sum([triage, compose, check]))),
    perJudged: mean(
      calls
        .filter(({ compose, triage }) => compose === null && triage !== null)
        .map(({ triage }) => sum([triage])),
    ),
  }
}

/** Whether the daemon would ask for the check: only if nothing else prevents sending. */
function isChecked(run: SetRun, mail: MailResult): boolean {
  if (mail.reply === null) return false
  const unchecked = { ...mail.reply, checked: null }
  return decisionOn(run, mail.run, unchecked, 'send')?.reasons.includes('unchecked') ?? true
}
