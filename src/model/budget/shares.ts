/** Which parts of the day's budget a mail may use, so that no single sender uses it up. Pure. */

import { domainPart, organisationalDomain } from '../../mail/address.ts'
import { personKey } from '../../mail/correspondents.ts'
import { isMailboxProvider } from '../../mail/local-parts.ts'

/** The keys of `budget`, fractions of the day's budget. */
interface Fractions {
  perSender: number
  perDomain: number
  reserve: number
}

export interface Sender {
  /** Null when From names nobody. */
  address: string | null
  /** The owner's server found that the address is forged, or could not confirm it. */
  doubtful: boolean
  /** The owner has written to this address. */
  known: boolean
}

export interface Share {
  /** `sender:` or `domain:` with the key of those who share it, or `strangers`. */
  name: string
  /** Fraction of the day's budget, 0 to 1. */
  part: number
}

/** Strangers share a provider's domain. */
const providerFactor = 5

/** RFC 5321 section 4.5.3.1.3, without the angle brackets. */
const longestAddress = 254

/**
 * The shares that a mail of this sender counts in. People the owner has written to do not compete with strangers of
 * their domain, and the reserve is theirs.
 */
export function sharesOf(sender: Sender, { perSender, perDomain, reserve }: Fractions): Share[] {
  const address = (sender.address ?? '').toLowerCase().slice(-longestAddress)
  // A forger must not use up the share of the person that the mail claims to be from.
  const claimed = sender.doubtful ? 'unconfirmed ' : ''
  const person = { name: `sender:${claimed}${personKey(address)}`, part: perSender }
  if (sender.known && !sender.doubtful) return [person]
  const domain = organisationalDomain(domainPart(address))
  const most = isMailboxProvider(domain) ? Math.min(1, providerFactor * perDomain) : perDomain
  return [person, { name: `domain:${claimed}${domain}`, part: most }, { name: strangers, part: 1 - reserve }]
}

/** Name of the share for all people the owner has not written to. */
export const strangers = 'strangers'

/** Tells the owner who the share of that name is for. */
export function shareHolder(name: string): string {
  return name === strangers ? 'people you have not written to' : name.slice(name.indexOf(':') + 1)
}
