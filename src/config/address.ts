import { domainToASCII } from 'node:url'

/**
 * The owner's own addresses and the entries of allow and deny lists: bare `local@domain` (RFC 5321 section 4.1.2,
 * no display name, no quoted local part).
 * @returns lower case with the domain as A-labels (RFC 5890), or null when it is not a bare address
 */
export function canonicalAddress(text: string): string | null {
  const at = text.lastIndexOf('@')
  if (at < 1) return null
  const local = text.slice(0, at)
  if (local.length > 64 || !/^[^\s"(),:;<>@[\\\]\p{Cc}]+$/u.test(local)) return null
  const domain = canonicalDomain(text.slice(at + 1))
  return domain === null ? null : `${local.toLowerCase()}@${domain}`
}

/** Lower case, A-labels, no trailing dot; null when it is not a domain name. */
export function canonicalDomain(text: string): string | null {
  const ascii = domainToASCII(text.replace(/\.$/, ''))
  const labels = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/
  return labels.test(ascii) && ascii.length <= 253 ? ascii : null
}
