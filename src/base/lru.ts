/** A map that keeps the most recently used entries. */
export class Lru<Value> {
  readonly #most: number
  readonly #entries = new Map<string, Value>()

  /** @param most maximum number of entries */
  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  /** Removes and returns the entry. */
  take(key: string): Value | undefined {
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    return value
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }
}

/** Enough for a draft that several checks read, and for the knowledge and instructions of many prompts. */
const mostTexts = 128

/** Enough for the people of a busy day. */
const mostShort = 1_000
/** Characters: RFC 5321 section 4.5.3.1 allows 64 and 255. Longer ones are read each time. */
const longestAddress = 320

/** The same function, memoized for the most recently used texts. Do not modify its results. */
export const memoized = <Out>(read: (text: string) => Out) => keeping(mostTexts, read)

/** The same for addresses and domains. */
export const memoizedAddresses = <Out>(read: (address: string) => Out) => memoizedShort(longestAddress, read)

/** The same for more texts, of which those with more than `longest` characters are read each time. */
export function memoizedShort<Out>(longest: number, read: (text: string) => Out): (text: string) => Out {
  const kept = keeping(mostShort, read)
  return (text) => (text.length > longest ? read(text) : kept(text))
}

/**
 * Two halves. A text that is found in the older half moves to the newer one. When the newer half is full, it replaces
 * the older one. Most calls only look up; an Lru would delete and add an entry each time.
 */
function keeping<Out>(most: number, read: (text: string) => Out): (text: string) => Out {
  let older = new Map<string, { read: Out }>()
  let newer = new Map<string, { read: Out }>()
  return (text) => {
    const found = newer.get(text)
    if (found) return found.read
    const made = older.get(text) ?? { read: read(text) }
    if (newer.size >= most / 2) [older, newer] = [newer, new Map()]
    newer.set(text, made)
    return made.read
  }
}
