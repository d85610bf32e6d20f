import { domainPart, organisationalDomain } from '../mail/address.ts'
import { limitKey, personKey } from '../mail/correspondents.ts'
import { isMailboxProvider } from '../mail/local-parts.ts'
import type { AutoSent, GuardContext } from './context.ts'

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
  const { now, autoSent, candidateHash } = context
  if (autoSent.length === 0) return []
  const thread = new Set(threadIds)
  // A slot in the future (the clock was set back) counts as now: a limit must not fail open.
  const within = (sent: AutoSent, span: number) => now.getTime() - sent.at.getTime() <= span
  const today = autoSent.filter((sent) => within(sent, day))
  const ours = autoSent.filter((sent) => sent.messageId !== null && thread.has(sent.messageId))
  const key = target === null ? null : limitKey(target)
  const answersAt = context.arrivedAt.getTime()
  const reached: Record<LimitCode, boolean> = {
    'sender-throttled': target !== null && isPersonThrottled(personKey(target), today),
    'thread-throttled': new Set(ours.map((sent) => sent.messageId)).size >= limits.perThread,
    // RFC 3834 section 2, RFC 5230 section 4.2: never the same answer to the same person again.
    'same-reply':
      candidateHash !== null &&
      autoSent.some(
        (sent) =>
          sent.hash === candidateHash &&
          within(sent, limits.sameReplyDays * day) &&
          limitKey(sent.to) === key,
      ),
    'hour-throttled': autoSent.filter((sent) => within(sent, hour)).length >= limits.perHour,
    'day-throttled': today.length >= limits.perDay,
    'domain-throttled': key !== null && isDomainThrottled(domainPart(key), today),
    'fast-answer': ours.some((sent) => answersAt - sent.at.getTime() <= limits.fastestPerson),
  }
  return (Object.keys(reached) as LimitCode[]).filter((code) => reached[code])
}

function isPersonThrottled(person: string, today: readonly AutoSent[]): boolean {
  const most = limits.perAddressPerDay
  return today.length >= most && today.filter(({ to }) => personKey(to) === person).length >= most
}

function isDomainThrottled(domain: string, today: readonly AutoSent[]): boolean {
  const organisation = organisationalDomain(domain)
  const most = isMailboxProvider(organisation) ? limits.perProviderPerDay : limits.perDomainPerDay
  const isThere = ({ to }: AutoSent) => organisationalDomain(domainPart(limitKey(to))) === organisation
  return today.length >= most && today.filter(isThere).length >= most
}
