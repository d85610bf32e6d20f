/** Arrays of whole numbers that grow: a plain array takes eight octets for each number, and a Map forty. */
export class Growing<A extends Int32Array | Uint16Array | Uint8Array> {
  #values: A
  #length = 0
  readonly #make: (length: number) => A

  constructor(make: (length: number) => A) {
    this.#make = make
    this.#values = make(256)
  }

  get length(): number {
    return this.#length
  }

  /** The values, followed by unused room. A different array after it has grown. */
  get values(): A {
    return this.#values
  }

  /** @returns 0 beyond the end */
  at(place: number): number {
    return this.#values[place] ?? 0
  }

  set(place: number, value: number): void {
    this.#values[place] = value
  }

  add(place: number, amount: number): void {
    this.#values[place] = this.at(place) + amount
  }

  push(value: number): void {
    this.extend(1)
    this.#values[this.#length - 1] = value
  }

  /** Adds zeros. */
  extend(by: number): void {
    this.#length += by
    if (this.#length <= this.#values.length) return
    // Memory pages that were never written to take no space.
    const longer = this.#make(Math.max(this.#length, this.#values.length * 2))
    longer.set(this.#values)
    this.#values = longer
  }
}

export const growingInts = () => new Growing((length) => new Int32Array(length))
export const growingCounts = () => new Growing((length) => new Uint16Array(length))
export const growingFlags = () => new Growing((length) => new Uint8Array(length))
