/** The network that `init` asks about an address: name servers, pages, ports and the models of this machine. */
import { resolveMx, resolveSrv } from 'node:dns/promises'
import { getDomain } from 'tldts'
import { PermanentError } from '../../base/errors.ts'
import { exchange } from '../../base/http.ts'
import type { Network } from './discover.ts'
import { ownModels } from './models.ts'
import { probe } from './probe.ts'

/** Of one look-up, milliseconds. */
const lookUpMs = 5000

export const internet: Network = {
  resolveMx: (domain) => withDeadline(resolveMx(domain)),
  resolveSrv: (name) => withDeadline(resolveSrv(name)),
  fetchText: (url, post) => fetchPage(url, post),
  probe: (host, port, kind) => probe(host, port, kind),
  ownModels: () => ownModels(),
}

function withDeadline<T>(asked: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), lookUpMs).unref()
  })
  return Promise.race([asked, late])
}

const withinMs = 5_000
const mostOctets = 200_000

/**
 * One page from a stranger: HTTPS only, with a deadline, cut at a size, and no redirect that leads to somebody else.
 * @param post sent as XML when given
 * @throws when there is no such page, or it leads elsewhere
 */
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
