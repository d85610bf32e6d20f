/**
 * Addresses (RFC 5322 section 3.4, the obsolete forms of section 4.4, RFC 6854 groups, RFC 6532 UTF-8).
 * Written here because nodemailer's parser does not nest comments, takes `b@c` out of `a . b @ c` and drops the
 * second address of `x <a@b> <c@d>`: on hostile mail each of these answers the wrong person.
 */

import { domainToASCII } from 'node:url'
import { getDomain } from 'tldts'
import { memoizedAddresses, memoizedShort } from '../base/lru.ts'
import { type Token, tokens } from './mime/lexer.ts'
import { decodeWords, plainLine } from './mime/words.ts'

export { fieldKeyword, messageIds, stripComments } from './mime/keyword.ts'
export { decodeWords, plainLine } from './mime/words.ts'

export interface Mailbox {
  /** Display name: decoded, one plain line; empty when absent. Never to be trusted, anyone can write anything here. */
  name: string
  /** `local@domain`: the local part as written, without needless quotes; the domain as lower-case A-labels. */
  address: string
}

const hostName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/

/**
 * Lower-case A-labels without a final dot, or null if it is not a domain. Only letters outside ASCII go through IDNA,
 * because the URL parser behind it would read `127.1`, `a%2eb` or `a/b` in its own way.
 */
function domainOf(written: string): string | null {
  const domain = (written.endsWith('.') ? written.slice(0, -1) : written).toLowerCase()
  if (domain.length <= 255 && hostName.test(domain)) return domain
  if (domain.length > 255 || /[^a-z0-9._\-\u{a0}-\u{10ffff}]|\p{C}/u.test(domain)) return null
  const ascii = /[^a-z0-9._-]/.test(domain)
    ? domainToASCII(domain.normalize('NFC')).replace(/\.$/, '')
    : domain
  return hostName.test(ascii) ? ascii : null
}

/** RFC 5321 section 4.1.3: printable ASCII without brackets and backslash. */
const literalText = /^[!-Z^-~]+$/

function literalDomain(text: string): string | null {
  return literalText.test(text) ? `[${text.toLowerCase()}]` : null
}

const dotAtom = /^[^\s<>,;:@.()"[\]\\]+(\.[^\s<>,;:@.()"[\]\\]+)*$/u

/** Quotes are kept only if RFC 5321 section 4.1.2 requires them: `"joe"@x` and `joe@x` are the same address. */
function localPart(text: string): string | null {
  if (text === '' || text.length > 512 || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return null
  return dotAtom.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

function isSpecial(token: Token | undefined, text: string): boolean {
  return token?.kind === 'special' && token.text === text
}

/** Walks from `at` over words joined by dots; returns the index of the last token taken. */
function walk(list: readonly Token[], at: number, step: -1 | 1): number {
  let taken = at - step
  let wantsDot = false
  for (let index = at; ; index += step) {
    const token = list[index]
    const isDot = isSpecial(token, '.')
    if (!token || (!isDot && (wantsDot || (token.kind !== 'atom' && token.kind !== 'quoted')))) return taken
    // `Smith J. joe@x` is a name and an address; `a . b@x` is one address in obsolete syntax.
    if (isDot && step < 0 && !token.apart && list[index + 1]?.apart) return taken
    wantsDot = !isDot
    taken = index
  }
}

interface Spec {
  /** Null when it is malformed. */
  address: string | null
  /** Indexes of its first and last token. */
  first: number
  last: number
}

/** The addr-spec around the `@` at index `at` (RFC 5322 section 3.4.1). */
function specAt(list: readonly Token[], at: number): Spec {
  const first = walk(list, at - 1, -1)
  const literal = list[at + 1]?.kind === 'literal' ? list[at + 1] : undefined
  const last = literal ? at + 1 : walk(list, at + 1, 1)
  const right = list.slice(at + 1, last + 1)
  const text = (token: Token) => token.text
  const local = localPart(list.slice(first, at).map(text).join(''))
  const quoted = right.some((token) => token.kind === 'quoted')
  const domain = literal ? literalDomain(literal.text) : quoted ? null : domainOf(right.map(text).join(''))
  return { address: local !== null && domain !== null ? `${local}@${domain}` : null, first, last }
}

/** Every addr-spec of a token run; two that share a token (`a@b@c`) are both malformed. */
function specsOf(list: readonly Token[]): Spec[] {
  const specs: Spec[] = []
  list.forEach((token, at) => {
    if (!isSpecial(token, '@')) return
    const spec = specAt(list, at)
    const before = specs.at(-1)
    if (before && spec.first <= before.last) {
      before.address = null
      spec.address = null
    }
    specs.push(spec)
  })
  return specs
}

/** The display name that a token run spells, or else its comment. */
function nameOf(list: readonly Token[]): string {
  let name = ''
  let comment = ''
  for (const token of list) {
    const text = token.kind === 'literal' ? `[${token.text}]` : token.text
    if (token.kind === 'comment') comment += ` ${text}`
    else name += token.apart ? ` ${text}` : text
  }
  return plainLine(decodeWords(name.trim() || comment.trim()))
}

/** The text between `<` and `>`, which must be one addr-spec, possibly after an obsolete route. */
function angleAddress(inside: readonly Token[]): string | null {
  const bare = inside.filter((token) => token.kind !== 'comment')
  const colon = isSpecial(bare[0], '@') ? bare.findIndex((token) => isSpecial(token, ':')) : -1
  const list = bare.slice(colon + 1)
  const [spec, ...others] = specsOf(list)
  return spec && others.length === 0 && spec.first === 0 && spec.last === list.length - 1
    ? spec.address
    : null
}

/** Addresses of a run without angle brackets: usually one or none, several if commas are missing. */
function bareAddresses(run: readonly Token[]): Mailbox[] {
  const list = run.filter((token) => token.kind !== 'comment')
  const specs = specsOf(list)
  const name = nameOf([
    ...list.slice(0, specs[0]?.first ?? 0),
    ...run.filter((token) => token.kind === 'comment'),
  ])
  return specs.flatMap(({ address }) => (address === null ? [] : [{ name, address }]))
}

/** Index of the token that ends the angle bracket opened before `from`: `>`, or `<` and `,` when `>` was forgotten. */
function angleEnd(list: readonly Token[], from: number): number {
  const route = isSpecial(list[from], '@')
  let colon = false
  for (let at = from; at < list.length; at++) {
    const token = list[at]
    if (isSpecial(token, ':')) colon = true
    if (isSpecial(token, '>') || isSpecial(token, '<')) return at
    if ((isSpecial(token, ',') && (!route || colon)) || isSpecial(token, ';')) return at
  }
  return list.length
}

/** The guard, the filter and the prompt read the same fields of a mail. Longer values are read each time. */
const longestKept = 1_000

/**
 * The addresses of a From, To or Reply-To value, including members of groups. Malformed ones are omitted rather than
 * guessed at. Encoded words are decoded after parsing, so that they can't add an address. Linear time.
 */
export const parseAddressList: (value: string) => readonly Mailbox[] = memoizedShort(longestKept, parsed)

function parsed(value: string): Mailbox[] {
  const list = tokens(value)
  const found: Mailbox[] = []
  let run: Token[] = []
  const flush = () => {
    if (run.length > 0) found.push(...bareAddresses(run))
    run = []
  }
  for (let at = 0; at < list.length; at++) {
    const token = list[at] as Token
    if (isSpecial(token, ',') || isSpecial(token, ';')) flush()
    else if (isSpecial(token, ':')) run = []
    else if (isSpecial(token, '<')) {
      const end = angleEnd(list, at + 1)
      const address = angleAddress(list.slice(at + 1, end))
      const comments = list[end + 1]?.kind === 'comment' ? list.slice(end + 1, end + 2) : []
      if (address !== null) found.push({ name: nameOf([...run, ...comments]), address })
      if (address !== null || !isSpecial(list[end], '<')) run = []
      at = isSpecial(list[end], '>') ? end : end - 1
    } else if (!isSpecial(token, '>')) run.push(token)
  }
  flush()
  return found
}

/** The text after the last `@` of an address; the whole text if there is none. */
export function domainPart(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Splits at the last `@`; the domain is empty if there is none. */
function halves(address: string): { local: string; domain: string } {
  const at = address.lastIndexOf('@')
  const written = at < 0 ? address : address.slice(0, at)
  const quoted = written.length > 1 && written.startsWith('"') && written.endsWith('"')
  const local = quoted ? written.slice(1, -1).replace(/\\(.)/gsu, '$1') : written
  return { local, domain: at < 0 ? '' : address.slice(at + 1) }
}

/** Removes a `+tag` (RFC 5233 subaddress); a leading `+` does not start a tag. */
function untagged(local: string): string {
  const plus = local.indexOf('+')
  return plus > 0 ? local.slice(0, plus) : local
}

/** Local part in lower case without tag and quotes, as word lists expect it. */
export function localWord(address: string): string {
  return untagged(halves(address).local).toLowerCase()
}

/** The address without its `+tag`, otherwise as written. */
export function withoutTag(address: string): string {
  const { local, domain } = halves(address)
  const bare = untagged(local)
  return bare === local ? address : `${localPart(bare) ?? bare}@${domain}`
}

/**
 * Public suffix plus one label. Includes suffixes that companies run for their customers (`github.io`), who are
 * strangers to each other. The domain itself if it has no such form.
 */
export const organisationalDomain: (domain: string) => string = memoizedAddresses((domain) => {
  const bare = domain.toLowerCase().replace(/\.$/, '')
  // Not as an address of the web: there the organisation of `x.example/.evil.example` is x.example.
  return getDomain(bare, { allowPrivateDomains: true, extractHostname: false }) ?? bare
})
