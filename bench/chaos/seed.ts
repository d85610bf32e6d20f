/** Makes the bench's own choices repeatable, but not those of the daemon and the kernel. */
export function seedRandom(seed: number): void {
  let state = seed >>> 0
  // Mulberry32.
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
