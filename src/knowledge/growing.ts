/** Arrays of whole numbers that grow: a plain array takes eight octets for each, and a Map forty. */
export class Growing<A extends Int32Array | Uint16Array> {
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

  /** The values, and room behind them. Changes when something is added. */
  get values(): A {
    return this.#values
  }

  at(place: number): number {
    return this.#values[place] ?? 0
  }

  add(place: number, amount: number): void {
    this.#values[place] = this.at(place) + amount
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const longer = this.#make(this.#length * 2)
      longer.set(this.#values)
      this.#values = longer
    }
    this.#values[this.#length++] = value
  }
}

export const growingInts = () => new Growing((length) => new Int32Array(length))
export const growingCounts = () => new Growing((length) => new Uint16Array(length))
