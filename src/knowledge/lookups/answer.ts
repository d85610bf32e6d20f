/** Reads what a lookup fetched: whose it is, and the values that a reply may state. All of it may be hostile. */
import { query } from 'jsonpath-rfc9535'
import { findAddresses, findLinks, findTelephones, normalisedLink } from '../../check/claims/links.ts'
import { accountNumbers } from '../../check/prefilter.ts'
import { canonicalAddress } from '../../config/fields.ts'
import type { LookupSettings } from '../../config/settings.ts'
import { neutralised } from '../../model/prompts/untrusted.ts'

export interface Fact {
  field: string
  value: string
}

export interface Facts {
  facts: Fact[]
  /** Fields whose value is no short value, and why; empty: all may be shown. */
  odd: string[]
}

const mostValues = 20
/** Of one value. A longer one is prose, and prose can give orders. */
const most = { characters: 160, words: 20 } as const

/**
 * Whether all of it belongs to that address: every node that the path selects, and at least one in each document.
 * @param sender proven author of the mail
 */
export function isOwnedBy(documents: readonly unknown[], path: string, sender: string): boolean {
  const wanted = canonicalAddress(sender)
  if (wanted === null || documents.length === 0) return false
  return documents.every((document) => {
    const owners = select(document, path)
    return (
      owners.length > 0 &&
      owners.every((owner) => typeof owner === 'string' && canonicalAddress(owner.trim()) === wanted)
    )
  })
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

/** Dates look like telephone numbers. */
const dates = /\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}/g

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
const orders =
  /\b(?:ignore|disregard|forget|override|ignorier\p{L}*|vergiss|ignore[rz]|oublie[rz]?|ignora\p{L}*|olvida)\b[^\n]{0,60}\b(?:all|any|previous|prior|above|instructions?|rules?|prompts?|alle[ns]?|bisherigen?|vorherigen?|anweisung\p{L}*|regeln|instrucciones|consignes|istruzioni)\b|\b(?:system prompt|you are (?:now|an?) |as an? (?:AI|assistant)|(?:tell|write to|inform|assure) the (?:customer|sender|user))/iu
