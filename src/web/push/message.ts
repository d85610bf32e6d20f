/** What a notification says (little, unless the person asked for more on that device), and when a device stays silent. */
import { plainLine } from '../../mail/address.ts'
import { dayOf } from '../../model/budget.ts'
import type { TellableEvent } from '../../store/webhooks.ts'
import { nameOfEvent } from '../webhook-events.ts'
import type { Trouble } from './troubles.ts'

export interface PushMessage {
  title: string
  body: string
  /** Path that a click opens. */
  path: string
  /** Replaces an earlier one of its kind; `waiting` when absent. */
  tag?: 'trouble' | 'digest' | 'test'
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

/** @param fresh at least one problem, none reported before */
export function troubleMessage(fresh: readonly Trouble[], detailed: boolean): PushMessage {
  const said = new Set(fresh.map(({ brief, words }) => (detailed ? words : brief)))
  const body = plainLine([...said].join('. ')).slice(0, longest)
  return { title: 'replyd needs your help', body, path: '/settings', tag: 'trouble' }
}

/** Null when nothing waits. */
export function digestMessage(waiting: number): PushMessage | null {
  if (waiting === 0) return null
  const title = waiting === 1 ? '1 reply waits for you today' : `${waiting} replies wait for you today`
  return { title, body: '', path: '/', tag: 'digest' }
}

export const testMessage: PushMessage = {
  ...{ title: 'Notifications work', body: 'This is the test you asked for.', path: '/notifications' },
  tag: 'test',
}

/** Whether the daily summary is due. @param timeZone IANA name */
export function isDigestDue(
  { digestAt, digestDay }: { digestAt: string | null; digestDay: string | null },
  at: Date,
  timeZone: string,
): boolean {
  return digestAt !== null && dayOf(at, timeZone) !== digestDay && clockIn(at, timeZone) >= digestAt
}

const clockIn = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  )

/** Hours in which a device stays silent, `HH:MM`; both null: never. The end may lie after midnight. */
interface QuietHours {
  from: string | null
  until: string | null
}

/** @param timeZone IANA name */
export function isQuiet({ from, until }: QuietHours, at: Date, timeZone: string): boolean {
  if (from === null || until === null || from === until) return false
  const now = clockIn(at, timeZone)
  return from < until ? from <= now && now < until : now >= from || now < until
}
