/** Sentences of a reply, in any language, as they are numbered for the check and shown in the review. */

const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' })

/** A full stop that ends no sentence: an ordinal (`21. Dezember`), an initial, a short title (`Dr. Lindner`). */
const unfinished = /(?:^|[\s(])(?:\d{1,3}|\p{Lu}\p{L}{0,2})\.\s*$/u

/** More than a letter of moderate length has; anything further counts as one sentence. */
const most = 60

/** Without spaces around them; lines are never joined. */
export function sentencesOf(text: string): string[] {
  const found = text.split(/\n+/).flatMap(sentencesOfLine)
  return found.length <= most ? found : [...found.slice(0, most - 1), found.slice(most - 1).join(' ')]
}

function sentencesOfLine(line: string): string[] {
  const joined: string[] = []
  for (const { segment } of segmenter.segment(line)) {
    const last = joined.at(-1)
    if (last !== undefined && unfinished.test(last)) joined[joined.length - 1] = last + segment
    else joined.push(segment)
  }
  return joined.map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}
