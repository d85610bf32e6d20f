/** Search terms of any language. */

/** Scripts that write no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

const words = new Intl.Segmenter('und', { granularity: 'word' })

const ascii = /^\p{ASCII}*$/u
/** Of one word. Longer ones are not words, and each of their parts would be kept. */
const longestTerm = 64

/** Words; for unspaced scripts by ICU's dictionary. */
export function tokenize(text: string): string[] {
  if (ascii.test(text)) return text.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')
  // Words with soft hyphens are one word.
  const normal = text.normalize('NFKC').replace(/[\u00ad\u2060]/g, '')
  const parts = normal.split(/[^\p{L}\p{M}\p{N}]+/u).filter((part) => part !== '')
  if (!unspaced.test(normal)) return parts
  return parts.flatMap((part) => {
    if (!unspaced.test(part)) return [part]
    return [...words.segment(part)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
  })
}

/** Lower case without accents, so that `ruckgabe` finds `Rückgabe`; null for meaningless terms. */
export function foldTerm(term: string): string | null {
  const short = term.slice(0, longestTerm)
  if (ascii.test(short)) return short.length > 1 || /\d/.test(short) ? short.toLowerCase() : null
  const folded = short
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
  return folded.length > 1 || unspaced.test(folded) || /\p{N}/u.test(folded) ? folded : null
}

const partLength = 4

/**
 * Folded four-letter runs of each longer word: `Hausbesuch` and `Besuche zu Hause` share some. Unspaced scripts use
 * pairs.
 */
export function partsOf(text: string): string[] {
  return tokenize(text).flatMap((word) => {
    const term = foldTerm(word)
    return term === null ? [] : partsOfTerm(term)
  })
}

/** @param term a folded word */
export function partsOfTerm(term: string): string[] {
  const length = unspaced.test(term) ? 2 : partLength
  if (term.length <= length) return [term]
  return Array.from({ length: term.length - length + 1 }, (_, at) => term.slice(at, at + length))
}
