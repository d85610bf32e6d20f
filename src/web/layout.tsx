/** The layout shared by all pages. Works without JavaScript; htmx only refreshes what has changed. */
import type { Child } from 'hono/jsx'
import type { Status } from './status.ts'
import { ageOf, clockOf, exactly, momentOf } from './words.ts'

export interface View {
  /** For the page's forms. */
  token: string
  path: string
  notice: string | null
  /** A decision made just now that can be undone: an approval `until` it is sent, a rejection until somebody decides again. */
  undo: { id: string; action: 'cancel' | 'reopen'; until: Date | null } | null
  waiting: number
  /** Warnings for the owner about the model. */
  warnings: readonly string[]
  status: readonly Status[]
  hasLogin: boolean
  now: Date
  /** The owner's. */
  timeZone: string
}

const places = [
  ['/', 'Queue'],
  ['/junk', 'Junk'],
  ['/history', 'History'],
  ['/insight', 'Insight'],
  ['/settings', 'Settings'],
] as const

const htmxConfig = JSON.stringify({ includeIndicatorStyles: false, allowEval: false, historyCacheSize: 0 })

export function Page({ view, title, children }: { view: View; title: string; children?: Child }) {
  return (
    <Shell title={`${title} · replyd`}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <nav aria-label="Pages">
        <a class="brand" href="/">
          replyd
        </a>
        {places.map(([href, name]) => (
          <a href={href} aria-current={href === view.path ? 'page' : undefined}>
            {name}
            {href === '/' && view.waiting > 0 ? <span class="count">{view.waiting}</span> : null}
          </a>
        ))}
        {view.hasLogin ? (
          <form method="post" action="/logout">
            <Token view={view} />
            <button type="submit" class="plain">
              Log out
            </button>
          </form>
        ) : null}
      </nav>
      <main id="main">
        <StatusStrip view={view} />
        {view.warnings.map((warning) => (
          <p class="fault" role="alert">
            {warning}
          </p>
        ))}
        <Notice view={view} />
        {children}
      </main>
      <dialog id="keys" aria-label="Keyboard">
        <h2>Keyboard</h2>
        <dl class="facts">
          <dt>j / k</dt>
          <dd>next / previous</dd>
          <dt>Enter</dt>
          <dd>open</dd>
          <dt>a</dt>
          <dd>approve</dd>
          <dt>Ctrl+Enter</dt>
          <dd>save and send what is typed</dd>
          <dt>e</dt>
          <dd>edit</dd>
          <dt>r</dt>
          <dd>reject</dd>
          <dt>u</dt>
          <dd>undo</dd>
          <dt>/</dt>
          <dd>search</dd>
          <dt>Esc</dt>
          <dd>back to the queue</dd>
        </dl>
      </dialog>
    </Shell>
  )
}

interface ShellProps {
  title: string
  /** `bare`: without the side menu. */
  page?: 'bare'
  children?: Child
}

export function Shell({ title, page, children }: ShellProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={htmxConfig} />
        <title>{title}</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/review.css" />
        <script src="/assets/htmx.js" defer />
        <script src="/assets/review.js" defer />
      </head>
      <body class={page}>{children}</body>
    </html>
  )
}

function Notice({ view: { notice, undo, ...view } }: { view: View }) {
  if (notice === null) return null
  return (
    <div class="notice">
      <span>
        <span role="status">{notice}</span>
        {undo?.action === 'cancel' ? (
          <>
            {' '}
            <Countdown until={undo.until} timeZone={view.timeZone} />
          </>
        ) : null}
      </span>
      {undo ? (
        <Action
          view={{ ...view, notice, undo }}
          to={`/replies/${undo.id}/${undo.action}`}
          label="Undo (u)"
          id="undo"
        />
      ) : null}
    </div>
  )
}

/** When a reply is sent: stated as a time, and counted down if JavaScript is on. */
export function Countdown({ until, timeZone }: { until: Date | null; timeZone: string }) {
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
  children?: Child
}

/** A button that is a whole form: works without JavaScript. */
export function Action({ view, to, label, kind, id, children }: ActionProps) {
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

/** On every page: one quiet line while all is well, and one line with its repair for each part that is not. */
function StatusStrip({ view }: { view: View }) {
  const [broken, well] = [view.status.filter(({ ok }) => !ok), view.status.filter(({ ok }) => ok)]
  return (
    <section
      id="status"
      aria-label="Status"
      hx-get={view.path}
      hx-trigger="changed from:body"
      hx-select="#status"
      hx-swap="outerHTML"
    >
      {broken.map((status) => (
        <p class="trouble" role="status">
          <span>
            <b>{status.part}:</b> {status.words}
          </span>
          <Repair view={view} status={status} />
        </p>
      ))}
      <p class="well">
        {well.map(({ part, words }) => (
          <span>{`${part}: ${words}`}</span>
        ))}
        <span id="connection" role="status" />
      </p>
    </section>
  )
}

function Repair({ view, status: { repair } }: { view: View; status: Status }) {
  if (repair === null) return null
  if (repair.post !== undefined) return <Action view={view} to={repair.post} label={repair.label} />
  return repair.open === view.path ? null : (
    <a class="button" href={repair.open}>
      {repair.label}
    </a>
  )
}
