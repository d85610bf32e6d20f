/** Reads what a lookup fetched: the values that a reply may state. All of it may be hostile. */
import { query } from 'jsonpath-rfc9535'
import { accountNumbers } from '../../check/accounts.ts'
import { findAddresses, findLinks, findTelephones, normalisedLink } from '../../check/claims/links.ts'
import type { LookupSettings } from '../../config/settings.ts'
import { neutralised } from '../../model/prompts/untrusted.ts'

export interface Fact {
  field: string
  value: string
}

export interface Facts {
  facts: Fact[]
  /** Fields whose value is not a short value, and why; empty: all may be shown. */
  odd: string[]
}

const mostValues = 20
/** Of one value. A longer one is prose, and prose can give orders. */
const most = { characters: 160, words: 20 } as const

/**
 * Whether a system that always answers with HTTP 200 reports a failure. An answer that nothing was found is not a
 * failure: it is treated like a number that belongs to somebody else.
 */
export function reportsFailure(documents: readonly unknown[]): boolean {
  return documents.some((document) => {
    if (typeof document !== 'object' || document === null) return false
    const faults = Object.entries(document).filter(([name, value]) => isFault(name.toLowerCase(), value))
    const says = JSON.stringify(faults)
    return faults.length > 0 && !notFound.test(says)
  })
}

const notFound =
  /not[ _-]?found|no such|unknown|does ?n[o']t exist|nicht gefunden|unbekannt|introuvable|no encontrad|non trovat|\b404\b/i

function isFault(name: string, value: unknown): boolean {
  if (['error', 'errors', 'exception', 'fault'].includes(name))
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  if (['success', 'ok'].includes(name)) return value === false
  if (name === 'status' || name === 'code')
    return typeof value === 'number' ? value >= 500 : /^(?:error|failed|failure)$/i.test(String(value))
  return false
}

/** The values of the fields, each once; a field without a value is left out. */
export function factsOf(
  documents: readonly unknown[],
  { fields, links }: Pick<LookupSettings, 'fields' | 'links'>,
): Facts {
  const facts: Fact[] = []
  const odd: string[] = []
  for (const { field, path } of fields) {
    const values = documents.flatMap((document) => select(document, path)).flatMap(scalars)
    const fault = faultOf(values, links)
    if (fault !== null) odd.push(`${field} ${fault}`)
    else if (values.length > 0) facts.push({ field, value: [...new Set(values.map(String))].join('; ') })
  }
  return { facts, odd }
}

function select(document: unknown, path: string): unknown[] {
  return query(document as Parameters<typeof query>[0], path)
}

const group = Symbol('neither text nor number')

function scalars(value: unknown): (string | typeof group)[] {
  if (value === null || value === undefined || value === '') return []
  if (Array.isArray(value)) return value.slice(0, mostValues + 1).flatMap(scalars)
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  if (typeof value === 'number') return [String(value)]
  return [typeof value === 'string' ? value.trim() : group]
}

/** Why the values must not be shown to a model; null if they may. */
function faultOf(values: readonly (string | typeof group)[], links: readonly string[]): string | null {
  if (values.length > mostValues) return `has more than ${mostValues} values`
  for (const value of values) {
    if (typeof value !== 'string') return 'is a group, not a value'
    if (value.length > most.characters || value.split(/\s+/).length > most.words) return 'is too long'
    if (/\n/.test(value) || neutralised(value, '') !== value) return 'has control characters or markers'
    if (accountNumbers(value).length > 0) return 'has an account number'
    if (hasContact(value, links)) return 'has a link, an address or a telephone number'
    if (orders.test(value)) return 'gives orders'
  }
  return null
}

/** Dates look like telephone numbers. One that more figures touch may be part of a number. */
const dates = /(?<!\d[\s./-]?)(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?![./-]?\d)/g

function hasContact(value: string, hosts: readonly string[]): boolean {
  const plain = value.normalize('NFKC')
  const strange = findLinks(plain).some(({ claim }) => !leadsTo(hosts, claim))
  const rest = findLinks(plain).reduce((text, { claim }) => text.replace(claim, ' '), plain)
  // One run of digits is a number of the owner's own system.
  const telephones = findTelephones(rest.replace(dates, ' ')).filter(({ claim }) =>
    /^\+|[\s()/.–-]/.test(claim),
  )
  return strange || findAddresses(rest).length > 0 || telephones.length > 0
}

/** Over HTTPS to one of the hosts. */
function leadsTo(hosts: readonly string[], link: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) && !/^https:\/\//i.test(link)) return false
  const host = normalisedLink(link).split(/[/?#]/)[0] ?? ''
  return hosts.some((each) => each.replace(/^www\./, '') === host)
}

/** Words to a machine, in the languages in which such text is common. */
const orders = new RegExp(
  [
    String.raw`\b(?:ignore|disregard|forget|override|ignorier\p{L}*|vergiss|ignore[rz]|oublie[rz]?|ignora\p{L}*|olvida)\b[^\n]{0,60}\b(?:all|any|previous|prior|above|instructions?|rules?|prompts?|alle[ns]?|bisherigen?|vorherigen?|anweisung\p{L}*|regeln|instrucciones|consignes|istruzioni)\b`,
    String.raw`\b(?:system prompt|you (?:are (?:now|an?) |must |have to |should )|as an? (?:AI|assistant)|(?:tell|write to|inform|assure) the (?:customer|sender|user))`,
    // A turn of a conversation, or a note to the writer.
    String.raw`(?:^|[.!?]\s+)(?:system|assistant|note to [^:]{1,20}|instructions?)\s*:`,
    // An order at the beginning of a sentence.
    String.raw`(?:^|[.!?;:,–-]\s*)(?:and |now |please |also |bitte |jetzt )*(?:say|reply|respond|answer|write|confirm|promise|assure|inform|mention|claim|tell|sag|sage|schreib|schreibe|antworte|bestätige|versprich|teile|dis|dites|réponds|répondez|écris|écrivez|confirmez|di|dile|responde|escribe|confirma|rispondi|scrivi|conferma)\s+(?:\p{L}+\s+){0,3}?(?:that|with|to|back|them|him|her|everyone|customer|sender|user|dass|dem|der|mit|kunden|que|qu['’]|avec|au|aux|con|al|che)(?![\p{L}])`,
  ].join('|'),
  'iu',
)
