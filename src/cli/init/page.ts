/** One page from a stranger: HTTPS only, with a deadline, cut at a size, and no redirect that leads to somebody else. */

import { getDomain } from 'tldts'

/** Milliseconds for all of it. */
const patienceMs = 5000
const longestPage = 200_000
const mostRedirects = 3

/** @param post sent as XML when given @throws when there is no such page, or it leads elsewhere */
export async function fetchPage(url: string, post?: string, fetching: typeof fetch = fetch): Promise<string> {
  const signal = AbortSignal.timeout(patienceMs)
  let at = new URL(url)
  for (let hop = 0; hop <= mostRedirects; hop++) {
    if (at.protocol !== 'https:') throw new Error(`${at.origin} is not HTTPS`)
    const sending =
      post === undefined ? {} : { method: 'POST', body: post, headers: { 'content-type': 'text/xml' } }
    const response = await fetching(at.href, { ...sending, redirect: 'manual', signal })
    if (response.status < 300 || response.status >= 400) return textOf(response)
    await response.body?.cancel()
    const next = new URL(response.headers.get('location') ?? '', at)
    if (siteOf(next) !== siteOf(at)) throw new Error(`${at.host} leads to ${next.host}`)
    at = next
  }
  throw new Error(`${at.host} redirects forever`)
}

/** The registered domain: co.uk is not one. */
const siteOf = ({ hostname }: URL) => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname

async function textOf(response: Response): Promise<string> {
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`HTTP ${response.status}`)
  }
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    // What is beyond is not even read: leaving the loop cancels the body.
    if (text.length >= longestPage) break
  }
  return text.slice(0, longestPage)
}
