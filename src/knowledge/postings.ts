/**
 * Which passages contain a term, and how often: lists in two typed arrays, six octets for each pair. A list grows by
 * blocks of doubling size, so nothing is moved when it grows, and every list is found without a search.
 */
import { growingCounts, growingInts } from './growing.ts'

/** Postings of the largest block. Smaller blocks are powers of two. */
const largest = 512
/** Postings before the second block of the largest size. */
const doubling = 2 * largest - 1

/** A reusable buffer for postings that were read. */
export interface Run {
  /** Ascending. */
  passages: Int32Array
  counts: Uint16Array
}

/** @param most postings of the longest list */
export const newRun = (most: number): Run => ({
  passages: new Int32Array(most),
  counts: new Uint16Array(most),
})

export class Postings {
  /** By term: where its first block begins, where its last posting is, and how many there are. */
  readonly #first = growingInts()
  readonly #last = growingInts()
  readonly #lengths = growingInts()
  /** After the postings of a block: where the next block begins. */
  readonly #passages = growingInts()
  readonly #counts = growingCounts()

  /** Number of terms. */
  get terms(): number {
    return this.#lengths.length
  }

  lengthOf(term: number): number {
    return this.#lengths.at(term)
  }

  /** Passages of a term come in ascending order. */
  push(term: number, passage: number, counts: number): void {
    if (term >= this.terms)
      for (const each of [this.#first, this.#last, this.#lengths]) each.extend(term + 1 - this.terms)
    const length = this.#lengths.at(term)
    const size = sizeOfBlockAt(length)
    let place = this.#last.at(term) + 1
    if (size > 0) {
      const block = this.#passages.length
      this.#passages.extend(size + 1)
      this.#counts.extend(size + 1)
      if (length === 0) this.#first.set(term, block)
      else this.#passages.set(place, block)
      place = block
    }
    this.#passages.set(place, passage)
    this.#counts.set(place, counts)
    this.#last.set(term, place)
    this.#lengths.set(term, length + 1)
  }

  /** @returns how many postings were read into the start of `run` */
  read(term: number, run: Run): number {
    const [passages, counts] = [this.#passages.values, this.#counts.values]
    const length = this.#lengths.at(term)
    let to = 0
    let block = this.#first.at(term)
    for (let size = 1; to < length; size = Math.min(largest, size * 2)) {
      const end = block + Math.min(size, length - to)
      for (let place = block; place < end; place++) {
        run.passages[to] = passages[place] as number
        run.counts[to++] = counts[place] as number
      }
      block = passages[block + size] ?? 0
    }
    return length
  }
}

/** @returns 0: the last block has room for another posting */
function sizeOfBlockAt(length: number): number {
  if (length >= doubling) return (length - doubling) % largest === 0 ? largest : 0
  const next = length + 1
  return (next & length) === 0 ? next : 0
}

/** The text of a passage, its own heading, and the path to it. */
export const fields = [0, 1, 2] as const
export type Field = (typeof fields)[number]

const shifts = [0, 8, 12] as const
const mosts = [255, 15, 15] as const

/** How often a term occurs in one field. */
export const countIn = (counts: number, field: Field): number => (counts >> shifts[field]) & mosts[field]

/** One more in that field, at most 255 in the text and 15 elsewhere. */
export const oneMoreIn = (counts: number, field: Field): number =>
  countIn(counts, field) < mosts[field] ? counts + (1 << shifts[field]) : counts
