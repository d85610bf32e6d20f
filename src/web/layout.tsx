/** The layout shared by all pages. Works without JavaScript; htmx only refreshes what has changed. */
import type { Child } from 'hono/jsx'
import { isAllowed, type PersonRole } from '../store/people.ts'
import type { WaitingCounts } from '../store/review-lists.ts'
import type { Repair, Status } from './status.ts'
import { ageOf, clockOf, exactly, momentOf } from './words.ts'

interface Undoable {
  ids: readonly string[]
  action: 'cancel' | 'reopen' | 'undo-junk'
  /** Where the undo is posted to, with the filter of the list. */
  to: string
  until: Date | null
  /** It goes out when somebody resumes the account. */
  paused: boolean
  /** The decision before the one that was just undone, as a sentence; absent for the decision just made. */
  said?: string
}

export interface View {
  /** For the page's forms. */
  token: string
  /** What the person who looks at the page may do. */
  role: PersonRole
  /** Id of the person who looks; null: the owner, without a name of their own. */
  person: string | null
  path: string
  /** The last change before this page was read: live updates start after it. */
  mark?: string | undefined
  notice: string | null
  /** The notice says why nothing was done, so it stays on screen. */
  isRefusal?: boolean
  /** Decisions just made that can be undone: approvals `until` they are sent, others until somebody decides again. */
  undo: Undoable | null
  /** Where the undo of something else is posted to. */
  undoAt?: string | null
  waiting: WaitingCounts
  /** Accounts for which somebody has stopped all sending. */
  paused: readonly string[]
  /** Warnings for the owner about the model. */
  warnings: readonly string[]
  status: readonly Status[]
  hasLogin: boolean
  now: Date
  /** The owner's. */
  timeZone: string
}

const places = [
  ['/', 'Inbox'],
  ['/junk', 'Junk'],
  ['/history', 'History'],
  ['/insight', 'Insight'],
  ['/teach', 'Teach'],
  ['/settings', 'Setup'],
] as const

const htmxConfig = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  // Not `style`: the policy forbids style attributes, and the console would report each one.
  attributesToSettle: ['class'],
  // No delay: until content that was swapped in has settled, it does not react to keys.
  defaultSettleDelay: 0,
})

interface PageProps {
  view: View
  title: string
  /** Classes of the body. */
  kind?: string
  /** A separate stylesheet in assets/. */
  style?: string
  children?: Child
}

export function Page({ view, title, kind, style, children }: PageProps) {
  return (
    <Shell title={`${title} · replyd`} page={kind} style={style}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Top view={view} />
      <main id="main" data-mark={view.mark}>
        <Troubles view={view} />
        <Notice view={view} />
        {children}
      </main>
      <Keys />
    </Shell>
  )
}

/** The entry of the menu that a page belongs to. */
function placeOf(path: string): string {
  if (/^\/(?:replies|inbox)\//.test(path)) return '/'
  if (path.startsWith('/teach/')) return '/teach'
  return /^\/(?:settings|devices|accounts|assistants|notifications|you|snippets)\b/.test(path)
    ? '/settings'
    : path
}

function Top({ view }: { view: View }) {
  const here = placeOf(view.path)
  return (
    <header class="top">
      <nav aria-label="Pages">
        <a class="brand" href="/">
          replyd
        </a>
        {places.map(([href, name]) => (
          <a href={href} aria-current={href === here ? 'page' : undefined}>
            {name}
            {href === '/' ? (
              <Count id="waiting" of="Mails that wait for you here" count={view.waiting.here} />
            ) : href === '/teach' ? (
              <Count id="lacking" of="Replies that lack a fact" count={view.waiting.lacking} />
            ) : null}
          </a>
        ))}
      </nav>
      <State status={view.status} />
      {view.hasLogin ? (
        <form method="post" action="/logout">
          <Token view={view} />
          <button type="submit" class="plain">
            Log out
          </button>
        </form>
      ) : null}
    </header>
  )
}

/** The number next to a menu entry; live updates replace it. */
const Count = ({ id, of, count }: { id: string; of: string; count: number }) => (
  <span class="count" id={id} title={of}>
    {count > 0 ? count : ''}
  </span>
)

const keys = [
  ['Ctrl K', 'all commands, and saved texts'],
  ['j k', 'skip to the next mail, back to the previous one'],
  ['a', 'send'],
  ['e', 'edit'],
  ['Ctrl Enter', 'send what is typed'],
  ['r', 'reject'],
  ['!', 'spam: to Junk'],
  ['u', 'undo'],
  ['x', 'choose; a, r and ! then apply to all that are chosen'],
  ['Shift X', 'choose all from the last one to here'],
  ['/', 'search'],
  ['Esc', 'leave a field, clear the selection, or go back to the list'],
] as const

function Keys() {
  return (
    <dialog id="keys" aria-label="Keyboard">
      <h2>Keyboard</h2>
      <dl class="facts">
        {keys.map(([key, words]) => (
          <>
            <dt>
              {key.split(' ').map((each) => (
                <kbd>{each}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}

interface ShellProps {
  title: string
  /** Classes of the body; `bare`: without the menu. */
  page?: string
  style?: string
  children?: Child
}

export function Shell({ title, page, style, children }: ShellProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={htmxConfig} />
        <title>{title}</title>
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1e2124" />
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="apple-touch-icon" href="/assets/icon-180.png" />
        <link rel="manifest" href="/assets/manifest.webmanifest" />
        <link rel="stylesheet" href="/assets/review.css" />
        {style === undefined ? null : <link rel="stylesheet" href={`/assets/${style}`} />}
        <script src="/assets/htmx.js" defer />
        <script src="/assets/reply.js" defer />
        <script src="/assets/panes.js" defer />
        <script src="/assets/review.js" defer />
        <script src="/assets/list.js" defer />
        <script src="/assets/palette.js" defer />
      </head>
      <body class={page}>{children}</body>
    </html>
  )
}

function Notice({ view }: { view: View }) {
  const { notice, undo, undoAt, isRefusal } = view
  if (notice === null) return <div id="notice" />
  return (
    <div id="notice" class={undo || undoAt || isRefusal ? 'notice' : 'notice passing'}>
      <span>
        <span role="status">{notice}</span>
        {undo?.said === undefined ? null : <bdi>{` ${undo.said}`}</bdi>}
        {undo?.action === 'cancel' ? (
          <>
            {' '}
            <Countdown until={undo.until} timeZone={view.timeZone} paused={undo.paused} />
          </>
        ) : null}
      </span>
      {undo ? <Undo view={view} undo={undo} /> : null}
      {undoAt ? <Action view={view} to={undoAt} label="Undo" id="undo" /> : null}
    </div>
  )
}

function Undo({ view, undo: { ids, to } }: { view: View; undo: Undoable }) {
  return (
    <Action view={view} to={to} label="Undo" id="undo">
      {ids.length > 1 ? ids.map((id) => <input type="hidden" name="pick" value={id} />) : null}
    </Action>
  )
}

interface Sending {
  until: Date | null
  timeZone: string
  /** Whether the mail's account is paused. */
  paused: boolean
}

/** When a reply is sent: stated as a time, and counted down if JavaScript is on. */
export function Countdown({ until, timeZone, paused }: Sending) {
  if (paused) return <>Waits until you resume</>
  if (until === null) return <>Sending now</>
  return (
    <time
      class="until"
      datetime={until.toISOString()}
      data-until={until.getTime()}
      title={exactly(until, timeZone)}
    >
      {`Sending at ${clockOf(until, timeZone)}`}
    </time>
  )
}

/** A moment in the owner's time zone, exact where the pointer rests. */
export function When({ at, view, short }: { at: Date; view: View; short?: boolean }) {
  return (
    <time datetime={at.toISOString()} title={exactly(at, view.timeZone)}>
      {short ? ageOf(at, view.now) : momentOf(at, view.timeZone)}
    </time>
  )
}

export function Token({ view }: { view: View }) {
  return <input type="hidden" name="token" value={view.token} />
}

interface ActionProps {
  view: View
  to: string
  label: string
  kind?: string
  id?: string
  /** Others do not see it; the server refuses them anyway. */
  needs?: PersonRole
  children?: Child
}

/** A button that is a whole form: works without JavaScript. */
export function Action({ view, to, label, kind, id, needs = 'reviewer', children }: ActionProps) {
  if (!isAllowed(view.role, needs)) return null
  return (
    <form method="post" action={to} class="action">
      <Token view={view} />
      {children}
      <button type="submit" id={id} class={kind}>
        {label}
      </button>
    </form>
  )
}

/** On every page: one line with its repair for each part that has a problem. */
function Troubles({ view }: { view: View }) {
  return (
    <section id="status" aria-label="Problems">
      {view.status
        .filter(({ ok }) => !ok)
        .map((status) => (
          <div class="trouble" role="status">
            <span>
              <b>{status.part}:</b> {status.words}
            </span>
            <span class="repairs">
              {status.repairs.map((repair) => (
                <RepairWay view={view} repair={repair} />
              ))}
            </span>
          </div>
        ))}
      {view.warnings.map((warning) => (
        <p class="fault" role="alert">
          {warning}
        </p>
      ))}
    </section>
  )
}

/** The status in one word; its parts on request. */
function State({ status }: { status: readonly Status[] }) {
  const well = status.every(({ ok }) => ok)
  return (
    <details id="state" class={well ? 'state' : 'state troubled'}>
      <summary>
        <span class="dot" />
        <span id="connection">{well ? 'All well' : 'A problem'}</span>
      </summary>
      <ul>
        {status.map(({ part, words, ok, repairs }) => (
          <li class={ok ? undefined : 'troubled'}>
            <b>{part}</b> {words}
            {repairs.flatMap(({ label, open }) =>
              open === undefined ? [] : [' ', <a href={open}>{label}</a>],
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}

function RepairWay({ view, repair }: { view: View; repair: Repair }) {
  if (repair.post !== undefined)
    return (
      <Action view={view} to={repair.post} label={repair.label}>
        <input type="hidden" name="next" value={view.path} />
      </Action>
    )
  return repair.open === view.path ? null : (
    <a class="button" href={repair.open}>
      {repair.label}
    </a>
  )
}
