/** One model call within the budget: reserved before, settled after, whatever happens in between. */

import type { ModelTask } from '../config/settings.ts'
import { accountOf, PutOff, type StepContext } from '../context.ts'
import type { MessageRow } from '../store/messages.ts'
import {
  budgetReached,
  dropModelCall,
  type NewModelCall,
  noteBudgetReached,
  reserveModelCall,
  settleModelCall,
} from '../store/model-calls.ts'
import { costOf, dayOf, nextMidnight, reservation, tokenBound, worstCase } from './budget.ts'
import { noUsage, type Usage } from './chat.ts'
import { type Answer, type Ask, spentOf, tookOf } from './client.ts'
import { fittingAsk, untilItFits } from './fit.ts'
import type { Prompt } from './prompts.ts'
import type { PricedModel } from './rate-limited.ts'

interface Occasion {
  row: MessageRow
  task: ModelTask
  prompt: Prompt
  knowledgeHash: string | null
}

/**
 * Wait when the rest of the day's budget is reserved by running calls, milliseconds: most of it is released after
 * them.
 */
const roomRetryMs = 1_000

/**
 * @param question built with the given prompt, or with one whose limits are smaller if the model's context is small
 * @throws PutOff until midnight of the owner's time zone when the day's budget has no room for the call's maximum
 * cost
 * @throws errors of Model.ask
 */
export function budgetedCall<T>(
  context: StepContext,
  occasion: Occasion,
  question: (prompt: Prompt) => Ask<T>,
): Promise<Answer<T>> {
  return untilItFits(() => {
    const model = context.models.of(occasion.task)
    return paidCall(context, occasion, model, fittingAsk(question, occasion.prompt, model))
  })
}

async function paidCall<T>(
  context: StepContext,
  occasion: Occasion,
  model: PricedModel,
  ask: Ask<T>,
): Promise<Answer<T>> {
  const { db } = context
  const { id, atMost } = await reserve(context, occasion, model, ask)
  const settle = (usage: Usage, cost: number, durationMs: number, answeredBy?: string) =>
    settleModelCall(db, id, { ...usage, cost, durationMs, ...(answeredBy ? { answeredBy } : {}) })
  try {
    const answer = await model.ask(ask)
    await settle(answer.usage, costOf(answer.usage, model.price), answer.durationMs, answer.model)
    return answer
  } catch (error) {
    const spent = spentOf(error)
    const durationMs = tookOf(error) ?? 0
    // A lost answer may be billed: then the maximum cost is kept.
    if (spent === 'unknown') await settle(noUsage, atMost, durationMs)
    else if (spent) await settle(spent, costOf(spent, model.price), durationMs)
    else await dropModelCall(db, id)
    throw error
  }
}

/** Reserve the maximum cost; estimate from octets first because it is cheap, then count tokens. */
async function reserve<T>(
  context: StepContext,
  occasion: Occasion,
  model: PricedModel,
  { messages, maxOutputTokens }: Ask<T>,
): Promise<{ id: string; atMost: number }> {
  const { db, clock, config } = context
  const now = clock.now()
  const ceilings = {
    perDay: config.budget.perDay,
    accountPerDay: accountOf(context, occasion.row.account).settings.budgetPerDay,
  }
  const { price, name } = model
  const maxOutput = model.outputLimit(maxOutputTokens)
  const call = callOf(
    context,
    occasion,
    { name, atMost: worstCase(tokenBound(messages), maxOutput, price) },
    now,
  )
  const room = await reserveModelCall(db, call, ceilings, now)
  if (room === null) return { id: call.id, atMost: call.worstCase }
  const { fits, amount } = await reservation(room.unspent, messages, maxOutput, price)
  if (!fits) return reached(context, call.day, now)
  const exact = { ...call, worstCase: amount }
  if (amount <= room.free && (await reserveModelCall(db, exact, ceilings, now)) === null) {
    return { id: call.id, atMost: amount }
  }
  throw new PutOff(new Date(now.getTime() + roomRetryMs), 'budget-reserved')
}

function callOf(
  context: StepContext,
  { row, task, prompt, knowledgeHash }: Occasion,
  { name, atMost }: { name: string; atMost: number },
  now: Date,
): NewModelCall {
  return {
    id: context.newId(now),
    messageId: row.id,
    account: row.account,
    step: task,
    day: dayOf(now, context.config.budget.timeZone),
    model: name,
    promptHash: prompt.hash,
    knowledgeHash,
    worstCase: atMost,
  }
}

/** The first process tells the owner, once a day; the mail waits, and nothing is lost. */
async function reached({ db, config, log }: StepContext, day: string, now: Date): Promise<never> {
  const { perDay, timeZone } = config.budget
  const until = nextMidnight(now, timeZone)
  if (await noteBudgetReached(db, day, now)) log.error({ event: 'budget.reached', day, perDay, until })
  throw new PutOff(until, budgetReached)
}
