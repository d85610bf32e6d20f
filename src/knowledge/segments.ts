/** Which passages contain a term and how often, in typed arrays: six octets for each pair. */

/** Postings of some passages, by term. */
interface Segment {
  /** Ascending. */
  terms: Int32Array
  /** Where the postings of each term begin, and the end. */
  starts: Int32Array
  /** Ascending for each term. */
  passages: Int32Array
  counts: Uint16Array
}

/** How often a term occurs in a passage: in its text, its own heading, and the path to it. */
export type Counts = readonly [text: number, heading: number, path: number]

export const packed = ([text, heading, path]: Counts): number =>
  Math.min(text, 255) | (Math.min(heading, 15) << 8) | (Math.min(path, 15) << 12)

export const unpackedCount = (counts: number, field: 0 | 1 | 2): number =>
  field === 0 ? counts & 255 : field === 1 ? (counts >> 8) & 15 : counts >> 12

export class Segments {
  readonly #segments: Segment[] = []
  readonly #isGone: (passage: number) => boolean

  /** @param isGone what a merge leaves out */
  constructor(isGone: (passage: number) => boolean) {
    this.#isGone = isGone
  }

  /** Passages above all earlier ones. @param terms of each posting, in the order of the passages */
  add(terms: readonly number[], passages: readonly number[], counts: readonly number[]): void {
    if (terms.length === 0) return
    this.#segments.push(segmentOf(terms, passages, counts))
    // Each at most half as large as the one before it: few of them, and each posting is moved few times.
    for (;;) {
      const [before, last] = this.#segments.slice(-2)
      if (!before || !last || before.passages.length > 2 * last.passages.length) return
      this.#segments.splice(-2, 2, this.#merged(before, last))
    }
  }

  each(term: number, visit: (passage: number, counts: number) => void): void {
    for (const { terms, starts, passages, counts } of this.#segments) {
      const at = placeOf(terms, term)
      if (at < 0) continue
      const end = starts[at + 1] ?? 0
      for (let place = starts[at] ?? 0; place < end; place++) visit(passages[place] ?? 0, counts[place] ?? 0)
    }
  }

  /** Every posting. */
  all(visit: (term: number, passage: number, counts: number) => void): void {
    for (const { terms, starts, passages, counts } of this.#segments)
      for (let at = 0; at < terms.length; at++)
        for (let place = starts[at] ?? 0; place < (starts[at + 1] ?? 0); place++)
          visit(terms[at] ?? 0, passages[place] ?? 0, counts[place] ?? 0)
  }

  #merged(one: Segment, other: Segment): Segment {
    const terms = new Int32Array(one.terms.length + other.terms.length)
    const starts = new Int32Array(terms.length + 1)
    const passages = new Int32Array(one.passages.length + other.passages.length)
    const counts = new Uint16Array(passages.length)
    let [term, to, at, next] = [0, 0, 0, 0]
    const take = ({ starts: from, ...segment }: Segment, place: number) => {
      for (let posting = from[place] ?? 0; posting < (from[place + 1] ?? 0); posting++) {
        const passage = segment.passages[posting] ?? 0
        if (this.#isGone(passage)) continue
        passages[to] = passage
        counts[to++] = segment.counts[posting] ?? 0
      }
    }
    while (at < one.terms.length || next < other.terms.length) {
      const [mine, theirs] = [one.terms[at] ?? Infinity, other.terms[next] ?? Infinity]
      terms[term] = Math.min(mine, theirs)
      starts[term++] = to
      if (mine <= theirs) take(one, at++)
      if (theirs <= mine) take(other, next++)
    }
    starts[term] = to
    return {
      terms: terms.slice(0, term),
      starts: starts.slice(0, term + 1),
      passages: passages.slice(0, to),
      counts: counts.slice(0, to),
    }
  }
}

function segmentOf(
  terms: readonly number[],
  passages: readonly number[],
  counts: readonly number[],
): Segment {
  const length = terms.length
  const order = Float64Array.from(terms, (term, at) => term * length + at).sort()
  const segment = {
    terms: new Int32Array(length),
    starts: new Int32Array(length + 1),
    passages: new Int32Array(length),
    counts: new Uint16Array(length),
  }
  let distinct = 0
  order.forEach((key, at) => {
    const from = key % length
    const term = terms[from] ?? 0
    if (at === 0 || segment.terms[distinct - 1] !== term) {
      segment.starts[distinct] = at
      segment.terms[distinct++] = term
    }
    segment.passages[at] = passages[from] ?? 0
    segment.counts[at] = counts[from] ?? 0
  })
  segment.starts[distinct] = length
  return {
    ...segment,
    terms: segment.terms.slice(0, distinct),
    starts: segment.starts.slice(0, distinct + 1),
  }
}

/** Negative if it is not there. */
function placeOf(terms: Int32Array, term: number): number {
  let [low, high] = [0, terms.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = terms[middle] ?? 0
    if (found === term) return middle
    if (found < term) low = middle + 1
    else high = middle - 1
  }
  return -1
}
