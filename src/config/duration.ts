/** Durations as people write them: `500ms`, `30s`, `15m`, `12h`, `7d`, `2w`. */

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

export const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/

/** Milliseconds, or null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text.trim())
  if (!match) return null
  const [, amount, unit] = match
  return Math.round(Number(amount) * milliseconds[unit as keyof typeof milliseconds])
}

/** The largest unit that divides the duration: 604800000 gives `1w`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const units = Object.entries(milliseconds).reverse()
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/**
 * Of a duration whose form the schema has checked.
 * @throws TypeError for any other
 */
export function msOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new TypeError('A duration passed the schema in another form')
  return ms
}
