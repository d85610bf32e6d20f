/** What happens once replyd sends automatically, in the same words on the page, in the API and on the command line. */
import { accountIn, within } from '../config/overlay.ts'
import type { AccountSettings } from '../config/settings.ts'
import { latestReplies, type WrittenReply } from '../store/review-lists.ts'
import { type SettingChange, sendingNames } from './setup-save.ts'
import type { WebContext } from './web-context.ts'

/** Number of replies examined. */
const looked = 20

/** One change that lets replyd send. */
export interface Sending {
  /** Empty, or ` to mail of the category “orders”`. */
  what: string
  /** Milliseconds between writing and sending. */
  undoMs: number
  /** Business hours apply. */
  hasHours: boolean
  latest: readonly WrittenReply[]
}

/** Null: every account, every category. */
interface Scope {
  account: string | null
  category: string | null
}

export async function sendingOf(
  { context, settings }: WebContext,
  changes: readonly Pick<SettingChange, 'path' | 'value'>[],
): Promise<Sending[]> {
  const all = changes.flatMap(({ path, value }): Scope[] => {
    const account = accountIn(path)
    const [first, name = ''] = within(path)
    if (first !== 'categories') return [{ account, category: null }]
    const before = new Set(sendingNames(settings.view(path).value))
    const names = path.at(-1) === 'mode' ? [name] : sendingNames(value).filter((each) => !before.has(each))
    return names.map((category) => ({ account, category }))
  })
  return Promise.all(all.map((each) => sendingOfOne(context, each)))
}

export async function sendingOfOne(
  { db, accounts }: WebContext['context'],
  { account, category }: Scope,
): Promise<Sending> {
  const whose =
    account === null ? [...accounts.values()] : [accounts.get(account)].flatMap((each) => each ?? [])
  const replies = whose.map(({ settings }) => settings.replies) as AccountSettings['replies'][]
  const box = account === null || accounts.size < 2 ? '' : ` at ${account}`
  return {
    what: `${category === null ? '' : ` to mail of the category “${category}”`}${box}`,
    undoMs: Math.min(...replies.map(({ undoMs }) => undoMs)),
    hasHours: replies.length > 0 && replies.every(({ businessHours }) => businessHours !== null),
    latest: await latestReplies(db, { account, category, limit: looked }),
  }
}

interface Consequences {
  begin: string
  unread: string
  points: readonly string[]
  /** What would have happened to the latest replies. */
  examples: string
}

export function consequencesOf({ what, undoMs, hasHours, latest }: Sending): Consequences {
  return {
    begin: `From now on replyd sends replies${what} automatically.`,
    unread: 'Nobody reads them first.',
    points: [
      'Only if there are no objections: the author is proven, every statement has a source, nothing is missing, and the mail is neither angry nor urgent. Every other reply waits for you, as before.',
      `You can take each one back for ${secondsWords(undoMs)} after it is written${hasHours ? ', and it goes out only in your business hours' : ''}.`,
      'Each says that it was written automatically. Replies that are already waiting are not sent.',
    ],
    examples: clearWords(latest.filter(({ sendable }) => sendable).length, latest.length),
  }
}

/** The same as a list of sentences. */
export function consequenceLines(sending: Sending): string[] {
  const { begin, unread, points, examples } = consequencesOf(sending)
  return [`${begin} ${unread}`, ...points, examples.replace(/:$/, '.')]
}

function clearWords(clear: number, all: number): string {
  if (all === 0) return 'replyd has not written such a reply yet, so it can’t say which it would have sent.'
  const last = all === 1 ? 'The last reply of this kind' : `Of the last ${all} replies of this kind,`
  if (all === 1)
    return clear === 1
      ? `${last} could have been sent automatically:`
      : `${last} would still have waited for you.`
  if (clear === 0) return `${last} none would have been sent automatically.`
  return `${last} ${clear} could have gone out by ${clear === 1 ? 'itself' : 'themselves'}:`
}

function secondsWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (ms < 90_000) return `${Math.round(ms / 1000)} seconds`
  return minutes < 90 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
