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

/** Lines of a reply in which the word is looked for: people greet first, and sign below. */
const linesOfRequest = 5

/** The word alone in any case, perhaps with quotes, emphasis, `please` or what else follows a comma or a dash. */
const aloneInLine =
  /^[\s"'“”„«»*_>.!-]*human(?:[\s"'“”«»*_.!-]*|[\s"'“”«»*_]*(?:[,;:.!、。]|\s[-–—])[^\n]{0,60}|\s+(?:please|pls|plz|thanks|bitte|danke|svp|s[’']il (?:vous|te) pla[iî]t|merci|por favor|gracias|per (?:favore|piacere|cortesia)|grazie|a\.?u\.?b|alstublieft|alsjeblieft|graag|bedankt)\P{L}*)$/iu

/** In capitals, as the line above writes it. Japanese puts no space around a foreign word. */
const inCapitals = /(?<![\p{Script=Latin}\p{N}_])HUMAN(?![\p{Script=Latin}\p{N}_])/u

const humanLines = new Set(Object.values(automaticText).map(([, human]) => human))

/** A quoted line is not the author's, and neither is ours where a program quoted it without marks. */
function isRequest(line: string): boolean {
  return (
    aloneInLine.test(line) || (inCapitals.test(line) && !/^\s*>/.test(line) && !humanLines.has(line.trim()))
  )
}

/**
 * Whether the author wants a person: one of the first lines of their new text is, or has in capitals, the word that
 * the line above asks for. In case of doubt they do: it costs a draft.
 */
export function asksForHuman(newText: string): boolean {
  const lines = newText.slice(0, 2000).normalize('NFKC').split('\n')
  return lines
    .filter((line) => line.trim() !== '')
    .slice(0, linesOfRequest)
    .some(isRequest)
}
