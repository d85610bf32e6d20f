import { domainPart, organisationalDomain, parseAddressList, stripComments } from './address.ts'
import { fieldValues, firstField, type Message } from './message.ts'
import { quotedEnd } from './mime/keyword.ts'

/** What the account's own servers determined about the author's domain (section 9). */
export type Authentication = 'unknown' | 'pass' | 'none' | 'dmarc-fail'

/** One method's result: `dkim=pass header.d=x.example`. All in lower case. */
interface MethodResult {
  method: string
  result: string
  /** For example `header.from`. */
  properties: ReadonlyMap<string, string>
  /** False if some words are not pairs: text that a sender put into a domain or address may have escaped its value. */
  sound: boolean
}

/** As `authentication`, for a stored mail and its first From address. */
export function senderAuthentication(
  { row, message }: { row: { fromAddress: string | null }; message: Pick<Message, 'fields'> },
  { authservIds }: { authservIds: readonly string[] },
): Authentication {
  return authentication(message, authservIds, domainPart(row.fromAddress ?? ''))
}

/**
 * Whether our own servers found signs of a forgery: DMARC failed; or nothing passed for the author's domain, and a check
 * such as SPF or DKIM failed (all that a domain without a DMARC policy shows), or the results may be about another author.
 */
export function isRefuted(
  { row, message }: { row: { fromAddress: string | null }; message: Pick<Message, 'fields'> },
  { authservIds }: { authservIds: readonly string[] },
): boolean {
  const found = senderAuthentication({ row, message }, { authservIds })
  if (found !== 'none') return found === 'dmarc-fail'
  if (fieldValues(message, 'from').flatMap((value) => parseAddressList(value)).length > 1) return true
  const results = trustedResults(message, authservIds) ?? []
  return results.some(({ result }) => result === 'fail' || result === 'softfail')
}

/**
 * Reads the trusted Authentication-Results fields (RFC 8601) and compares them with the author's organisational
 * domain. `unknown`: there is no such field, as in internal mail.
 * @param authorDomain domain of the first From address
 */
export function authentication(
  message: Pick<Message, 'fields'>,
  authservIds: readonly string[],
  authorDomain: string,
): Authentication {
  const results = trustedResults(message, authservIds)
  if (results === null) return 'unknown'
  const organisation = organisationalDomain(authorDomain)
  const aligned = (domain: string) => domain !== '' && organisationalDomain(domain) === organisation
  if (results.some((result) => isDmarcFail(result, aligned))) return 'dmarc-fail'
  return results.some((result) => isAlignedPass(result, aligned)) ? 'pass' : 'none'
}

/** By header and the ids that are trusted: several steps ask for the same mail. */
const read = new WeakMap<Message['fields'], WeakMap<readonly string[], readonly MethodResult[] | null>>()

/** null when no trusted server says anything. */
function trustedResults(
  message: Pick<Message, 'fields'>,
  authservIds: readonly string[],
): readonly MethodResult[] | null {
  const known = read.get(message.fields) ?? new WeakMap<readonly string[], readonly MethodResult[] | null>()
  read.set(message.fields, known)
  const found = known.get(authservIds)
  if (found !== undefined) return found
  const trusted = trustedAuthentication(message, authservIds)
  const results = trusted.length === 0 ? null : topmostResults(trusted)
  known.set(authservIds, results)
  return results
}

/**
 * Of each method the topmost field's results, and every failure of DMARC. A server that reports a method in its own
 * field may have kept a field below it that the sender wrote in its name (RFC 8601 section 5 forbids that).
 */
function topmostResults(fields: readonly string[]): MethodResult[] {
  const found: MethodResult[] = []
  for (const field of fields) {
    const above = new Set(found.map(({ method }) => method))
    found.push(
      ...resultsOf(field).filter(
        ({ method, result }) => !above.has(method) || (method === 'dmarc' && result === 'fail'),
      ),
    )
  }
  return found
}

/** The host that wrote a Received field (RFC 5321 section 4.4); null for an address literal or an unqualified name. */
function receivedBy(value: string): string | null {
  const host = /(?:^|\s)by\s+([^\s;()]{1,255})/i.exec(stripComments(value))?.[1]?.toLowerCase() ?? ''
  return /^[a-z0-9.-]+\.[a-z][a-z0-9-]*$/.test(host) ? host : null
}

/** Whether a server of another organisation than that of the ids wrote it. Microsoft 365 writes no id. */
function isForeignReceived(value: string, authservIds: readonly string[]): boolean {
  const host = receivedBy(value)
  if (host === null) return false
  const own = authservIds.map((id) =>
    organisationalDomain(id === '' ? 'outlook.com' : id.replaceAll('*', 'x')),
  )
  return !own.includes(organisationalDomain(host))
}

/**
 * RFC 8601 section 5: the topmost field with our own id, and further ones up to the next Received field (several
 * filters on one server add one each). Fields below the next Received may have been written by the sender, and so may
 * fields below one from another organisation's server.
 */
export function trustedAuthentication(
  message: Pick<Message, 'fields'>,
  authservIds: readonly string[],
): string[] {
  const trusted: string[] = []
  for (const { name, value } of message.fields) {
    if (name === 'received' && (trusted.length > 0 || isForeignReceived(value, authservIds))) break
    if (name === 'authentication-results' && isTrusted(authservIdOf(value), authservIds)) trusted.push(value)
  }
  return trusted
}

/**
 * Ids are host names, so case does not matter (RFC 5321 section 2.4). A label `*` of a trusted id matches any one
 * label, because large providers use many host names. It does not match a whole domain.
 */
function isTrusted(id: string, trusted: readonly string[]): boolean {
  const written = id.toLowerCase()
  return trusted.some((one) => {
    const wanted = one.toLowerCase()
    if (!wanted.includes('*')) return wanted === written
    const labels = written.split('.')
    const pattern = wanted.split('.')
    return (
      isWildcardId(wanted) &&
      pattern.length === labels.length &&
      pattern.every((label, at) => label === '*' || label === labels[at])
    )
  })
}

/** Only whole labels may be `*`, and never those of the organisational domain. */
function isWildcardId(id: string): boolean {
  if (!id.includes('*') || /[^.]\*|\*[^.]/.test(id)) return false
  const organisation = organisationalDomain(id.replaceAll('*', 'x')).split('.').length
  return organisation > 1 && !id.split('.').slice(-organisation).includes('*')
}

/** Cuts at semicolons outside quoted strings; comments are removed, runs of spaces are one. */
function segments(field: string): string[] {
  const value = stripComments(field).replace(/\s{2,}|[^\S ]/g, ' ')
  if (!value.includes('"')) return value.split(';').map((segment) => segment.trim())
  const found: string[] = []
  let start = 0
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '"') {
      const end = quotedEnd(value, at)
      if (end < 0) break
      at = end - 1
    } else if (value[at] === ';') {
      found.push(value.slice(start, at))
      start = at + 1
    }
  }
  found.push(value.slice(start))
  return found.map((segment) => segment.trim())
}

/**
 * RFC 8601 section 2.2. Microsoft 365 writes no authserv-id: its id is read as the empty string. A version may
 * follow; OpenDKIM and OpenDMARC append a job id, Yahoo its own property.
 */
function authservIdOf(value: string): string {
  const head = segments(value)[0] ?? ''
  const [id = '', ...rest] = head.split(' ')
  if (id.includes('=')) return ''
  if (rest.length > 0 && !/^(?:\d{1,9}$|[^ =]+=)/.test(rest.join(' '))) return head
  return id.replace(/^"(.*)"$/, '$1').replace(/\/[^/]{1,100}$/, '')
}

function resultsOf(value: string): MethodResult[] {
  return segments(value)
    .map(parseResult)
    .filter((result) => result !== null)
}

function parseResult(segment: string): MethodResult | null {
  // RFC 8601 section 2.2: spaces may surround the dot of a property's name. Only there: a value keeps its spaces.
  const joined = / [=.]|[=.] /.test(segment)
    ? segment.replace(/ ?= ?/g, '=').replace(/(?<= )([\w-]{1,40}) ?\. ?([\w-]{1,40}=)/g, '$1.$2')
    : segment
  const words = joined.match(/(?:"(?:[^"\\]|\\.)*"|[^ ])+/g) ?? []
  const pairs = words.flatMap((word) => {
    const [, key = '', value = ''] = /^([^="]{1,80})=(.+)$/s.exec(word) ?? []
    return key === '' ? [] : [[key.toLowerCase(), value.replace(/^"(.*)"$/, '$1').toLowerCase()] as const]
  })
  const [first, ...properties] = pairs
  if (!first) return null
  const sound = pairs.length === words.length
  // A method may carry a version: `dkim/1=pass`.
  return { method: first[0].split('/')[0] ?? '', result: first[1], properties: new Map(properties), sound }
}

/** The domain in `x.example`, `@x.example`, `user@x.example` or `<user@x.example>`; empty if there is none. */
function domainIn(value: string | undefined): string {
  if (!value) return ''
  const written = value.replace(/^<|>$/g, '')
  const domain = domainPart(written)
  // All of it must be a domain: `x.example,y.example` is not one.
  if (!/^[a-z0-9._\-\u{a1}-\u{10ffff}]+$/u.test(domain)) return ''
  // Nearly all are already what the parser would return.
  if (domain.length <= 255 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(domain)) return domain
  return parseAddressList(`x@${domain}`)[0]?.address.slice(2) ?? ''
}

/** RFC 7489: a result that names another domain says nothing about this author. */
function isDmarcFail(
  { method, result, properties }: MethodResult,
  aligned: (domain: string) => boolean,
): boolean {
  if (method !== 'dmarc' || result !== 'fail') return false
  const domain = domainIn(properties.get('header.from'))
  return domain === '' || aligned(domain)
}

/** Unknown methods and results are ignored (RFC 8601 section 4.1). */
function isAlignedPass(
  { method, result, properties, sound }: MethodResult,
  aligned: (domain: string) => boolean,
): boolean {
  if (!sound) return false
  const hasAligned = (...names: string[]) => names.some((name) => aligned(domainIn(properties.get(name))))
  if (method === 'dmarc')
    return (result === 'pass' || result === 'bestguesspass') && hasAligned('header.from')
  if (result !== 'pass') return false
  if (method === 'dkim') return hasAligned('header.d', 'header.i')
  return method === 'spf' && hasAligned('smtp.mailfrom')
}

/** As long as a host name can be. */
const longestId = 255
/** Octets of a field that are read: the id comes first. */
const longestField = 2000
/** One or two mails may have been written just to be found here. */
const fewestVotes = 3

/** RFC 2045 section 5.1, what RFC 8601 section 2.2 wants unquoted. */
const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/

/**
 * A proposal for the owner, never a decision: the topmost authserv-id (RFC 8601 section 5) in more than half of these
 * mails. If our own server writes none, the topmost one comes from others, so it must also occur in mail of at least
 * two organisations.
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
