/** Two texts are compared by their runs of words. A run is joined by spaces. */

/** Every run of that many words. */
export function runsOf(words: readonly string[], length: number): string[] {
  return words
    .slice(0, Math.max(0, words.length - length + 1))
    .map((_, at) => words.slice(at, at + length).join(' '))
}

/**
 * The same, but only runs in which every word is one of `wanted`: those that another text, which has these words, can
 * have as well. Looking each word up takes far less time than joining every run of a long text.
 */
export function runsAmong(wanted: ReadonlySet<string>, words: readonly string[], length: number): string[] {
  const found: string[] = []
  let inARow = 0
  for (let at = 0; at < words.length; at++) {
    inARow = wanted.has(words[at] as string) ? inARow + 1 : 0
    if (inARow >= length) found.push(words.slice(at - length + 1, at + 1).join(' '))
  }
  return found
}
