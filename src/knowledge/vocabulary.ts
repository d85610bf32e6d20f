/** The words of a folder in order, to find those that begin like a word, or differ from it in a few letters. */

export interface Near {
  term: number
  /** Letters that were added, left out or exchanged. */
  distance: number
}

export class Vocabulary {
  readonly #ids = new Map<string, number>()
  readonly #words: string[] = []
  /** Ids in the order of their words. */
  #sorted = new Int32Array(0)
  /** Letters that each word of the order shares with the one before it, at most 255. */
  #shared = new Uint8Array(0)

  get size(): number {
    return this.#words.length
  }

  idOf(word: string): number | undefined {
    return this.#ids.get(word)
  }

  /** @returns the id of a word that is not known yet */
  add(word: string): number {
    const id = this.#words.length
    this.#ids.set(word, id)
    this.#words.push(word)
    return id
  }

  lengthOf(term: number): number {
    return this.#word(term).length
  }

  #word(term: number): string {
    return this.#words[term] ?? ''
  }

  /** Ids of the longer words that begin with it. */
  beginningWith(beginning: string): number[] {
    this.#sort()
    const found: number[] = []
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#word(this.#sorted[middle] ?? 0) < beginning) low = middle + 1
      else high = middle
    }
    for (; low < this.#sorted.length; low++) {
      const term = this.#sorted[low] ?? 0
      if (!this.#word(term).startsWith(beginning)) break
      if (this.lengthOf(term) > beginning.length) found.push(term)
    }
    return found
  }

  /**
   * Words at most that far away (Levenshtein), except the word itself. Words that share a beginning share its part of the
   * table, and a beginning that is too far away is left with all its words.
   */
  near(word: string, most: number): Near[] {
    this.#sort()
    const width = word.length + 1
    const rows = [Uint8Array.from({ length: width }, (_, at) => at)]
    const found: Near[] = []
    let valid = 0
    for (let at = 0; at < this.#sorted.length; ) {
      const term = this.#sorted[at] ?? 0
      const other = this.#word(term)
      let depth = Math.min(valid, this.#shared[at] ?? 0, other.length)
      let least = 0
      while (depth < other.length && least <= most) {
        rows[depth + 1] ??= new Uint8Array(width)
        least = nextRow(
          rows[depth] as Uint8Array,
          rows[depth + 1] as Uint8Array,
          word,
          other.charCodeAt(depth),
        )
        depth++
      }
      valid = depth
      const distance = rows[depth]?.[word.length] ?? 255
      if (least <= most && distance > 0 && distance <= most) found.push({ term, distance })
      at++
      // None that shares these letters can come nearer.
      if (least > most) while (at < this.#sorted.length && (this.#shared[at] ?? 0) >= depth) at++
    }
    return found
  }

  /** Puts the new words among the others. */
  #sort(): void {
    const known = this.#sorted
    if (known.length === this.#words.length) return
    const added = Int32Array.from({ length: this.#words.length - known.length }, (_, at) => known.length + at)
    added.sort((one, other) => (this.#word(one) < this.#word(other) ? -1 : 1))
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

function sharedLetters(one: string, other: string): number {
  const most = Math.min(one.length, other.length, 255)
  let at = 0
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++
  return at
}

/** One row of the table of distances. @returns its least value */
function nextRow(above: Uint8Array, row: Uint8Array, word: string, letter: number): number {
  let left = Math.min(255, (above[0] ?? 0) + 1)
  let least = left
  row[0] = left
  for (let at = 1; at < row.length; at++) {
    const changed = (above[at - 1] ?? 0) + (word.charCodeAt(at - 1) === letter ? 0 : 1)
    left = Math.min(changed, left + 1, (above[at] ?? 0) + 1, 255)
    row[at] = left
    if (left < least) least = left
  }
  return least
}
