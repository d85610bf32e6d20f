/** Moments for people, in the owner's time zone. */

/** `24 Nov 2026, 09:03`. */
export function momentOf(at: Date, timeZone: string): string {
  return formatOf({ ...dayParts, ...minuteParts, timeZone }).format(at)
}

export const dayParts = { day: 'numeric', month: 'short', year: 'numeric' } as const
export const minuteParts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

/** Making a format takes longer than a hundred uses of it. */
const formats = new Map<string, Intl.DateTimeFormat>()

export function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  const format = formats.get(key) ?? new Intl.DateTimeFormat('en-GB', options)
  formats.set(key, format)
  return format
}
