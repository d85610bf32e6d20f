/** Links, mail addresses and telephone numbers. */
import { parse } from 'tldts'
import { findDates } from './dates.ts'
import { type Found, masked } from './found.ts'

const schemed =
  /\b(?:[a-z][a-z0-9+.-]{1,20}:\/\/|www\d?\.|mailto:|tel:|javascript:|data:)[^\s<>"'`\u00ab\u00bb\u201c\u201d\u201e]+/giu
/** Not within a word, an address or a path; any other prefix of a host, such as `//`, is ignored. */
const bare =
  /(?<![\p{L}\p{N}@]|[\p{L}\p{N}@][._/-])(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]{1,62}(?::\d{2,5})?(?:[/?#][^\s<>"'`]*)?(?![\p{L}\p{N}]|@[\p{L}\p{N}])/gu
/** An IP address instead of a name, with a port or a path: without them it may be a version number. */
const literal = /(?<![\p{L}\p{N}@._/-])(?:\d{1,3}\.){3}\d{1,3}(?:\/|:\d)[^\s<>"'`]*/gu
const mailAddress =
  /[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,24}/gu

/** Trailing punctuation of the sentence is not part of a link; a closing bracket is, if it was opened inside. */
function trimmed(link: string): string {
  let end = link.replace(/[.,;:!?…、。'’*_([{]+$/u, '')
  while (/[)\]}]$/.test(end)) {
    const close = end.at(-1) ?? ''
    const open = close === ')' ? '(' : close === ']' ? '[' : '{'
    if (end.split(open).length >= end.split(close).length) break
    end = end.slice(0, -1).replace(/[.,;:!?]+$/, '')
  }
  return end
}

/** Host in lower case and A-label form, without a web scheme, `www.` or trailing slash. */
export function normalisedLink(link: string): string {
  const web =
    /^(https?:\/\/|www)/i.test(link) || !/^[a-z][a-z0-9+.-]*:/i.test(link)
      ? link.replace(/^https?:\/\//i, '')
      : null
  if (web === null) return link.toLowerCase()
  const address = `https://${web}`
  if (!URL.canParse(address)) return web.toLowerCase()
  const { host, pathname, search, hash } = new URL(address)
  return `${host.replace(/^www\d?\./, '')}${pathname}${search}${hash}`.replace(/\/$/, '')
}

/**
 * Suffixes that no registry sells (RFC 2606, RFC 6762, RFC 7686): they may still resolve somewhere, or look as if
 * they did.
 */
const reserved = /\.(?:example|test|invalid|localhost|local|internal|onion)$/i

/** Ignores case, as programs that create links do: a missing space before a word such as `In` looks like a domain. */
function isDomain(text: string): boolean {
  if (reserved.test(text)) return true
  const { isIcann, publicSuffix, hostname } = parse(text)
  return Boolean(isIcann && publicSuffix && hostname !== publicSuffix)
}

/** Before `.Nr` or `.No`: what is numbered. */
const numbered =
  'art|auftr|auftrags|best|bestel|bestell|cat|fax|haus|hs|id|ident|inv|item|kd|klant|konto|kto|kunden|lfd|lief|mat|mod|order|part|pers|pos|re|rech|rechn|ref|reg|rg|ser|serien|steuer|tel|typ|ust|vers|zi'
/** Companies that register no domains for others below these endings, which are family names. */
const families = 'bosch|dupont|ferrari|ford|gallo|leclerc|rogers|schmidt|schwarz|weber'
/**
 * Written without a space after the dot, these are domains for a program but words for everybody. Each is listed:
 * anybody can register other names with these endings.
 */
const abbreviation = new RegExp(
  [
    `(?:${numbered})\\.n[or]`,
    `(?:\\p{L}|fr|hr|mr|gebr)\\.(?:${families})`,
    String.raw`(?:co|pvt)\.ltd|co\.kg|s\.coop`,
    String.raw`dr\.med(?:\.vet)?|dipl\.ing|[bm]\.sc`,
    String.raw`(?:chiar|gent|ill|preg|rev)\.m[ao]|sig\.na`,
  ]
    .map((each) => `^(?:${each})$`)
    .join('|'),
  'iu',
)

/** Domains of Norway are sold to anybody: there a number has to follow. */
const isAbbreviation = (claim: string, rest: string) =>
  abbreviation.test(claim) && (!/\.no$/i.test(claim) || /^[.:]{0,2} ?#?\d/.test(rest))

const linkAt = (claim: string, index: number): Found => ({
  claim,
  kind: 'link',
  keys: [`l:${normalisedLink(claim)}`],
  index,
})

const addressAt = (claim: string, index: number): Found => ({
  claim,
  kind: 'address',
  keys: [`a:${claim.toLowerCase().replace(/^mailto:/, '')}`],
  index,
})

function spacedLinks(text: string): Found[] {
  const found: Found[] = []
  const add = (claim: string, index: number) => {
    if (claim.length > 3) found.push(linkAt(claim, index))
  }
  // Most texts have no link. These tests show that much faster than the patterns do.
  if (/:|www/i.test(text)) for (const { 0: link, index } of text.matchAll(schemed)) add(trimmed(link), index)
  if (/\d\.\d/.test(text)) for (const { 0: link, index } of text.matchAll(literal)) add(trimmed(link), index)
  if (!/\.\p{L}/u.test(text)) return found
  for (const { 0: link, index } of masked(text, found).matchAll(bare)) {
    const claim = trimmed(link)
    const host = claim.replace(/[:/?#].*$/s, '')
    if (text[index - 1] !== '/' && isAbbreviation(claim, text.slice(index + claim.length))) continue
    if (isDomain(host) || unspacedHost(host) !== null) add(claim, index)
  }
  return found
}

function spacedAddresses(text: string): Found[] {
  if (!text.includes('@')) return []
  return [...text.matchAll(mailAddress)].map(({ 0: match, index }) =>
    addressAt(match.replace(/[.-]+$/, ''), index),
  )
}

/** Letters of scripts without spaces between words, where a link touches the words around it. */
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー`
const hasUnspaced = new RegExp(`[${unspaced}]`, 'u')
/** Punctuation of these scripts and full-width characters, and runs of their letters with what leads to them. */
const between = new RegExp(`([!-~][/=?&#])?([${unspaced}]+)|[\u3000-\u303f・\uff00-\uffef]`, 'gu')
/** After a slash these begin the rest of a sentence; other words there are the name of a page. */
const particle = /^(?:[をにではへがと]|から|まで|より)/

/** Spaces, position by position, for everything that cannot belong to a link or an address in ASCII. */
const separated = (text: string): string =>
  text.replace(between, (all: string, lead = '', run = '') =>
    lead !== '' && !particle.test(run) ? all : lead + ' '.repeat(all.length - lead.length),
  )

const hostEnds = new RegExp(`(?<=[a-z0-9-])(?=[${unspaced}\u3000-\u303f])|(?=:)|$`, 'giu')

/**
 * A host with such letters: the longest beginning that can be a domain, because words may follow. `acme.exampleを.com`
 * is not the owner's `acme.example`.
 */
function unspacedHost(authority: string): string | null {
  if (!hasUnspaced.test(authority)) return null
  const run = authority.slice(0, 253).replace(/[。．｡]/g, '.')
  const hosts = [...run.matchAll(hostEnds)].map(({ index }) => run.slice(0, index))
  return hosts.findLast((host) => hasUnspaced.test(host) && isDomain(host)) ?? null
}

/** In `詳しくはacme.example` the first word ends with a particle; `公式acme.example` may be a domain of its own. */
const topic = /^[\p{L}\p{N}]*は[\0-\x7f]+$/u
/** A program may find another host in it, by an encoded dot or a user before an `@` that is no address in the text. */
const tricky = new RegExp(`[%\\\\]|[${unspaced}]\\.|\\.[${unspaced}]`, 'u')
const withAddress = /^[^@]*[a-z0-9]@(?:[a-z0-9-]+\.)+[a-z]{2,}[^@]*$/i

/** The finding, if these letters belong to its host or it is nothing without them. */
function unspacedIn(found: Found, find: (text: string) => Found[]): Found[] {
  const { claim, kind, index } = found
  if (!hasUnspaced.test(claim)) return []
  const at =
    kind === 'address' ? claim.lastIndexOf('@') + 1 : (/^[a-z][a-z0-9+.-]*:\/*/i.exec(claim)?.[0].length ?? 0)
  const [authority = ''] = claim.slice(at).split(/[/?#]/, 1)
  const host = unspacedHost(authority)
  if (host !== null && !(at === 0 && topic.test(host))) {
    const end = at + host.length
    const [path = ''] = separated(claim).slice(end).split(' ', 1)
    return [(kind === 'address' ? addressAt : linkAt)(trimmed(claim.slice(0, end) + path), index)]
  }
  const whole =
    tricky.test(authority) ||
    (authority.includes('@') && !withAddress.test(authority)) ||
    find(separated(claim)).length === 0
  return whole ? [found] : []
}

/** First what these letters are part of, then what remains without them. */
function unglued(text: string, find: (text: string) => Found[]): Found[] {
  const found = find(text)
  if (!hasUnspaced.test(text)) return found
  const whole = found.flatMap((each) => unspacedIn(each, find))
  return [...whole, ...find(separated(masked(text, whole)))]
}

/** Links with a scheme or `www.`, and bare domains with or without a path. Excludes mail addresses. */
export const findLinks = (text: string): Found[] => unglued(text, spacedLinks)

export const findAddresses = (text: string): Found[] => unglued(text, spacedAddresses)

/** Spellings that people, or programs that create links, read as a dot, after full-width letters are normalised. */
const dots =
  /\s?[[({<]\s?(?:\.|dot)\s?[\])}>]\s?|(?<=[\p{Script=Latin}\p{N}])\u3002(?=[\p{Script=Latin}\p{N}])/giu

/** The text with its links and addresses undisguised: `evil[.]com`, `hxxp`, full width, invisible characters. */
export const undisguised = (text: string): string =>
  text
    // These end a link; their ASCII forms may be part of one.
    .replace(/\s?（/g, ' （')
    .replace(/([），])\s?/g, '$1 ')
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(dots, '.')
    .replace(/\bhxxp/gi, 'http')

/** The number of an order and the like, which nobody calls. */
const referenceNumber =
  /(?:order|invoice|booking|reservation|ticket|case|angebot|auftrag|bestell|buchung|rechnung|vorgang|kunden|commande|facture|réservation|devis|pedido|factura|reserva|ordine|fattura|prenotazione|factuur|boeking|reservering|注文|予約|受付|番号)(?:[iu]ng)?(?:s?nummer|\s?number|\s?n(?:[or°º]|um)\.?|\s?#|(?<=番号))[\s:]{0,2}#?\d+(?![\s/.-]{0,2}\d)/giu

/** Dates with the time of day look like telephone numbers; a date that more figures follow may be part of one. */
function withoutDates(text: string): string {
  const dates = findDates(text).filter(
    ({ claim, index }) =>
      !/\d[\s./-]?$/.test(text.slice(Math.max(0, index - 2), index)) &&
      !/^[./-]?\d/.test(text.slice(index + claim.length, index + claim.length + 2)),
  )
  return masked(text, dates, '\0')
}

/** Whether a stranger's text tells people where to go, write or call, even in disguise. */
export function hasContact(text: string): boolean {
  const plain = undisguised(text)
  if (findLinks(plain).length > 0 || findAddresses(plain).length > 0) return true
  return findTelephones(withoutDates(plain.replace(referenceNumber, '\0'))).length > 0
}

const telephone = /(?<![\p{L}\p{N}.,/-])(?:\+|00)?\(?\d[\d\s()/.–-]{5,22}\d(?![\p{L}\p{N}])/gu

/**
 * Digits in several groups, or after a plus or a zero. Compares the last eight digits, because country codes and
 * leading zeros vary.
 */
export function findTelephones(text: string): Found[] {
  const found: Found[] = []
  for (const { 0: claim, index } of text.matchAll(telephone)) {
    const digits = claim.replace(/\D/g, '')
    const like = /^(\+|00?[1-9]|\()/.test(claim) || /\d{3}[\s-]\d{3}[\s-]?\d{4}/.test(claim)
    const date = /^\d{4}-\d{2}-\d{2}$|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(claim.trim())
    if (digits.length < 7 || digits.length > 15 || !like || date) continue
    found.push({ claim: claim.trimEnd(), kind: 'number', keys: [`ph:${digits.slice(-8)}`], index })
  }
  return found
}
