/** Hours in which a device stays silent, in the owner's time zone. */

/** `HH:MM`; both null: never quiet. The end may lie behind midnight. */
export interface QuietHours {
  from: string | null
  until: string | null
}

/** @param timeZone IANA name */
export function isQuiet({ from, until }: QuietHours, at: Date, timeZone: string): boolean {
  if (from === null || until === null || from === until) return false
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const now = format.format(at)
  return from < until ? from <= now && now < until : now >= from || now < until
}
