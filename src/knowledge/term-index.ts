/**
 * The terms of passages: words, and the parts that words are made of. A part has no postings: it occurs
 * where its words occur. What a search may read is limited, so that it takes no longer in a large folder.
 */
import { growingCounts, growingFlags, growingInts } from './growing.ts'
import { countIn, type Field, fields, newRun, oneMoreIn, Postings, type Run } from './postings.ts'
import { foldTerm, tokenize } from './tokens.ts'
import { Vocabulary } from './vocabulary.ts'

export interface Fields {
  text: string
  /** The passage's own heading. */
  heading: string
  /** File name and the headings above that. */
  path: string
}

/** Boosts of text, heading and path. */
const boosts = { words: [1, 2.5, 1.2], parts: [1, 2, 0] } as const
type Kind = keyof typeof boosts

/** BM25+ (Lv and Zhai 2011). */
const bm25 = { k: 1.2, b: 0.7, d: 0.5 }

/** What a count of one term in one field adds to a passage's score. */
export interface Weighing {
  boost: number
  rarity: number
  /** Distinct words or parts of that field, by passage, and their mean. */
  lengths: Uint16Array
  mean: number
}

export function weighed({ boost, rarity, lengths, mean }: Weighing, passage: number, count: number): number {
  const { k, b, d } = bm25
  const length = lengths[passage] ?? 0
  return boost * rarity * (d + (count * (k + 1)) / (count + k * (1 - b + (b * length) / mean)))
}

export class TermIndex {
  readonly vocabulary = new Vocabulary()
  #postings = new Postings()
  /** Number of passages by term, in any field and by field; and of all words that have a part, by part. */
  readonly #holders = growingInts()
  readonly #frequencies = fields.map(growingInts)
  readonly #costs = growingInts()
  readonly #lengths = { words: newLengths(), parts: newLengths() }
  readonly #gone = growingFlags()
  #present = 0
  /** Passages that are gone and still have postings. */
  #dead = 0
  /** Of the passage that is being read: counts by term, its terms, and the field in which a part was last seen. */
  readonly #counted = growingCounts()
  readonly #terms: number[] = []
  readonly #seenIn = growingInts()

  get present(): number {
    return this.#present
  }

  /** Number of passages that were ever added: the next one's number. */
  get passages(): number {
    return this.#gone.length
  }

  /** @returns its number */
  add({ text, heading, path }: Fields): number {
    const passage = this.#gone.length
    this.#gone.push(0)
    this.#present++
    for (const [field, content] of [
      [0, text],
      [1, heading],
      [2, path],
    ] as const)
      this.#readField(content, field, passage)
    for (const term of this.#terms) {
      const counts = this.#counted.at(term)
      this.#postings.push(term, passage, counts)
      this.#count(term, counts, 1)
      this.#counted.set(term, 0)
    }
    this.#terms.length = 0
    return passage
  }

  /** Reads all postings. */
  discard(discarded: ReadonlySet<number>): void {
    const leaving = [...discarded].filter((passage) => this.#gone.at(passage) === 0)
    if (leaving.length === 0) return
    const leaves = new Uint8Array(this.passages)
    for (const passage of leaving) leaves[passage] = 1
    this.#eachPosting(this.#postings, (term, passage, counts) => {
      if (leaves[passage] === 1) this.#count(term, counts, -1)
    })
    for (const passage of leaving) {
      this.#gone.set(passage, 1)
      for (const { of, sums } of [this.#lengths.words, this.#lengths.parts])
        for (const field of fields) sums[field] -= of[field].at(passage)
    }
    this.#present -= leaving.length
    this.#dead += leaving.length
    if (this.#dead > this.#present) this.#sweep()
  }

  holdersOf(term: number): number {
    return this.#holders.at(term)
  }

  frequencyOf(term: number, field: Field): number {
    return this.#frequencies[field]?.at(term) ?? 0
  }

  /** Postings that are read for a part. */
  costOf(part: number): number {
    return this.#costs.at(part)
  }

  /** Room for the postings of any term. */
  newRun(): Run {
    return newRun(this.passages)
  }

  /** @returns how many postings were read into the start of `run` */
  read(term: number, run: Run): number {
    const length = this.#postings.read(term, run)
    if (this.#dead === 0) return length
    const gone = this.#gone.values
    let to = 0
    for (let at = 0; at < length; at++) {
      const passage = run.passages[at] ?? 0
      if (gone[passage] === 1) continue
      run.passages[to] = passage
      run.counts[to++] = run.counts[at] ?? 0
    }
    return to
  }

  /** @param frequency passages with the term in that field */
  weighing(kind: Kind, field: Field, frequency: number): Weighing {
    const { of, sums } = this.#lengths[kind]
    return {
      boost: boosts[kind][field],
      rarity: Math.log(1 + (this.#present - frequency + 0.5) / (frequency + 0.5)),
      lengths: of[field].values,
      mean: sums[field] / this.#present,
    }
  }

  #eachPosting(postings: Postings, visit: (term: number, passage: number, counts: number) => void): void {
    const run = this.newRun()
    for (let term = 0; term < postings.terms; term++) {
      const length = postings.read(term, run)
      for (let at = 0; at < length; at++) visit(term, run.passages[at] ?? 0, run.counts[at] ?? 0)
    }
  }

  /** Drops the postings of removed passages once they are the majority. */
  #sweep(): void {
    const swept = new Postings()
    this.#eachPosting(this.#postings, (term, passage, counts) => {
      if (this.#gone.at(passage) === 0) swept.push(term, passage, counts)
    })
    this.#postings = swept
    this.#dead = 0
  }

  #count(term: number, counts: number, by: 1 | -1): void {
    this.#holders.add(term, by)
    for (const field of fields) if (countIn(counts, field) > 0) this.#frequencies[field]?.add(term, by)
    this.vocabulary.eachPartOf(term, (part) => this.#costs.add(part, by))
  }

  #readField(content: string, field: Field, passage: number): void {
    const words = tokenize(content)
    // Marks a part as seen in this field of this passage.
    const mark = passage * fields.length + field + 1
    let parts = 0
    const see = (part: number) => {
      if (this.#seenIn.at(part) === mark) return
      this.#seenIn.set(part, mark)
      parts++
    }
    for (const word of words) {
      const term = this.#termOf(word)
      if (term < 0) continue
      const counts = this.#counted.at(term)
      if (counts === 0) this.#terms.push(term)
      if (countIn(counts, field) === 0) this.vocabulary.eachPartOf(term, see)
      this.#counted.set(term, oneMoreIn(counts, field))
    }
    this.#measure('words', field, new Set(words).size)
    this.#measure('parts', field, parts)
  }

  #measure(kind: Kind, field: Field, length: number): void {
    const { of, sums } = this.#lengths[kind]
    of[field].push(length)
    sums[field] += of[field].at(of[field].length - 1)
  }

  /** Negative for a meaningless word. */
  #termOf(word: string): number {
    const folded = foldTerm(word)
    if (folded === null) return -1
    return this.vocabulary.idOf(folded) ?? this.#learn(folded)
  }

  #learn(word: string): number {
    const term = this.vocabulary.add(word)
    for (const each of [this.#holders, ...this.#frequencies, this.#counted]) each.push(0)
    for (const each of [this.#costs, this.#seenIn]) each.extend(this.vocabulary.parts - each.length)
    return term
  }
}

/** Of one kind: by field, for each passage, and together. */
function newLengths() {
  const of = [growingCounts(), growingCounts(), growingCounts()] as const
  const sums: [number, number, number] = [0, 0, 0]
  return { of, sums }
}
