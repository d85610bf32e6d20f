import type { GuardCode } from '../base/reasons.ts'
import type { Owner } from '../mail/account.ts'
import type { Message } from '../mail/message.ts'
import type { Ceiling, GuardAnswer, GuardContext } from './context.ts'
import { draftRules } from './draft.ts'
import { type Facts, readFacts } from './facts.ts'
import { limits } from './limits.ts'
import { neverRules, type Rule } from './never.ts'

export { type AutoSent, type Ceiling, freshContext, type GuardAnswer, type GuardContext } from './context.ts'

/** The code of a rule, or of the reading before it, that threw. */
export const guardError = 'guard-error' satisfies GuardCode

/**
 * So many drafts for this sender are unsent that nobody will read them all: no further one is written (section 7).
 */
export const draftsPileUp = 'drafts-unsent' satisfies GuardCode

/**
 * The guard: what is the most that may be done with this message? Evaluates every rule of section 3 of docs/rules.md;
 * the strictest one that applies decides. Looks at header, structure, mailbox state and history, never at the meaning
 * of the text. Never throws: a message that cannot be judged is `draft` at most. Run it again right before sending.
 */
export function applyGuard(message: Message, owner: Owner, context: GuardContext): GuardAnswer {
  let facts: Facts
  try {
    facts = readFacts(message, owner, context)
  } catch {
    return { decision: 'draft', reason: guardError, codes: [guardError] }
  }
  const never = firing(neverRules, facts)
  const draft = [...firing(draftRules, facts), ...facts.limits]
  const forbidding: GuardCode[] = never.filter((code) => code !== guardError)
  // A rule that threw stops sending, but only a rule that fired stops drafting.
  if (never.length > forbidding.length) draft.unshift(guardError)
  if (context.openDrafts > limits.openDrafts) forbidding.push(draftsPileUp)
  return conclude(forbidding, draft)
}

function firing(rules: readonly Rule[], facts: Facts): GuardCode[] {
  return rules.flatMap(([code, fires]) => {
    try {
      return fires(facts) ? [code] : []
    } catch {
      return [guardError]
    }
  })
}

function conclude(never: readonly GuardCode[], draft: readonly GuardCode[]): GuardAnswer {
  const codes = [...never, ...draft]
  const decision: Ceiling = never.length > 0 ? 'never' : draft.length > 0 ? 'draft' : 'may'
  return { decision, reason: codes[0] ?? 'ok', codes }
}
