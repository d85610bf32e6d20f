/**
 * Finds what a fact for the knowledge must not contain: the knowledge is used for every reply, so no correspondent's
 * personal details may get into it. In case of doubt, a person is asked.
 */
import { findAddresses, findTelephones } from './claims/links.ts'
import { findHonorifics, findNames, isKnown, knownWords } from './claims/names.ts'

export interface PersonalMatter {
  /** As written in the text. */
  text: string
  kind: 'address' | 'telephone' | 'number' | 'name' | 'place'
  /** It belongs to a correspondent. False: it may be the owner's own, which only a person can tell. */
  certain: boolean
}

export interface Known {
  /** The owner's names, addresses and published texts: nothing that they state is secret. */
  own: readonly string[]
  /** Names and addresses of correspondents, and what they wrote. */
  people: readonly string[]
}

interface Candidate extends Omit<PersonalMatter, 'certain'> {
  index: number
}

const iban = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){2,7}(?: ?[\dA-Z]{1,4})?(?![\p{L}\p{N}])/gu
/** `AB-12345`, `2026/0815-77`, `1234567`; not a year, an amount or a date. */
const reference =
  /(?<![\p{L}\p{N}.,])(?=[\p{L}\p{N}/_-]*\d)[\p{L}\p{N}]+(?:[/_-][\p{L}\p{N}]+)*(?![\p{L}\p{N}]|[.,]\d)/gu
/** A number after a word such as `order` is a reference, however short. */
const named =
  /(?<!\p{L})(?:order|invoice|customer|ticket|case|contract|booking|bestellung|auftrag|rechnung|kunde|vertrag|commande|facture|contrat|pedido|factura|contrato|ordine|fattura|bestelling|factuur|zamówieni\p{L}+|заказ\p{L}*)\p{L}{0,12}[ .:]*(?:no|nr|num|number|nummer|numéro|número|numero|n°|№)?[ .:]*#?\s?(\d[\d/_-]{2,})/giu
const hash = /(?<![\p{L}\p{N}&])#\d{3,}/gu
const street =
  /(?<![\p{L}\p{N}])(?:\d{1,5}[a-z]?,? (?:\p{Lu}[\p{L}'’.-]+ ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Close|Court|Boulevard|Blvd|Square|Terrace|Way)\b|(?:\d{1,4},? )?(?:rue|avenue|boulevard|place|calle|plaza|via|piazza|ulica|ul\.|rua) (?:[\p{L}'’.-]+ ){0,4}[\p{L}'’.-]+,? \d{0,4}|\p{Lu}[\p{L}.-]{1,40} ?(?:[Ss]tra(?:ß|ss)e|str\.|weg|gasse|allee|platz|laan|straat|plein|gatan|vägen|vej|gade|veien|gata) ?\d{1,4} ?[a-z]?)(?![\p{L}\p{N}])/gu
const title =
  /(?<!\p{L})(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herrn?|Frau|Familie|Fam|M|Mme|Mlle|Monsieur|Madame|Sr|Sra|Srta|Señor|Señora|Don|Doña|Signora?|Sig|Dott|Dottoressa|Mevrouw|Meneer|Dhr|Mevr|Pan|Pani|Hr|Fru)\.?\s+\p{Lu}[\p{L}\p{M}'’-]+/gu

/** In the order of the text; where several overlap, the longest. */
export function personalMatter(text: string, { own, people }: Known): PersonalMatter[] {
  const owns = new Owned(own)
  const theirs = new Owned(people)
  const found = [
    ...findAddresses(text).map(({ claim, index }) => ({ text: claim, kind: 'address' as const, index })),
    ...findTelephones(text).map(({ claim, index }) => ({ text: claim, kind: 'telephone' as const, index })),
    ...numbersIn(text),
    ...matches(text, street, 'place'),
    ...namesIn(text),
    ...theirs.namesWithin(text),
  ].filter((each) => !owns.states(each))
  return apart(found).map(({ index: _, ...each }) => ({ ...each, certain: theirs.states(each) }))
}

/** The text with `…` for each of them. */
export function withoutPersonal(text: string, found: readonly Pick<PersonalMatter, 'text'>[]): string {
  const longestFirst = [...found].sort((one, other) => other.text.length - one.text.length)
  const left = longestFirst.reduce((rest, { text: part }) => rest.replaceAll(part, '…'), text)
  return left.replace(/…(?:[ ,]*…)+/g, '…')
}

const matches = (text: string, pattern: RegExp, kind: Candidate['kind']): Candidate[] =>
  [...text.matchAll(pattern)].map(({ 0: part, index }) => ({ text: part.trim(), kind, index }))

function numbersIn(text: string): Candidate[] {
  const references = matches(text, reference, 'number').filter(({ text: part, index }) => {
    const digits = part.replace(/\D/g, '').length
    if (isDate(part) || isAmount(text, part, index)) return false
    return /\p{L}/u.test(part) ? digits >= 4 : digits >= (/[/_-]/.test(part) ? 7 : 6)
  })
  const afterWord = [...text.matchAll(named)].map((match) => {
    const number = match[1] ?? ''
    return { text: number, kind: 'number' as const, index: match.index + match[0].lastIndexOf(number) }
  })
  return [...matches(text, iban, 'number'), ...references, ...afterWord, ...matches(text, hash, 'number')]
}

const isDate = (part: string) => /^\d{4}[-/]\d{1,2}[-/]\d{1,2}$|^\d{1,2}[-/]\d{1,2}[-/]\d{2,4}$/.test(part)

/** A currency or a unit next to it. */
const isAmount = (text: string, part: string, index: number) =>
  /^\d+$/.test(part) &&
  (/[\p{Sc}]\s?$/u.test(text.slice(0, index)) ||
    /^\s?(?:\p{Sc}|EUR|USD|GBP|CHF|JPY|euros?|dollars?|yen|円|km|m|kg|g|l)(?!\p{L})/iu.test(
      text.slice(index + part.length),
    ))

/** A title with a name, an honorific, or two capitalised words in a row. */
function namesIn(text: string): Candidate[] {
  const several = findNames(text).filter(({ kind, words }) => kind === 'name' && words.length > 1)
  return [...several, ...findHonorifics(text)]
    .map(({ claim, index }): Candidate => ({ text: claim.trim(), kind: 'name', index }))
    .concat(matches(text, title, 'name'))
}

function apart(found: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = []
  for (const each of [...found].sort((one, other) => other.text.length - one.text.length)) {
    const end = each.index + each.text.length
    if (!kept.some(({ index, text }) => each.index < index + text.length && index < end)) kept.push(each)
  }
  const seen = new Set<string>()
  return kept
    .sort((one, other) => one.index - other.index)
    .filter(({ text }) => !seen.has(text) && seen.add(text))
}

/** What some texts state, for comparison. */
class Owned {
  readonly #texts: string
  readonly #digits: string
  readonly #telephones: ReadonlySet<string>
  readonly #words: Set<string>
  readonly #names: readonly string[]

  constructor(texts: readonly string[]) {
    this.#texts = texts.join('\n').toLowerCase()
    this.#digits = plain(this.#texts)
    this.#telephones = new Set(texts.flatMap((text) => findTelephones(text).flatMap(({ keys }) => keys)))
    this.#words = knownWords(texts)
    // The short ones of the texts may be names of people; long ones are what they wrote.
    this.#names = texts.filter((text) => text.length <= 80 && !text.includes('@'))
  }

  states({ text, kind }: Pick<Candidate, 'text' | 'kind'>): boolean {
    if (kind === 'telephone')
      return findTelephones(text).some(({ keys }) => keys.some((key) => this.#telephones.has(key)))
    if (kind === 'number') return this.#digits.includes(plain(text))
    if (kind !== 'name') return this.#texts.includes(text.toLowerCase())
    const words = [...knownWords([text.replace(/(?:様|さん)$/u, '')])].filter((word) => word.length > 2)
    return words.length > 0 && words.every((word) => isKnown(word, this.#words))
  }

  /** Words of these names that are capitalised in the text, or in a script without capitals. */
  namesWithin(text: string): Candidate[] {
    const parts = this.#names.flatMap((name) => name.match(/\p{L}[\p{L}\p{M}'’-]{2,}/gu) ?? [])
    return [...new Set(parts)].flatMap((part) => {
      const written = new RegExp(`(?<![\\p{L}\\p{N}])${part}(?![\\p{L}\\p{N}])`, 'giu')
      return matches(text, written, 'name').filter(({ text: word }) => !/^\p{Ll}/u.test(word))
    })
  }
}

/** Words between single spaces, spaces at both ends. */
const plain = (text: string) => ` ${text} `.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')
