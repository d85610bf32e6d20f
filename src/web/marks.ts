/** A reply's text, sentence by sentence, with what each rests on and what is doubtful about it. */
import type { Checked, CheckedSentence } from '../base/verdicts.ts'
import type { ReplyRow, StoredPassage } from '../store/replies.ts'
import { supported } from './words.ts'

export interface Mark {
  text: string
  /** Indexes of passages. */
  sources: readonly number[]
  /** What is wrong with it, for people; null if nothing is known. */
  doubt: string | null
}

const doubts: Readonly<Record<CheckedSentence['verdict'], string | null>> = {
  supported: null,
  courtesy: null,
  contradicted: 'A source contradicts this',
  'not-stated': 'No source states this',
}

const labelOf = ({ file, heading }: StoredPassage) => (heading === '' ? file : `${file} > ${heading}`)

/** The check by meaning; it applies only to the unchanged text. */
export function checkOf({ text, draftText, checked }: ReplyRow): Checked | null {
  return text === draftText && checked !== null && 'sentences' in checked ? checked : null
}

/** The whole text in order, nothing left out. */
export function marksOf(reply: ReplyRow): Mark[] {
  const checked = checkOf(reply)
  if (checked !== null) return fromCheck(reply, checked)
  return supported(reply.text, reply.sources).map(({ text, source }) => {
    const read = factsIn(text, reply.sources)
    return { text, sources: read.length > 0 || source === null ? read : [source], doubt: null }
  })
}

/** Shorter values are not recognised in a sentence. Characters. */
const leastValue = 3

/** Facts of a lookup that the sentence repeats verbatim: they have too few words to be found by their words. */
function factsIn(sentence: string, passages: readonly StoredPassage[]): number[] {
  return passages.flatMap(({ lookup, text }, at) => {
    const [value = ''] = text.split('\n')
    if (!lookup || value.length < leastValue) return []
    const [before = '', after = null] = sentence.split(value)
    return after === null || /[\p{L}\p{N}]$/u.test(before) || /^[\p{L}\p{N}]/u.test(after) ? [] : [at]
  })
}

/** Indexes of the passages in the order in which they are numbered: as the text uses them, then the unused ones. */
export const passageOrder = ({ sources }: Pick<ReplyRow, 'sources'>, marks: readonly Mark[]): number[] => [
  ...new Set([...marks.flatMap((mark) => mark.sources), ...sources.keys()]),
]

function fromCheck({ text, sources: passages }: ReplyRow, { sentences }: Checked): Mark[] {
  const labels = passages.map(labelOf)
  const marks: Mark[] = []
  let at = 0
  for (const sentence of sentences) {
    const start = text.indexOf(sentence.text, at)
    if (start < 0) continue
    if (start > at) marks.push({ text: text.slice(at, start), sources: [], doubt: null })
    const end = start + sentence.text.length
    const named = sentence.sources.map((source) => labels.indexOf(source)).filter((index) => index >= 0)
    const quoted = sentence.verdict === 'not-stated' ? quotedFrom(sentence.text, passages) : []
    const claims = quoted.length === 0 && !isFrame(text, start, end)
    const doubt = sentence.verdict === 'not-stated' && !claims ? null : doubts[sentence.verdict]
    marks.push({ text: sentence.text, sources: [...new Set([...named, ...quoted])], doubt })
    at = end
  }
  if (at < text.length) marks.push({ text: text.slice(at), sources: [], doubt: null })
  return marks
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** The owner's own sentence, word for word. */
function quotedFrom(sentence: string, passages: readonly StoredPassage[]): number[] {
  const words = inOneLine(sentence)
  const at = passages.findIndex(({ text }) => inOneLine(text).includes(words))
  return words === '' || at < 0 ? [] : [at]
}

/** Words of a greeting or a closing, at most. */
const longestFrame = 6

/** A greeting or a closing: few words without a figure, at the very beginning or end. */
function isFrame(text: string, start: number, end: number): boolean {
  const [words, after] = [text.slice(start, end).trim(), text.slice(end).trim()]
  const isOuter = text.slice(0, start).trim() === '' || after.split(/\s+/).length <= 3
  return isOuter && words.split(/\s+/).length <= longestFrame && !/[\d.]/.test(words)
}

/** The checker's findings about the whole reply that are faults. */
export function faultsOf(checked: Checked | null): string[] {
  if (checked === null) return []
  const { language, name, address, leak, promise, obeys, asks } = checked
  return [
    ...asks.filter(({ answered }) => !answered).map(({ ask }) => `Not answered: ${ask}`),
    ...(language ? [] : ['Not in the language of the mail']),
    ...(name ? [] : ['Greets somebody other than the sender']),
    ...(address ? [] : ['Not in the form of address of the mail']),
    ...(leak ? ['Reveals your instructions or information about other people'] : []),
    ...(promise ? ['Makes a promise that no source states'] : []),
    ...(obeys ? ['Does what the mail tells a machine to do'] : []),
  ]
}
