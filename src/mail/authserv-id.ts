/** Which Authentication-Results are probably the own server's, from mail that is there. A proposal for the owner, never a decision. */
import { domainPart, organisationalDomain, parseAddressList } from './address.ts'
import { authservIdOf } from './authentication.ts'
import { firstField, type Message } from './message.ts'

/** As long as a host name can be. */
const longestId = 255
/** Octets of a field that are read: the id comes first. */
const longestField = 2000
/** One or two mails may have been written just to be found here. */
const fewestVotes = 3

/** RFC 2045 section 5.1, what RFC 8601 section 2.2 wants unquoted. */
const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/

/**
 * The topmost authserv-id (RFC 8601 section 5) in more than half of these mails. If the own server writes none, the
 * topmost one comes from others, so it must also occur in mail of at least two organisations.
 * @returns null if there is no such id
 */
export function likelyAuthservId(mails: readonly Pick<Message, 'fields'>[]): string | null {
  const votes = new Map<string, { count: number; authors: Set<string> }>()
  for (const mail of mails) {
    const field = firstField(mail, 'authentication-results')
    const id = field === null ? '' : authservIdOf(field.slice(0, longestField))
    if (id.length > longestId || !token.test(id)) continue
    const vote = votes.get(id) ?? { count: 0, authors: new Set() }
    vote.count++
    const author = authorOf(mail)
    if (author !== '') vote.authors.add(author)
    votes.set(id, vote)
  }
  const needed = Math.max(fewestVotes, Math.floor(mails.length / 2) + 1)
  const found = [...votes].find(([, { count, authors }]) => count >= needed && authors.size > 1)
  return found?.[0] ?? null
}

function authorOf(mail: Pick<Message, 'fields'>): string {
  const [author] = parseAddressList((firstField(mail, 'from') ?? '').slice(0, longestField))
  const address = author?.address ?? ''
  return organisationalDomain(domainPart(address))
}
