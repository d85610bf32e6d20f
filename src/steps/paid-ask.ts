/** One question to the model under the ceiling in money: reserved before, settled after, whatever happens between. */
import { costOf, dayOf, nextMidnight, priceOfModel, tokenBound, worstCase } from '../budget.ts'
import { noUsage, type Usage } from '../judgement/chat.ts'
import { type Answer, type Ask, spentOf } from '../llm.ts'
import type { MessageRow } from '../store/messages.ts'
import { reserveModelCall, settleModelCall } from '../store/model-calls.ts'
import { accountOf, PutOff, type StepContext } from './context.ts'

interface Occasion {
  row: MessageRow
  step: 'triage' | 'compose'
  promptHash: string
  knowledgeHash: string | null
}

/**
 * @throws PutOff until midnight of the owner's time zone when the day's budget has no room for the call's worst case
 * @throws whatever Model.ask throws
 */
export async function paidAsk<T>(context: StepContext, occasion: Occasion, ask: Ask<T>): Promise<Answer<T>> {
  const { db, clock, config, model } = context
  const { row, step, promptHash, knowledgeHash } = occasion
  const price = priceOfModel(config.model)
  const now = clock.now()
  const atMost = worstCase(tokenBound(ask.messages), model.outputLimit(ask.maxOutputTokens), price)
  const id = context.newId(now)
  const day = dayOf(now, config.budget.timeZone)
  const call = {
    id,
    messageId: row.id,
    account: row.account,
    step,
    day,
    model: model.name,
    promptHash,
    knowledgeHash,
    worstCase: atMost,
  }
  const ceilings = {
    perDay: config.budget.perDay,
    accountPerDay: accountOf(context, row.account).settings.budgetPerDay,
  }
  if (!(await reserveModelCall(db, call, ceilings, now))) {
    throw new PutOff(nextMidnight(now, config.budget.timeZone), 'budget-reached')
  }
  const settle = (usage: Usage, cost: number) =>
    settleModelCall(db, id, { ...usage, cost, durationMs: clock.now().getTime() - now.getTime() })
  try {
    const answer = await model.ask(ask)
    await settle(answer.usage, costOf(answer.usage, price))
    return answer
  } catch (error) {
    const spent = spentOf(error)
    // An answer that was lost may be on the bill: then the worst case stands.
    if (spent === 'unknown') await settle(noUsage, atMost)
    else await settle(spent ?? noUsage, costOf(spent ?? noUsage, price))
    throw error
  }
}
