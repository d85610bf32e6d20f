import { memoizedAddresses } from '../base/lru.ts'
import { domainPart, organisationalDomain } from '../mail/address.ts'
import { limitKey, personKey } from '../mail/correspondents.ts'
import { isMailboxProvider } from '../mail/local-parts.ts'
import type { GuardContext } from './context.ts'

const second = 1000
const hour = 3_600 * second
const day = 24 * hour

/** The limits of section 7, which stop loops that no header reveals. */
export const limits = {
  perAddressPerDay: 3,
  perThread: 2,
  sameReplyDays: 7,
  perHour: 50,
  perDay: 300,
  perDomainPerDay: 20,
  /** Strangers share a provider's domain, but nobody creates hundreds of accounts there to get answers. */
  perProviderPerDay: 100,
  /** Milliseconds. Nobody reads and answers a mail faster. */
  fastestPerson: 60 * second,
  openDrafts: 5,
} as const

export type LimitCode =
  | 'sender-throttled'
  | 'thread-throttled'
  | 'same-reply'
  | 'hour-throttled'
  | 'day-throttled'
  | 'domain-throttled'
  | 'fast-answer'

/**
 * @param target where the reply would go
 * @param threadIds the ids in In-Reply-To and References
 * @returns the codes of all reached limits, in table order
 */
export function reachedLimits(
  target: string | null,
  threadIds: readonly string[],
  context: GuardContext,
): LimitCode[] {
  if (context.autoSent.length === 0) return []
  const keys = target === null ? null : keysOf(target)
  const found = counted(keys, new Set(threadIds), context)
  const isProvider = keys !== null && isMailboxProvider(keys.organisation)
  const reached: Record<LimitCode, boolean> = {
    'sender-throttled': found.toPerson >= limits.perAddressPerDay,
    'thread-throttled': found.ours.size >= limits.perThread,
    'same-reply': found.sameReply,
    'hour-throttled': found.lastHour >= limits.perHour,
    'day-throttled': found.lastDay >= limits.perDay,
    'domain-throttled':
      found.toOrganisation >= (isProvider ? limits.perProviderPerDay : limits.perDomainPerDay),
    'fast-answer': found.fastAnswer,
  }
  return (Object.keys(reached) as LimitCode[]).filter((code) => reached[code])
}

/** What the limits compare of an address. */
interface Keys {
  mailbox: string
  person: string
  organisation: string
}

/** Each reply of the last day is compared with each mail. */
const keysOf = memoizedAddresses((address): Keys => {
  const mailbox = limitKey(address)
  return {
    mailbox,
    person: personKey(address),
    organisation: organisationalDomain(domainPart(mailbox)),
  }
})

/** In one pass: there may be a thousand replies. @param keys of the target; null if there is none */
function counted(keys: Keys | null, thread: ReadonlySet<string>, context: GuardContext) {
  const { autoSent, candidateHash } = context
  const [now, answersAt] = [context.now.getTime(), context.arrivedAt.getTime()]
  /** Ids of our replies that the mail names. */
  const ours = new Set<string>()
  let [lastHour, lastDay, toPerson, toOrganisation] = [0, 0, 0, 0]
  let [sameReply, fastAnswer] = [false, false]
  for (const { to, at, messageId, hash } of autoSent) {
    // A slot in the future (the clock was set back) counts as now: a limit must not fail open.
    const age = now - at.getTime()
    const its = keysOf(to)
    if (age <= hour) lastHour++
    if (age <= day) {
      lastDay++
      if (its.person === keys?.person) toPerson++
      if (its.organisation === keys?.organisation) toOrganisation++
    }
    // RFC 3834 section 2, RFC 5230 section 4.2: never the same answer to the same person again.
    if (candidateHash !== null && hash === candidateHash && age <= limits.sameReplyDays * day)
      sameReply ||= its.mailbox === keys?.mailbox
    if (messageId !== null && thread.has(messageId)) {
      ours.add(messageId)
      fastAnswer ||= answersAt - at.getTime() <= limits.fastestPerson
    }
  }
  return { lastHour, lastDay, toPerson, toOrganisation, sameReply, ours, fastAnswer }
}
