/** Search terms of any language. */

/** Scripts that write no blanks between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

const words = new Intl.Segmenter('und', { granularity: 'word' })

/** Words; for unspaced scripts by ICU's dictionary. */
export function tokenize(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((part) => part !== '')
    .flatMap((part) => {
      if (!unspaced.test(part)) return [part]
      return [...words.segment(part)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
    })
}

/** Lower case without accents, so that `ruckgabe` finds `Rückgabe`; null for meaningless terms. */
export function foldTerm(term: string): string | null {
  const folded = term
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
    if (term === null) return []
    const length = unspaced.test(term) ? 2 : partLength
    if (term.length <= length) return [term]
    return Array.from({ length: term.length - length + 1 }, (_, at) => term.slice(at, at + length))
  })
}
