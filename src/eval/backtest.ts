/**
 * `replyd backtest`: runs the owner's past mail through the daemon's own judgement and prompts, next to what was
 * actually sent.
 */

import { OwnerActionError, reasonOf } from '../base/errors.ts'
import type { Verdict } from '../base/verdicts.ts'
import { checkDraft, checkPassages, composeQuestion, savedFor } from '../compose/step.ts'
import { visibleText } from '../mail/text/visible.ts'
import { costOf, countTokens, priceOfModel, worstCase } from '../model/budget.ts'
import type { Model } from '../model/client.ts'
import type { Prompts } from '../model/prompts.ts'
import { type BacktestCase, type CaseOutcome, compare } from './comparison.ts'
import { type Judged, judgePrepared } from './judging.ts'
import { CeilingReached, eachOf, Ledger } from './ledger.ts'
import type { Past, PastAnswer } from './past-mail.ts'
import { type BacktestOptions, marksOf, preparedFor, type Run, subjectOf, toAnswer } from './situation.ts'

export interface Backtest {
  cases: BacktestCase[]
  ceilingReached: boolean
  dollars: number
  calls: number
}

/** Output tokens of typical answers, for the estimate only. */
const usualAnswer = { triage: 120, compose: 260 }

/** US dollars that a run costs if every mail gets a reply: with answers of typical length, and at most. */
export async function estimateBacktest({ answers, styles }: Past, options: BacktestOptions) {
  const run = { ...options, styles }
  const price = priceOfModel(options.config.model)
  const sums = { estimate: 0, worst: 0 }
  const add = async (ask: Parameters<Model['ask']>[0], output: number) => {
    const input = await countTokens(ask.messages)
    sums.estimate += costOf({ input, cachedInput: 0, output }, price)
    sums.worst += worstCase(input, options.model.outputLimit(ask.maxOutputTokens), price)
  }
  for (const prompts of options.prompts) {
    for (const answer of answers) {
      const marks = marksOf(options)
      const prepared = preparedFor(answer, prompts, options, marks.salt)
      if (prepared.question === null) continue
      await add(prepared.question, usualAnswer.triage)
      const { mail, sources } = toAnswer(answer, prompts, run, neutral, prepared.judgement.codes)
      const account = { settings: options.account, prompts }
      const question = composeQuestion(account, options.config.budget.timeZone, mail, sources, marks)
      await add(question, usualAnswer.compose)
    }
  }
  return sums
}

const neutral: Verdict = {
  asks: [],
  search: [],
  spam: { is: false, kind: 'none', confidence: 1 },
  sentiment: { label: 'neutral', intensity: 0 },
  language: 'en',
  category: 'other',
  urgency: 1,
  needs_reply: true,
  manipulation: false,
  payment_change: false,
  summary: '',
  confidence: 1,
}

/** @throws OwnerActionError when the provider refuses the key, the model or the account */
export async function runBacktest({ answers, styles }: Past, options: BacktestOptions): Promise<Backtest> {
  const { config, model, maxDollars, pause } = options
  const ledger = new Ledger({ model, price: priceOfModel(config.model), maxDollars, pause })
  const cases = new Map<PastAnswer, BacktestCase>()
  let ceilingReached = false
  await eachOf(answers, config.model.concurrency, async (answer) => {
    try {
      cases.set(answer, await tryAll(answer, { ...options, styles }, ledger))
    } catch (error) {
      if (!(error instanceof CeilingReached)) throw error
      ceilingReached = true
    }
  })
  const inOrder = answers.flatMap((answer) => cases.get(answer) ?? [])
  return { cases: inOrder, ceilingReached, dollars: ledger.spent, calls: ledger.calls }
}

async function tryAll(answer: PastAnswer, options: Run, ledger: Ledger): Promise<BacktestCase> {
  const { original } = answer
  const sent = visibleText(answer.answer.message).text
  const outcomes: CaseOutcome[] = []
  // The same salts for each: only the prompts may differ.
  const marks = marksOf(options)
  for (const prompts of options.prompts)
    outcomes.push(await outcomeOf(answer, prompts, options, { ledger, marks, sent }))
  return { id: answer.id, subject: subjectOf(original.message), at: original.at, sent, outcomes }
}

interface Attempt {
  ledger: Ledger
  marks: { salt: string; canary: string }
  sent: string
}

async function outcomeOf(
  answer: PastAnswer,
  prompts: Prompts,
  options: Run,
  { ledger, marks, sent }: Attempt,
): Promise<CaseOutcome> {
  const nothing = {
    text: null,
    language: null,
    asks: { answered: 0, of: 0 },
    missing: [],
    claims: 0,
    comparison: null,
  }
  let judged: Judged | null = null
  try {
    const prepared = preparedFor(answer, prompts, options, marks.salt)
    judged = await judgePrepared(prepared, options.account, ledger)
    if (judged.to !== 'compose' || judged.verdict === null) return { ...nothing, judged, fault: null }
    const { mail, sources } = toAnswer(answer, prompts, options, judged.verdict, prepared.judgement.codes)
    const saved = savedFor({ account: { settings: options.account }, mail }, sources)
    const { omitted: _, ...question } = composeQuestion(
      { settings: options.account, prompts },
      options.config.budget.timeZone,
      mail,
      sources,
      marks,
    )
    const composed = saved?.composed ?? (await ledger.ask(question)).value
    const given = saved ? [saved.passage] : sources.passages
    if (composed.text === '') return { ...nothing, judged, missing: composed.missing, fault: null }
    return {
      judged,
      text: composed.text,
      language: composed.language,
      asks: {
        answered: composed.answers.filter(({ answered }) => answered).length,
        of: composed.answers.length,
      },
      missing: composed.missing,
      claims: checkDraft(
        prompts.compose,
        options.account,
        options.config.budget.timeZone,
        mail,
        sources,
        { composed, passages: checkPassages(options.knowledge, given, composed) },
        marks,
      ).length,
      comparison: compare(composed.text, composed.language, sent),
      fault: null,
    }
  } catch (error) {
    if (error instanceof CeilingReached || error instanceof OwnerActionError) throw error
    return { ...nothing, judged, fault: reasonOf(error) }
  }
}
