import type { OpenHours } from './settings.ts'

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const window = /^([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$/

/** `mon-fri 09:00-17:00, sat 10:00-13:00`. Null when it is not written so. */
export function parseHours(text: string): OpenHours[] | null {
  const windows = text.toLowerCase().split(',').map(parseWindow)
  return windows.some((each) => each === null) ? null : (windows as OpenHours[])
}

function parseWindow(text: string): OpenHours | null {
  const [, first = '', last = first, ...clock] = window.exec(text.trim()) ?? []
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = clock.map(Number)
  const [start, end] = [first, last].map((name) => dayNames.indexOf(name))
  if (start === undefined || end === undefined || start < 0 || end < 0) return null
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  if (fromMinute > 59 || toMinute > 59 || to > 24 * 60 || from >= to) return null
  // fri-mon goes over the end of the week.
  const count = ((end - start + 7) % 7) + 1
  return { days: Array.from({ length: count }, (_, at) => (start + at) % 7), from, to }
}
