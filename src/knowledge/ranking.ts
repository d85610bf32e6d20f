/** Ranks passages for several short queries at once: words by BM25, and word parts for compounds and inflection. */
import { countIn, type Run } from './postings.ts'
import { type Fields, TermIndex, weighed } from './term-index.ts'
import { foldTerm, partsOfTerm, tokenize } from './tokens.ts'

export interface Ranked {
  id: string
  /** Higher is better. */
  score: number
}

interface Indexed {
  id: string
  fields: Fields
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
/** Weights of words that begin like a query's word, and of words that resemble it, relative to the word itself. */
const weights = { beginning: 0.6, near: 0.3 }
/**
 * A folder with this many words probably has those that people mean: a known word is not taken for a misspelling, and
 * the first letter of a misspelt one is assumed to be right.
 */
const manyWords = 50_000
/** A beginning shared by more words than this does not tell which of them is meant. */
const mostBeginning = 1000
/** Maximum number of words with a part, plus postings, read for one ranking. The rarest, most telling parts come first. */
const mostOfParts = 110_000

export class Ranking {
  #index = new TermIndex()
  readonly #ids: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #leaving = new Set<number>()

  add(passages: readonly Indexed[]): void {
    for (const { id, fields } of passages) {
      const number = this.#index.add(fields)
      this.#ids[number] = id
      this.#numbers.set(id, number)
    }
  }

  /** Removal reads all postings, so it is deferred until the next search. */
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
      for (let at = 0; at < passages.length; at++) {
        const passage = passages[at] as number
        scores.set(passage, (scores.get(passage) ?? 0) + weight / (fusion + at))
      }
    }
    const asked = new Set(queries.map((each) => this.#telling(each.slice(0, queryLength))))
    asked.delete('')
    const search = new Search(this.#index, mostOfParts / Math.max(1, asked.size))
    for (const query of asked) {
      const words = tokenize(query).flatMap((word) => foldTerm(word) ?? [])
      add(search.byWords(words), 1)
      add(search.byParts(words), partsWeight)
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
  readonly #reads: number
  readonly #scores: Float64Array
  /** Distinct words or parts of the query that a passage has, and the last one that was counted. */
  readonly #matched: Uint16Array
  readonly #last: Uint16Array
  readonly #expanded = new Map<string, (readonly [term: number, weight: number])[]>()
  /** Passages with a score. */
  readonly #touched: Int32Array
  #touches = 0
  readonly #run: Run
  /** How often a part occurs in the text and in the heading of a passage, and the passages that hold it. */
  readonly #sums: readonly [Uint16Array, Uint16Array]
  readonly #holding: Int32Array

  /** @param reads words and postings of parts that one query may read */
  constructor(index: TermIndex, reads: number) {
    const { passages } = index
    this.#index = index
    this.#reads = reads
    this.#scores = new Float64Array(passages)
    this.#matched = new Uint16Array(passages)
    this.#last = new Uint16Array(passages)
    this.#touched = new Int32Array(passages)
    this.#run = index.newRun()
    this.#sums = [new Uint16Array(passages), new Uint16Array(passages)]
    this.#holding = new Int32Array(passages)
  }

  /** @param words folded */
  byWords(words: readonly string[]): number[] {
    for (const [ordinal, [word, times]] of timesOf(words).entries())
      for (const [term, weight] of this.#alike(word)) this.#addTerm(term, times * weight, ordinal + 1)
    return this.#best()
  }

  /** @param words folded */
  byParts(words: readonly string[]): number[] {
    const { vocabulary } = this.#index
    const parts = timesOf(words.flatMap(partsOfTerm))
      .map(([text, times]) => {
        const part = vocabulary.partOf(text)
        return { part, times, cost: part === undefined ? 0 : this.#index.costOf(part) }
      })
      .sort((one, other) => one.cost - other.cost)
    let left = this.#reads
    for (const [ordinal, { part, times, cost }] of parts.entries()) {
      left -= cost + (part === undefined ? 0 : vocabulary.holdersOf(part))
      if (left < 0) break
      if (part !== undefined && cost > 0) this.#addPart(part, times, ordinal + 1)
    }
    return this.#best()
  }

  /** The word itself, longer words that begin with it, and words that differ in a letter or two. */
  #alike(word: string): (readonly [term: number, weight: number])[] {
    const remembered = this.#expanded.get(word)
    if (remembered) return remembered
    const { vocabulary } = this.#index
    const known = vocabulary.idOf(word)
    const isLarge = vocabulary.size >= manyWords
    const found = new Map<number, number>()
    const most = Math.min(6, Math.round(word.length * 0.2))
    if (word.length > 5 && (known === undefined || !isLarge))
      for (const { term, distance } of vocabulary.near(word, most, isLarge ? 1 : 0)) {
        const length = vocabulary.lengthOf(term)
        found.set(term, (weights.near * length) / (length + distance))
      }
    if (word.length > 3)
      for (const term of vocabulary.beginningWith(word, mostBeginning)) {
        const length = vocabulary.lengthOf(term)
        found.set(term, (weights.beginning * length) / (length + 0.3 * (length - word.length)))
      }
    if (known !== undefined) found.set(known, 1)
    this.#expanded.set(word, [...found])
    return [...found]
  }

  #addTerm(term: number, weight: number, ordinal: number): void {
    const { passages, counts } = this.#run
    const length = this.#index.read(term, this.#run)
    for (const field of [1, 2, 0] as const) {
      const frequency = this.#index.frequencyOf(term, field)
      if (frequency === 0) continue
      const weighing = this.#index.weighing('words', field, frequency)
      for (let at = 0; at < length; at++) {
        const count = countIn(counts[at] ?? 0, field)
        const passage = passages[at] ?? 0
        if (count > 0) this.#give(passage, weight * weighed(weighing, passage, count), ordinal)
      }
    }
  }

  /** A part occurs as often as all words that contain it, taken together. */
  #addPart(part: number, times: number, ordinal: number): void {
    const holding = this.#sumPart(part)
    for (const field of [1, 0] as const) {
      const sums = this.#sums[field]
      let frequency = 0
      for (let at = 0; at < holding; at++) if ((sums[this.#holding[at] ?? 0] ?? 0) > 0) frequency++
      if (frequency === 0) continue
      const weighing = this.#index.weighing('parts', field, frequency)
      for (let at = 0; at < holding; at++) {
        const passage = this.#holding[at] ?? 0
        const count = sums[passage] ?? 0
        if (count > 0) this.#give(passage, times * weighed(weighing, passage, count), ordinal)
        sums[passage] = 0
      }
    }
  }

  /** @returns how many passages hold the part in text or heading: the first of `#holding` */
  #sumPart(part: number): number {
    const { passages, counts } = this.#run
    const [texts, headings] = this.#sums
    const { terms, times } = this.#index.vocabulary.wordsWith(part)
    let holding = 0
    for (let at = 0; at < terms.length; at++) {
      const often = times[at] ?? 0
      const length = this.#index.read(terms[at] ?? 0, this.#run)
      for (let place = 0; place < length; place++) {
        const passage = passages[place] ?? 0
        const both = counts[place] ?? 0
        const text = countIn(both, 0) * often
        const heading = countIn(both, 1) * often
        if (text + heading === 0) continue
        if (texts[passage] === 0 && headings[passage] === 0) this.#holding[holding++] = passage
        texts[passage] = (texts[passage] ?? 0) + text
        headings[passage] = (headings[passage] ?? 0) + heading
      }
    }
    return holding
  }

  #give(passage: number, score: number, ordinal: number): void {
    if (this.#matched[passage] === 0) this.#touched[this.#touches++] = passage
    if (this.#last[passage] !== ordinal) {
      this.#matched[passage] = (this.#matched[passage] ?? 0) + 1
      this.#last[passage] = ordinal
    }
    this.#scores[passage] = (this.#scores[passage] ?? 0) + score
  }

  /** The best passages, best first; forgets the query. A passage scores higher the more of the query it contains. */
  #best(): number[] {
    const best: { passage: number; score: number }[] = []
    for (let touch = 0; touch < this.#touches; touch++) {
      const passage = this.#touched[touch] ?? 0
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
    this.#touches = 0
    return best.map(({ passage }) => passage)
  }
}
