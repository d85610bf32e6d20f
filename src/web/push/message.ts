/** What a notification says (little, unless the person asked for more on that device), and when a device stays silent. */
import { plainLine } from '../../mail/address.ts'
import type { TellableEvent } from '../../store/webhooks.ts'
import { nameOfEvent } from '../webhook-events.ts'

export interface PushMessage {
  title: string
  body: string
  /** Path that a click opens. */
  path: string
}

const longest = 120

/** Null when nothing in them waits for a person. @param events the ones since the last notification */
export function pushMessage(events: readonly TellableEvent[], detailed: boolean): PushMessage | null {
  const waiting = new Map(
    events
      .filter((event) => nameOfEvent(event) === 'reply.held')
      .map((event) => [event.messageId, event] as const),
  )
  const [only] = waiting.values()
  if (only === undefined) return null
  if (waiting.size > 1) return { title: `${waiting.size} replies wait for you`, body: '', path: '/' }
  const path = `/replies/${only.messageId}`
  if (!detailed) return { title: 'A reply waits for you', body: '', path }
  const title = plainLine(only.subject ?? '(no subject)').slice(0, longest)
  return { title, body: `From ${plainLine(only.fromAddress ?? 'nobody').slice(0, longest)}`, path }
}

/** Hours in which a device stays silent, `HH:MM`; both null: never. The end may lie after midnight. */
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
