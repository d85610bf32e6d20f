/** Search terms of any language. */

/** Scripts that write no blanks between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

const words = new Intl.Segmenter('und', { granularity: 'word' })

/** Words; those of unspaced scripts by the dictionary of ICU. */
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

/** Lower case without accents, so that `Rückgabe` is found by `ruckgabe`; null for what says nothing. */
export function foldTerm(term: string): string | null {
  const folded = term
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
  return folded.length > 1 || unspaced.test(folded) || /\p{N}/u.test(folded) ? folded : null
}
