/** Asks before replyd begins to send by itself, or stops for a budget of 0, and says what will happen. */
import { accountIn, within } from '../config/overlay.ts'
import type { AccountSettings } from '../config/settings.ts'
import { latestReplies, type WrittenReply } from '../store/sendable.ts'
import { Token, type View, When } from './layout.tsx'
import { SetupPage } from './setup-frame.tsx'
import { type SettingChange, sendingNames } from './setup-save.ts'
import type { WebContext } from './web-context.ts'

/** Replies that are looked at, and those of them that are shown. */
const looked = 20
const shownAtMost = 5

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
export interface Scope {
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

interface Props {
  view: View
  sending: readonly Sending[]
  /** A budget of 0 is saved. */
  stops?: boolean
  /** Names of what is saved at the same time. */
  others: readonly string[]
  form: { to: string; fields: readonly (readonly [string, unknown])[]; back: string }
}

export function ConfirmSending({ view, sending, stops = false, others, form: { to, fields, back } }: Props) {
  const isSending = sending.length > 0
  return (
    <SetupPage view={view} title={isSending ? 'Let replyd send by itself?' : 'A budget of $0?'}>
      {stops ? <Stopping /> : null}
      {sending.map((each) => (
        <Consequences view={view} sending={each} />
      ))}
      <form method="post" action={to} class="card block" id="confirm-sending">
        <Token view={view} />
        {fields.map(([name, value]) =>
          typeof value === 'string' ? <input type="hidden" name={name} value={value} /> : null,
        )}
        <input type="hidden" name="confirmed" value="1" />
        {others.length === 0 ? null : <p class="meta">{`Saved at the same time: ${others.join(', ')}.`}</p>}
        <p class="buttons">
          <a class="button primary" href={back} autofocus>
            Cancel: change nothing
          </a>
          <button type="submit">{isSending ? 'Yes, send by itself' : 'Yes, set it to $0'}</button>
        </p>
      </form>
    </SetupPage>
  )
}

function Stopping() {
  return (
    <section class="card block" aria-label="What happens">
      <p>
        <b>With a budget of $0 replyd asks no AI that costs money.</b> New mail is neither judged nor answered
        until the budget is raised. No mail is lost: it stays in the mailbox and waits.
      </p>
      <p class="meta">To stop only the sending, pause the account under Setup → Accounts.</p>
    </section>
  )
}

function Consequences({
  view,
  sending: { what, undoMs, hasHours, latest },
}: {
  view: View
  sending: Sending
}) {
  const clear = latest.filter(({ sendable }) => sendable)
  return (
    <section class="card block" aria-label="What happens">
      <p>
        <b dir="auto">{`From now on replyd sends replies${what} by itself.`}</b> Nobody reads them first.
      </p>
      <ul class="plain">
        <li>
          Only where nothing speaks against it: it is proven who wrote, every statement has a source, nothing
          is missing, and the mail is neither angry nor urgent. Every other reply waits for you, as before.
        </li>
        <li>{`You can take each one back for ${secondsWords(undoMs)} after it is written${hasHours ? ', and it goes out in your business hours only' : ''}.`}</li>
        <li>Each says that it was written automatically. Replies that wait now are not sent by this.</li>
      </ul>
      <p>{clearWords(clear.length, latest.length)}</p>
      {clear.length === 0 ? null : (
        <ul class="rows">
          {clear.slice(0, shownAtMost).map(({ id, subject, fromName, fromAddress, createdAt }) => (
            <li>
              <span>
                <a href={`/mails/${id}`} dir="auto">
                  {subject || '(no subject)'}
                </a>
                <small>
                  <bdi>{fromName || fromAddress || 'Nobody'}</bdi> · <When at={createdAt} view={view} />
                </small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function clearWords(clear: number, all: number): string {
  if (all === 0) return 'replyd has not written such a reply yet, so it can’t say which it would have sent.'
  const last = all === 1 ? 'The last reply of this kind' : `Of the last ${all} replies of this kind,`
  if (all === 1)
    return clear === 1 ? `${last} could have gone out by itself:` : `${last} would still have waited for you.`
  if (clear === 0) return `${last} none would have gone out by itself.`
  return `${last} ${clear} could have gone out by ${clear === 1 ? 'itself' : 'themselves'}:`
}

function secondsWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (ms < 90_000) return `${Math.round(ms / 1000)} seconds`
  return minutes < 90 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
