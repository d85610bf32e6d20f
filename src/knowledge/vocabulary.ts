/** The words of a folder, to find those that share a beginning or a part with a word, or differ in a few letters. */
import { growingInts } from './growing.ts'
import { newRun, Postings } from './postings.ts'
import { partsOfTerm } from './tokens.ts'

export interface Near {
  term: number
  /** Letters that were added, left out or exchanged. */
  distance: number
}

export class Vocabulary {
  readonly #ids = new Map<string, number>()
  readonly #words: string[] = []
  readonly #partIds = new Map<string, number>()
  /** The parts of all words, one after the other, and where those of each word begin. */
  readonly #parts = growingInts()
  readonly #starts = growingInts()
  /** By part: the words that it occurs in, and how often. */
  readonly #holders = new Postings()
  /** Ids in the order of their words. */
  #sorted = new Int32Array(0)
  /** Letters that each word of the order shares with the one before it, at most 255. */
  #shared = new Uint8Array(0)

  get size(): number {
    return this.#words.length
  }

  /** Number of different parts. */
  get parts(): number {
    return this.#partIds.size
  }

  idOf(word: string): number | undefined {
    return this.#ids.get(word)
  }

  /** @returns the id of a word that is not known yet */
  add(word: string): number {
    const id = this.#words.length
    const kept = detached(word)
    this.#ids.set(kept, id)
    this.#words.push(kept)
    this.#starts.push(this.#parts.length)
    const times = new Map<number, number>()
    for (const part of partsOfTerm(word)) {
      const known = this.#partIds.get(part) ?? this.#partIds.size
      this.#partIds.set(detached(part), known)
      this.#parts.push(known)
      times.set(known, (times.get(known) ?? 0) + 1)
    }
    for (const [part, often] of times) this.#holders.push(part, id, often)
    return id
  }

  lengthOf(term: number): number {
    return this.#word(term).length
  }

  /** Calls it for each part of the word, as often as it occurs there. */
  eachPartOf(term: number, visit: (part: number) => void): void {
    const parts = this.#parts.values
    const end = term + 1 < this.size ? this.#starts.at(term + 1) : this.#parts.length
    for (let at = this.#starts.at(term); at < end; at++) visit(parts[at] ?? 0)
  }

  partOf(part: string): number | undefined {
    return this.#partIds.get(part)
  }

  /** Number of words that the part occurs in. */
  holdersOf(part: number): number {
    return this.#holders.lengthOf(part)
  }

  /** Words that the part occurs in, and how often it occurs in each. */
  wordsWith(part: number): { terms: Int32Array; times: Uint16Array } {
    const run = newRun(this.#holders.lengthOf(part))
    this.#holders.read(part, run)
    return { terms: run.passages, times: run.counts }
  }

  #word(term: number): string {
    return this.#words[term] ?? ''
  }

  /** Ids of the longer words that begin with it, in order of the words. @param most words; empty if there are more */
  beginningWith(beginning: string, most: number): number[] {
    const found: number[] = []
    for (let at = this.#placeOf(beginning); at < this.#sorted.length; at++) {
      const term = this.#sorted[at] ?? 0
      if (!this.#word(term).startsWith(beginning)) break
      if (found.length === most) return []
      if (this.lengthOf(term) > beginning.length) found.push(term)
    }
    return found
  }

  /** Index of the first word that does not sort before it. */
  #placeOf(beginning: string): number {
    this.#sort()
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#word(this.#sorted[middle] ?? 0) < beginning) low = middle + 1
      else high = middle
    }
    return low
  }

  /**
   * Words at most that far away (Levenshtein), except the word itself. Words that share a beginning share its part of
   * the table, and a beginning that is too far away is skipped with all its words.
   * @param same letters at the beginning that must be the same
   */
  near(word: string, most: number, same = 0): Near[] {
    const beginning = word.slice(0, same)
    let at = this.#placeOf(beginning)
    const width = word.length + 1
    const rows = [Uint8Array.from({ length: width }, (_, at) => Math.min(at, most + 1))]
    const found: Near[] = []
    let valid = 0
    while (at < this.#sorted.length) {
      const term = this.#sorted[at] ?? 0
      const other = this.#word(term)
      if (same > 0 && !other.startsWith(beginning)) break
      let depth = Math.min(valid, this.#shared[at] ?? 0, other.length)
      if (Math.abs(other.length - word.length) > most) {
        valid = depth
        at++
        continue
      }
      let least = 0
      while (depth < other.length && least <= most) {
        rows[depth + 1] ??= new Uint8Array(width)
        least = nextRow(rows, depth, word, other.charCodeAt(depth), most)
        depth++
      }
      valid = depth
      const distance = rows[depth]?.[word.length] ?? most + 1
      if (least <= most && distance > 0 && distance <= most) found.push({ term, distance })
      at++
      // No word with these letters can be closer.
      if (least > most) while (at < this.#sorted.length && (this.#shared[at] ?? 0) >= depth) at++
    }
    return found
  }

  /** Puts the new words among the others. */
  #sort(): void {
    const known = this.#sorted
    if (known.length === this.#words.length) return
    const added = this.#words
      .slice(known.length)
      .sort()
      .map((word) => this.#ids.get(word) ?? 0)
    const sorted = new Int32Array(this.#words.length)
    let [mine, theirs] = [0, 0]
    for (let to = 0; to < sorted.length; to++) {
      const isMine =
        theirs === added.length ||
        (mine < known.length && this.#word(known[mine] ?? 0) < this.#word(added[theirs] ?? 0))
      sorted[to] = (isMine ? known[mine++] : added[theirs++]) ?? 0
    }
    this.#sorted = sorted
    this.#shared = Uint8Array.from(sorted, (term, at) =>
      at === 0 ? 0 : sharedLetters(this.#word(sorted[at - 1] ?? 0), this.#word(term)),
    )
  }
}

/** A word sliced from a text would keep the whole text in memory. */
const detached = (word: string) => (word.length < 13 ? word : Buffer.from(word).toString())

function sharedLetters(one: string, other: string): number {
  const most = Math.min(one.length, other.length, 255)
  let at = 0
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++
  return at
}

/**
 * The row of the table of distances below that one, for one more letter of the other word. A cell that is further
 * than `most` from the diagonal is also larger than `most`, so it is not computed. @returns the least value of the row
 */
function nextRow(
  rows: readonly Uint8Array[],
  depth: number,
  word: string,
  letter: number,
  most: number,
): number {
  const [above, row] = [rows[depth] as Uint8Array, rows[depth + 1] as Uint8Array]
  const from = Math.max(1, depth + 1 - most)
  const to = Math.min(word.length, depth + 1 + most)
  let left = Math.min(depth + 1, most + 1)
  row[from - 1] = left
  let least = left
  for (let at = from; at <= to; at++) {
    const changed = (above[at - 1] as number) + (word.charCodeAt(at - 1) === letter ? 0 : 1)
    left = Math.min(changed, left + 1, (above[at] as number) + 1)
    row[at] = left
    if (left < least) least = left
  }
  if (to < word.length) row[to + 1] = most + 1
  return least
}
