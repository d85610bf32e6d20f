/** One model call within the budget: money is reserved before it and settled after it, even if it fails. */

import type { Clock, NewId } from '../base/clock.ts'
import { PutOff, reasonOf } from '../base/errors.ts'
import { type Log, senderLabel } from '../base/log.ts'
import type { AccountSettings, Config, ModelTask } from '../config/settings.ts'
import { senderAuthentication } from '../mail/authentication.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Database } from '../store/database.ts'
import { dropModelCall, settleModelCall } from '../store/model-calls.ts'
import {
  everybody,
  type NewModelCall,
  noteBudgetReached,
  reachedReason,
  reserveModelCall,
  spentShares,
} from '../store/spending.ts'
import { type Share, shareHolder, sharesOf, strangers } from './budget/shares.ts'
import { costOf, dayOf, nextMidnight, reservation, tokenBound, worstCase } from './budget.ts'
import { imagesIn, imageTokens, noUsage, type Usage } from './chat.ts'
import { type Answer, type Ask, spentOf, tookOf } from './client.ts'
import { fittingAsk, untilItFits } from './fit.ts'
import type { Models } from './models.ts'
import type { Prompt } from './prompts.ts'
import type { PricedModel } from './rate-limited.ts'

/** What a call needs of the steps' context (context.ts). */
interface CallContext {
  readonly db: Database
  readonly clock: Clock
  readonly newId: NewId
  readonly log: Log
  readonly config: Config
  readonly accounts: ReadonlyMap<string, { readonly settings: AccountSettings }>
  readonly models: Models
  /** Keys the senders' names in the log; secret. */
  readonly replyKey: Buffer
}

interface Occasion {
  /** With whether the owner has written to its sender. */
  mail: StoredMail & { isCorrespondent: boolean }
  task: ModelTask
  prompt: Prompt
  knowledgeHash: string | null
  /** For a trial of settings: it counts in the whole budget, but in no sender's share, and belongs to no mail. */
  isTrial?: boolean
}

/**
 * Wait when the rest of the day's budget is reserved by running calls, milliseconds: most of it is released after
 * them.
 */
const roomRetryMs = 1_000

/**
 * @param question built with the given prompt, or with one whose limits are smaller if the model's context is small
 * @throws PutOff until midnight of the owner's time zone when the day's budget, or the sender's share of it, has no
 * room for the call's maximum cost
 * @throws errors of Model.ask
 */
export function budgetedCall<T>(
  context: CallContext,
  occasion: Occasion,
  question: (prompt: Prompt) => Ask<T>,
): Promise<Answer<T>> {
  return untilItFits(() => {
    const model = context.models.of(occasion.task)
    return paidCall(context, occasion, model, fittingAsk(question, occasion.prompt, model))
  })
}

async function paidCall<T>(
  context: CallContext,
  occasion: Occasion,
  model: PricedModel,
  ask: Ask<T>,
): Promise<Answer<T>> {
  const { db, log } = context
  const { id, atMost } = await reserve(context, occasion, model, ask)
  const settle = ({ input, cachedInput, output }: Usage, cost: number, durationMs: number, by?: string) =>
    settleModelCall(db, id, { input, cachedInput, output, cost, durationMs, answeredBy: by || undefined })
  // If the store fails, the reservation counts at its maximum (settleAbandonedCalls): a paid answer is not lost for
  // that, and the model's error is the one that matters.
  const noted = (ended: Promise<void>) =>
    ended.catch((error: unknown) =>
      log.warn({ event: 'model.cost-not-stored', model: model.name, reason: reasonOf(error) }),
    )
  const answer = await model.ask(ask).catch(async (error: unknown) => {
    const spent = spentOf(error)
    const durationMs = tookOf(error) ?? 0
    // A lost answer may be billed: then the maximum cost is kept.
    if (spent === 'unknown') await noted(settle(noUsage, atMost, durationMs))
    else if (spent) await noted(settle(spent, costOf(spent, model.price), durationMs))
    else await noted(dropModelCall(db, id))
    throw error
  })
  await noted(settle(answer.usage, costOf(answer.usage, model.price), answer.durationMs, answer.model))
  return answer
}

/** Reserve the maximum cost; estimate from octets first because it is cheap, then count tokens. */
async function reserve<T>(
  context: CallContext,
  occasion: Occasion,
  model: PricedModel,
  { messages, maxOutputTokens }: Ask<T>,
): Promise<{ id: string; atMost: number }> {
  const { db, clock, config } = context
  const now = clock.now()
  const ceilings = {
    perDay: config.budget.perDay,
    accountPerDay: context.accounts.get(occasion.mail.row.account)?.settings.budgetPerDay ?? null,
  }
  const { price, name } = model
  const maxOutput = model.outputLimit(maxOutputTokens)
  const pictures = imagesIn(messages) * imageTokens(name)
  const atMost = worstCase(tokenBound(messages) + pictures, maxOutput, price)
  const shares = occasion.isTrial ? [] : sharesIn(context, occasion.mail)
  const call = callOf(context, occasion, { name, atMost, shares }, now)
  const room = await reserveModelCall(db, call, ceilings, now)
  if (room === null) return { id: call.id, atMost: call.worstCase }
  const { fits, amount } = await reservation(room.unspent, messages, maxOutput, price, pictures)
  if (!fits) return reached(context, call, room.share, now)
  const exact = { ...call, worstCase: amount }
  if (amount <= room.free && (await reserveModelCall(db, exact, ceilings, now)) === null) {
    return { id: call.id, atMost: amount }
  }
  throw new PutOff(new Date(now.getTime() + roomRetryMs), 'budget-reserved')
}

function callOf(
  context: CallContext,
  { mail: { row }, task, prompt, knowledgeHash, isTrial }: Occasion,
  { name, atMost, shares }: { name: string; atMost: number; shares: Share[] },
  now: Date,
): NewModelCall {
  return {
    id: context.newId(now),
    messageId: isTrial ? null : row.id,
    account: row.account,
    step: task,
    day: dayOf(now, context.config.budget.timeZone),
    model: name,
    promptHash: prompt.hash,
    knowledgeHash,
    worstCase: atMost,
    shares,
  }
}

/** What the sender of this mail may use of the day's budget. */
function sharesIn({ config, accounts }: CallContext, mail: Occasion['mail']): Share[] {
  const { account, fromAddress: address } = mail.row
  const owner = accounts.get(account)?.settings.owner
  const found = owner ? senderAuthentication(mail, owner) : 'unknown'
  return sharesOf(
    { address, known: mail.isCorrespondent, doubtful: found === 'none' || found === 'dmarc-fail' },
    config.budget,
  )
}

/** The first process to notice tells the owner, once a day for each share. The mail waits, and nothing is lost. */
async function reached(
  { db, config, log, replyKey }: CallContext,
  { day, messageId }: NewModelCall,
  share: string,
  now: Date,
): Promise<never> {
  const { perDay, timeZone } = config.budget
  const until = nextMidnight(now, timeZone)
  const first = await noteBudgetReached(db, day, share, now)
  const label = (name: string) =>
    name === strangers ? name : `${name.split(':', 1)[0]} ${senderLabel(shareHolder(name), replyKey)}`
  if (first && share === everybody) {
    const used = (await spentShares(db, day)).map(({ name, cost }) => `${label(name)} $${cost.toFixed(4)}`)
    log.error({ event: 'budget.reached', day, perDay, until, usedBy: used.join(', ') })
  } else if (first) {
    log.warn({
      event: 'budget.share-reached',
      day,
      reason: reachedReason(share),
      messageId,
      who: label(share),
      until,
    })
  }
  throw new PutOff(until, reachedReason(share))
}
