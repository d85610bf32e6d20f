/**
 * The terms of passages: words, and the parts that words are made of. A part has no postings of its own: it occurs
 * where its words occur. What a search may read is limited, so that it takes no longer in a large folder.
 */
import { type Growing, growingCounts, growingInts } from './growing.ts'
import { type Counts, packed, Segments, unpackedCount } from './segments.ts'
import { foldTerm, partsOf, tokenize } from './tokens.ts'
import { Vocabulary } from './vocabulary.ts'

export interface Fields {
  text: string
  /** The passage's own heading. */
  heading: string
  /** File name and the headings above that. */
  path: string
}

const fields = [0, 1, 2] as const
type Field = (typeof fields)[number]

/** Boosts of text, heading and path. */
const boosts = { words: [1, 2.5, 1.2], parts: [1, 2, 0] } as const
type Kind = keyof typeof boosts

/** BM25+ (Lv and Zhai 2011). */
const bm25 = { k: 1.2, b: 0.7, d: 0.5 }

/** Spellings that are remembered with their term. */
const mostSpellings = 100_000

/** The lengths of one field in distinct words or parts, by passage. */
interface Lengths {
  of: Growing<Uint16Array>
  sum: number
}

export class TermIndex {
  readonly vocabulary = new Vocabulary()
  readonly #segments = new Segments((passage) => this.#isGone(passage))
  /** Number of passages by term: in any field, and by field. */
  readonly #holders = growingInts()
  readonly #frequencies = fields.map(growingInts)
  readonly #parts = new Map<string, number>()
  /** Words that have a part, by part; once for each occurrence in the word. */
  readonly #wordsOf: number[][] = []
  readonly #partsOf: Int32Array[] = []
  readonly #seenIn: number[] = []
  readonly #lengths: Record<Kind, Lengths[]> = { words: newLengths(), parts: newLengths() }
  readonly #gone: boolean[] = []
  #present = 0
  readonly #spellings = new Map<string, number>()

  get present(): number {
    return this.#present
  }

  /** Number of passages that were ever added: the next one's number. */
  get passages(): number {
    return this.#gone.length
  }

  /** @returns the number of the first; the others follow */
  add(added: readonly Fields[]): number {
    const first = this.#gone.length
    const [terms, passages, counts]: [number[], number[], number[]] = [[], [], []]
    for (const each of added) {
      const passage = this.#gone.length
      this.#gone.push(false)
      this.#present++
      for (const [term, count] of this.#countsOf(each, passage)) {
        terms.push(term)
        passages.push(passage)
        counts.push(packed(count))
        this.#count(term, packed(count), 1)
      }
    }
    this.#segments.add(terms, passages, counts)
    return first
  }

  discard(discarded: ReadonlySet<number>): void {
    if (discarded.size === 0) return
    this.#segments.all((term, passage, counts) => {
      if (discarded.has(passage) && !this.#isGone(passage)) this.#count(term, counts, -1)
    })
    for (const passage of discarded) {
      if (this.#isGone(passage)) continue
      this.#gone[passage] = true
      this.#present--
      for (const each of [...this.#lengths.words, ...this.#lengths.parts]) each.sum -= each.of.at(passage)
    }
  }

  holdersOf(term: number): number {
    return this.#holders.at(term)
  }

  /** Terms with a part, as often as it occurs in each. */
  wordsWith(part: string): readonly number[] {
    const known = this.#parts.get(part)
    return known === undefined ? [] : (this.#wordsOf[known] ?? [])
  }

  each(term: number, visit: (passage: number, counts: number) => void): void {
    this.#segments.each(term, (passage, counts) => {
      if (!this.#isGone(passage)) visit(passage, counts)
    })
  }

  /** What one occurrence-count of a term adds to a passage's score. @param frequency passages with it in that field */
  scorer(kind: Kind, field: Field, frequency: number): (passage: number, count: number) => number {
    const boost = boosts[kind][field]
    const rarity = Math.log(1 + (this.#present - frequency + 0.5) / (frequency + 0.5))
    const lengths = this.#lengths[kind][field]
    const mean = (lengths?.sum ?? 0) / this.#present
    const { k, b, d } = bm25
    return (passage, count) => {
      const length = lengths?.of.at(passage) ?? 0
      return boost * rarity * (d + (count * (k + 1)) / (count + k * (1 - b + (b * length) / mean)))
    }
  }

  frequencyOf(term: number, field: Field): number {
    return this.#frequencies[field]?.at(term) ?? 0
  }

  #isGone(passage: number): boolean {
    return this.#gone[passage] ?? true
  }

  #count(term: number, counts: number, by: 1 | -1): void {
    this.#holders.add(term, by)
    for (const field of fields) if (unpackedCount(counts, field) > 0) this.#frequencies[field]?.add(term, by)
  }

  #countsOf({ text, heading, path }: Fields, passage: number): Map<number, Counts> {
    const found = new Map<number, [number, number, number]>()
    for (const [field, content] of [text, heading, path].entries()) {
      const words = tokenize(content)
      let parts = 0
      for (const word of words) {
        const term = this.#termOf(word)
        if (term < 0) continue
        const count = found.get(term) ?? [0, 0, 0]
        count[field] = (count[field] ?? 0) + 1
        found.set(term, count)
        // Distinct parts of this field of this passage.
        const mark = passage * fields.length + field + 1
        for (const part of this.#partsOf[term] ?? [])
          if (this.#seenIn[part] !== mark) {
            this.#seenIn[part] = mark
            parts++
          }
      }
      this.#measure('words', field, new Set(words).size)
      this.#measure('parts', field, parts)
    }
    return found
  }

  #measure(kind: Kind, field: number, length: number): void {
    const lengths = this.#lengths[kind][field]
    if (!lengths) return
    lengths.of.push(length)
    lengths.sum += length
  }

  /** Negative for a meaningless word. */
  #termOf(word: string): number {
    const known = this.#spellings.get(word)
    if (known !== undefined) return known
    const folded = foldTerm(word)
    const term = folded === null ? -1 : (this.vocabulary.idOf(folded) ?? this.#learn(folded))
    if (this.#spellings.size >= mostSpellings) this.#spellings.clear()
    this.#spellings.set(word, term)
    return term
  }

  #learn(word: string): number {
    const term = this.vocabulary.add(word)
    this.#holders.push(0)
    for (const frequencies of this.#frequencies) frequencies.push(0)
    const parts = partsOf(word).map((part) => {
      const known = this.#parts.get(part)
      if (known !== undefined) return known
      this.#parts.set(part, this.#wordsOf.length)
      this.#wordsOf.push([])
      return this.#wordsOf.length - 1
    })
    this.#partsOf.push(Int32Array.from(parts))
    for (const part of parts) this.#wordsOf[part]?.push(term)
    return term
  }
}

const newLengths = (): Lengths[] => fields.map(() => ({ of: growingCounts(), sum: 0 }))
