/** `replyd eval`: runs labelled mail through the daemon's own judgement, and reports figures. */

import type { Clock, NewId } from '../base/clock.ts'
import { OwnerActionError, reasonOf, TemporaryError } from '../base/errors.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { Owner } from '../mail/account.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { costOf, countTokens, priceOfModel, worstCase } from '../model/budget.ts'
import type { Model } from '../model/client.ts'
import type { Prompts } from '../model/prompts.ts'
import type { LabelledMail } from './cases.ts'
import { guessOwner } from './explain.ts'
import { dateOf, judgePrepared, type Prepared, prepare } from './judging.ts'
import { CeilingReached, eachOf, Ledger } from './ledger.ts'
import { type EvalCase, type EvalReport, reportOf } from './report.ts'

export { type BayesReport, evaluateBayes } from './bayes.ts'
export { type LabelledMail, parseLabels } from './cases.ts'
export type { EvalReport } from './report.ts'

interface EvalOptions {
  config: Config
  account: AccountSettings
  prompts: Prompts
  model: Model
  /** US dollars; no call is made that could exceed it. */
  maxDollars: number
  clock: Clock
  newId: NewId
  pause: (ms: number) => Promise<void>
}

/** Output tokens of a typical triage answer, for the estimate only. */
const usualAnswer = 120
/** Number of unanswered calls tolerated before the first answer. */
const mostLost = 3

interface WaitingCase {
  label: LabelledMail
  settings: AccountSettings
  prepared: Prepared
}

interface EvalPlan {
  mails: WaitingCase[]
  /** US dollars: with answers of typical length, and if every call cost its maximum. */
  estimate: number
  worst: number
}

/** Reads every mail and estimates the cost of judging them. @param read octets of a labelled file; may throw */
export async function planEval(
  labels: readonly LabelledMail[],
  read: (file: string) => Buffer,
  options: EvalOptions,
): Promise<EvalPlan> {
  const { config, prompts, account, model } = options
  const price = priceOfModel(config.model)
  const plan: EvalPlan = { mails: [], estimate: 0, worst: 0 }
  for (const label of labels) {
    const message = parseOctets(read(label.file))
    const settings = { ...account, owner: ownerOf(label, account.owner, guessOwner(message)) }
    const now = options.clock.now()
    const known = {
      arrivedAt: dateOf(message) ?? now,
      timeZone: config.budget.timeZone,
      firstContact: null,
      writtenBefore: null,
      thread: [],
      salt: options.newId(now).slice(-10),
    }
    const prepared = prepare(message, { settings, prompts, knowledge: null }, known)
    plan.mails.push({ label, settings, prepared })
    if (prepared.question === null) continue
    const input = await countTokens(prepared.question.messages)
    plan.estimate += costOf({ input, cachedInput: 0, output: usualAnswer }, price)
    plan.worst += worstCase(input, model.outputLimit(prompts.triage.maxOutputTokens), price)
  }
  return plan
}

/** Labelled mail belongs to many mailboxes: the one that the label names, otherwise the one it was sent to. */
function ownerOf({ ownAddresses }: LabelledMail, configured: Owner, guessed: Owner): Owner {
  const [address, ...aliases] = ownAddresses.map((each) => each.toLowerCase())
  if (address !== undefined) return { ...configured, address, aliases }
  const own = [configured.address, ...configured.aliases]
  return own.includes(guessed.address) ? configured : { ...configured, address: guessed.address, aliases: [] }
}

/**
 * Judges all mails of the plan, several at once.
 * @throws OwnerActionError when the provider refuses the key, the model or the account
 */
export async function runEval({ mails }: EvalPlan, options: EvalOptions): Promise<EvalReport> {
  const { config, prompts, model, maxDollars, pause } = options
  const ledger = new Ledger({ model, price: priceOfModel(config.model), maxDollars, pause })
  const cases = new Map<WaitingCase, EvalCase>()
  let ceilingReached = false
  await eachOf(mails, config.model.concurrency, async (mail) => {
    const { label, settings, prepared } = mail
    try {
      cases.set(mail, { label, judged: await judgePrepared(prepared, settings, ledger), fault: null })
    } catch (error) {
      if (error instanceof OwnerActionError) throw error
      // The model does not answer at all: hundreds of further mails would only take hours to show the same.
      const answered = [...cases.values()].some(({ judged }) => judged?.verdict)
      if (error instanceof TemporaryError && !answered && cases.size >= mostLost) throw error
      if (error instanceof CeilingReached) ceilingReached = true
      else cases.set(mail, { label, judged: null, fault: reasonOf(error) })
    }
  })
  const inOrder = mails.flatMap((mail) => cases.get(mail) ?? [])
  return reportOf(inOrder, {
    wanted: mails.length,
    model: model.name,
    promptHash: prompts.triage.hash,
    ceilingReached,
    usage: ledger.usage,
    calls: ledger.calls,
    dollars: ledger.spent,
  })
}
