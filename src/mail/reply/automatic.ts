/** The lines that disclose an automatic reply, in the reply's language. */
import { automaticText } from './automatic-text.ts'

/** Norwegian has two written forms and a tag for both. */
const sameAs: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb' }

export interface AutomaticWords {
  /** The owner's texts; null: the defaults, in the reply's language; empty: none. */
  readonly disclosure: string | null
  readonly humanLine: string | null
  /** `above`: the disclosure is the first thing that is read. */
  readonly disclosureAt: 'above' | 'below'
  /** `first`: only the first automatic reply to a correspondent says it. */
  readonly disclosureIn: 'every' | 'first'
}

export interface AutomaticLines {
  above: string | null
  below: string | null
}

/**
 * @param language BCP 47; English for one that is not known
 * @param onBehalfOf name of the owner, or their address
 * @param isFirst the correspondent has had no automatic reply yet
 */
export function automaticLines(
  words: AutomaticWords,
  language: string | null,
  onBehalfOf: string,
  isFirst: boolean,
): AutomaticLines {
  const primary = (language ?? '').toLowerCase().split('-')[0] ?? ''
  const [line, human] = automaticText[sameAs[primary] ?? primary] ?? automaticText.en ?? ['', '']
  const discloses = isFirst || words.disclosureIn === 'every'
  const name = onBehalfOf.replace(/\.$/, '')
  const disclosure = discloses ? (words.disclosure ?? line).trim().replaceAll('{owner}', () => name) : ''
  const below = [words.disclosureAt === 'below' ? disclosure : '', (words.humanLine ?? human).trim()]
  return {
    above: words.disclosureAt === 'above' && disclosure !== '' ? disclosure : null,
    below: below.filter(Boolean).join('\n') || null,
  }
}

/**
 * Whether the author wants a person: the first line of their new text is the word that the line above asks for. Case,
 * quotes, emphasis and a full stop are ignored.
 */
export function asksForHuman(newText: string): boolean {
  const first = newText.slice(0, 400).trimStart().split('\n', 1)[0] ?? ''
  return /^[\s"'“”„«»*_>.!-]*human[\s"'“”«»*_.!-]*$/i.test(first.normalize('NFKC'))
}
