/** Ranks passages for several short queries at once: words by BM25, and word parts for compounds and inflection. */
import { unpackedCount } from './segments.ts'
import { type Fields, TermIndex } from './term-index.ts'
import { foldTerm, partsOf, tokenize } from './tokens.ts'

export interface Ranked {
  id: string
  /** Higher is better. */
  score: number
}

interface Indexed extends Fields {
  id: string
}

/** Characters of one query that count. */
const queryLength = 400
/** Reciprocal rank fusion: how fast a lower rank loses weight. */
const fusion = 8
/** Lower ranks of one query are ignored. */
const deepest = 40
/** A term in more than this share of the passages does not distinguish them; it is ignored if there are others. */
const commonest = 0.35
/** A share says nothing about a few passages. */
const fewPassages = 8
/** Word parts match by chance more often than words. */
const partsWeight = 0.6
/** Of words that begin like a query's word, and of those that resemble it, compared with the word itself. */
const weights = { beginning: 0.6, near: 0.3 }
/** A folder with this many words has those that people mean: a known word is not taken for a misspelling. */
const manyWords = 50_000
/** Postings of parts that one ranking reads. The rarest parts are read first; the others tell little. */
const mostPostings = 1_500_000

export class Ranking {
  #index = new TermIndex()
  readonly #ids: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #leaving = new Set<number>()

  add(passages: readonly Indexed[]): void {
    const first = this.#index.add(passages)
    for (const [at, { id }] of passages.entries()) {
      this.#ids[first + at] = id
      this.#numbers.set(id, first + at)
    }
  }

  /** All postings are read for it, so it waits for the next search. */
  discard(id: string): void {
    const number = this.#numbers.get(id)
    if (number !== undefined) this.#leaving.add(number)
    this.#numbers.delete(id)
  }

  clear(): void {
    this.#index = new TermIndex()
    this.#ids.length = 0
    this.#numbers.clear()
    this.#leaving.clear()
  }

  /**
   * Best first. All queries have equal weight, so that a mail with four questions gets passages for each of them.
   * @param queries search phrases, questions, a subject
   */
  rank(queries: readonly string[]): Ranked[] {
    this.#index.discard(this.#leaving)
    this.#leaving.clear()
    const scores = new Map<number, number>()
    const add = (passages: readonly number[], weight: number) => {
      for (const [at, passage] of passages.entries())
        scores.set(passage, (scores.get(passage) ?? 0) + weight / (fusion + at))
    }
    const asked = new Set(queries.map((each) => this.#telling(each.slice(0, queryLength))))
    asked.delete('')
    const search = new Search(this.#index, mostPostings / Math.max(1, asked.size))
    for (const query of asked) {
      add(search.byWords(query), 1)
      add(search.byParts(query), partsWeight)
    }
    return [...scores]
      .map(([passage, score]) => ({ id: this.#ids[passage] ?? '', score }))
      .sort((a, b) => b.score - a.score)
  }

  /** Removes the words that most passages share; the folder itself shows which, in any language. */
  #telling(query: string): string {
    const most = this.#index.present <= fewPassages ? fewPassages : this.#index.present * commonest
    const words = tokenize(query)
    const telling = words.filter((word) => {
      const term = foldTerm(word)
      if (term === null) return false
      const known = this.#index.vocabulary.idOf(term)
      return known === undefined || this.#index.holdersOf(known) <= most
    })
    return (telling.length > 0 ? telling : words).join(' ')
  }
}

/** How often each occurs there. */
function timesOf(texts: readonly string[]): (readonly [text: string, times: number])[] {
  const times = new Map<string, number>()
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1)
  return [...times]
}

/** Sums for each passage, used again for the next query. */
class Search {
  readonly #index: TermIndex
  readonly #postings: number
  readonly #scores: Float64Array
  /** Distinct words or parts of the query that a passage has, and the last one that was counted. */
  readonly #matched: Uint16Array
  readonly #last: Uint16Array
  readonly #sums: [Uint16Array, Uint16Array]
  readonly #expanded = new Map<string, (readonly [term: number, weight: number])[]>()
  #touched: number[] = []

  /** @param postings of parts that one query may read */
  constructor(index: TermIndex, postings: number) {
    this.#index = index
    this.#postings = postings
    this.#scores = new Float64Array(index.passages)
    this.#matched = new Uint16Array(index.passages)
    this.#last = new Uint16Array(index.passages)
    this.#sums = [new Uint16Array(index.passages), new Uint16Array(index.passages)]
  }

  byWords(query: string): number[] {
    const words = timesOf(tokenize(query).flatMap((word) => foldTerm(word) ?? []))
    for (const [ordinal, [word, times]] of words.entries())
      for (const [term, weight] of this.#alike(word)) this.#addTerm(term, times * weight, ordinal + 1)
    return this.#best()
  }

  byParts(query: string): number[] {
    const parts = timesOf(partsOf(query))
      .map(([part, times]) => ({ part, times, cost: this.#costOf(part) }))
      .sort((one, other) => one.cost - other.cost)
    let left = this.#postings
    for (const [ordinal, { part, times, cost }] of parts.entries()) {
      left -= cost
      if (left < 0) break
      this.#addPart(part, times, ordinal + 1)
    }
    return this.#best()
  }

  #costOf(part: string): number {
    return this.#index.wordsWith(part).reduce((sum, term) => sum + this.#index.holdersOf(term), 0)
  }

  /** The word itself, longer words that begin with it, and words that differ in a letter or two. */
  #alike(word: string): (readonly [term: number, weight: number])[] {
    const remembered = this.#expanded.get(word)
    if (remembered) return remembered
    const { vocabulary } = this.#index
    const known = vocabulary.idOf(word)
    const found = new Map<number, number>()
    if (word.length > 5 && (known === undefined || vocabulary.size < manyWords))
      for (const { term, distance } of vocabulary.near(word, Math.min(6, Math.round(word.length * 0.2)))) {
        const length = vocabulary.lengthOf(term)
        found.set(term, (weights.near * length) / (length + distance))
      }
    if (word.length > 3)
      for (const term of vocabulary.beginningWith(word)) {
        const length = vocabulary.lengthOf(term)
        found.set(term, (weights.beginning * length) / (length + 0.3 * (length - word.length)))
      }
    if (known !== undefined) found.set(known, 1)
    this.#expanded.set(word, [...found])
    return [...found]
  }

  #addTerm(term: number, weight: number, ordinal: number): void {
    for (const field of [1, 2, 0] as const) {
      const frequency = this.#index.frequencyOf(term, field)
      if (frequency === 0) continue
      const score = this.#index.scorer('words', field, frequency)
      this.#index.each(term, (passage, counts) => {
        const count = unpackedCount(counts, field)
        if (count > 0) this.#give(passage, weight * score(passage, count), ordinal)
      })
    }
  }

  /** A part occurs as often as all its words together. */
  #addPart(part: string, times: number, ordinal: number): void {
    const passages: number[] = []
    const [texts, headings] = this.#sums
    for (const term of this.#index.wordsWith(part))
      this.#index.each(term, (passage, counts) => {
        const [text, heading] = [unpackedCount(counts, 0), unpackedCount(counts, 1)]
        if (text + heading === 0) return
        if (texts[passage] === 0 && headings[passage] === 0) passages.push(passage)
        texts[passage] = (texts[passage] ?? 0) + text
        headings[passage] = (headings[passage] ?? 0) + heading
      })
    for (const [field, sums] of [
      [1, headings],
      [0, texts],
    ] as const) {
      const frequency = passages.reduce((sum, passage) => sum + ((sums[passage] ?? 0) > 0 ? 1 : 0), 0)
      const score = this.#index.scorer('parts', field, frequency)
      for (const passage of passages) {
        const count = sums[passage] ?? 0
        if (count > 0) this.#give(passage, times * score(passage, count), ordinal)
        sums[passage] = 0
      }
    }
  }

  #give(passage: number, score: number, ordinal: number): void {
    if (this.#matched[passage] === 0) this.#touched.push(passage)
    if (this.#last[passage] !== ordinal) {
      this.#matched[passage] = (this.#matched[passage] ?? 0) + 1
      this.#last[passage] = ordinal
    }
    this.#scores[passage] = (this.#scores[passage] ?? 0) + score
  }

  /** The best passages, best first; forgets the query. A passage counts for more, the more of the query it has. */
  #best(): number[] {
    const best: { passage: number; score: number }[] = []
    for (const passage of this.#touched) {
      const score = (this.#scores[passage] ?? 0) * (this.#matched[passage] ?? 0)
      this.#scores[passage] = 0
      this.#matched[passage] = 0
      this.#last[passage] = 0
      if (best.length === deepest && score <= (best[deepest - 1]?.score ?? 0)) continue
      let at = best.length
      while (at > 0 && (best[at - 1]?.score ?? 0) < score) at--
      best.splice(at, 0, { passage, score })
      if (best.length > deepest) best.pop()
    }
    this.#touched = []
    return best.map(({ passage }) => passage)
  }
}
