/** One page from a stranger: HTTPS only, with a deadline, cut at a size, and no redirect that leads to somebody else. */
import { getDomain } from 'tldts'
import { PermanentError } from '../../base/errors.ts'
import { exchange } from '../../base/http.ts'

const withinMs = 5_000
const mostOctets = 200_000

/** @param post sent as XML when given @throws when there is no such page, or it leads elsewhere */
export async function fetchPage(url: string, post?: string): Promise<string> {
  const { protocol, origin } = new URL(url)
  if (protocol !== 'https:') throw new PermanentError(`${origin} is not HTTPS`)
  const sending =
    post === undefined ? {} : { method: 'POST', body: post, headers: { 'content-type': 'text/xml' } }
  const limits = { mostOctets, cut: true, withinMs }
  const { status, body } = await exchange(url, { ...sending, ...limits, follows: staysWithin })
  if (status < 200 || status > 299) throw new PermanentError(`HTTP ${status}`)
  return body.toString()
}

/** Whether a redirect stays with HTTPS and the same registered domain; co.uk is not one. */
export function staysWithin(from: URL, to: URL): boolean {
  return to.protocol === 'https:' && siteOf(to) === siteOf(from)
}

const siteOf = ({ hostname }: URL) => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname
