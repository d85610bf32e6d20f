/** Ranks passages for several short queries at once: words by BM25, and word parts for compounds and inflection. */
import MiniSearch from 'minisearch'
import { foldTerm, partsOf, tokenize } from './tokens.ts'

export interface Ranked {
  id: string
  /** Higher is better. */
  score: number
}

interface Indexed {
  id: string
  /** File name and the headings above the passage's own. */
  path: string
  /** The passage's own heading. */
  heading: string
  text: string
}

/** Characters of one query that count. */
const queryLength = 400
/** Reciprocal rank fusion: how fast a lower rank loses weight. */
const fusion = 8
/** Lower ranks of one query are ignored. */
const deepest = 40
/** A term in more than this share of the passages does not distinguish them; it is ignored if there are others. */
const commonest = 0.35
/** Word parts match by chance more often than words. */
const partsWeight = 0.6

export class Ranking {
  readonly #words = new MiniSearch<Indexed>({
    fields: ['heading', 'path', 'text'],
    tokenize,
    processTerm: foldTerm,
  })
  readonly #parts = new MiniSearch<Indexed>({
    fields: ['heading', 'text'],
    tokenize: partsOf,
    processTerm: (part) => part,
  })
  /** Number of passages by folded term. */
  readonly #holders = new Map<string, number>()
  readonly #terms = new Map<string, ReadonlySet<string>>()

  add(passages: readonly Indexed[]): void {
    this.#words.addAll(passages)
    this.#parts.addAll(passages)
    for (const { id, path, heading, text } of passages) {
      const terms = new Set(termsOf(`${path} ${heading} ${text}`))
      this.#terms.set(id, terms)
      for (const term of terms) this.#holders.set(term, (this.#holders.get(term) ?? 0) + 1)
    }
  }

  discard(id: string): void {
    this.#words.discard(id)
    this.#parts.discard(id)
    for (const term of this.#terms.get(id) ?? []) this.#holders.set(term, (this.#holders.get(term) ?? 1) - 1)
    this.#terms.delete(id)
  }

  clear(): void {
    this.#words.removeAll()
    this.#parts.removeAll()
    this.#holders.clear()
    this.#terms.clear()
  }

  /**
   * Best first. All queries have equal weight, so that a mail with four questions gets passages for each of them.
   * @param queries search phrases, questions, a subject
   */
  rank(queries: readonly string[]): Ranked[] {
    const scores = new Map<string, number>()
    const add = (ids: readonly string[], weight: number) =>
      ids.slice(0, deepest).forEach((id, at) => {
        scores.set(id, (scores.get(id) ?? 0) + weight / (fusion + at))
      })
    for (const query of new Set(queries.map((each) => this.#telling(each.slice(0, queryLength))))) {
      if (query === '') continue
      add(this.#byWords(query), 1)
      add(this.#byParts(query), partsWeight)
    }
    return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score)
  }

  #byWords(query: string): string[] {
    const hits = this.#words.search(query, {
      boost: { heading: 2.5, path: 1.2 },
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 5 ? 0.2 : false),
      weights: { prefix: 0.6, fuzzy: 0.3 },
      combineWith: 'OR',
    })
    return hits.map(({ id }) => String(id))
  }

  #byParts(query: string): string[] {
    return this.#parts.search(query, { boost: { heading: 2 }, combineWith: 'OR' }).map(({ id }) => String(id))
  }

  /** Removes the words that most passages share; the folder itself shows which, in any language. */
  #telling(query: string): string {
    const most = this.#terms.size * commonest
    const words = tokenize(query)
    const telling = words.filter((word) => {
      const term = foldTerm(word)
      return term !== null && (this.#holders.get(term) ?? 0) <= most
    })
    return (telling.length > 0 ? telling : words).join(' ')
  }
}

const termsOf = (text: string): string[] => tokenize(text).flatMap((word) => foldTerm(word) ?? [])
