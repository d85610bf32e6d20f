/** Queue, Junk, History and the login. */
import type { Verdict } from '../judgement/verdict.ts'
import type { HistoryMail, ListedMail } from '../store/review-lists.ts'
import { Action, Page, Shell, type View } from './layout.tsx'
import { ageOf, plainWords } from './words.ts'

export interface Filter {
  search: string
  show: string
  account: string
}

const shows = [
  ['all', 'All'],
  ['held', 'Needs you'],
  ['drafts', 'In Drafts'],
] as const

function Search({ filter, action }: { filter: Filter; action: string }) {
  return (
    <form method="get" action={action} class="search" aria-label="Search">
      {filter.show === 'all' ? null : <input type="hidden" name="show" value={filter.show} />}
      <label class="hidden" for="search">
        Search
      </label>
      <input id="search" type="search" name="q" value={filter.search} placeholder="Search ( / )" />
    </form>
  )
}

export function QueuePage({
  view,
  mails,
  filter,
}: {
  view: View
  mails: readonly ListedMail[]
  filter: Filter
}) {
  return (
    <Page view={view} title="Queue">
      <header class="bar">
        <h1>Queue</h1>
        <Search filter={filter} action="/" />
      </header>
      <p class="tabs">
        {shows.map(([show, name]) => (
          <a href={`/?show=${show}`} aria-current={filter.show === show ? 'true' : undefined}>
            {name}
          </a>
        ))}
      </p>
      <div
        id="live"
        hx-get={queryOf('/', filter)}
        hx-trigger="changed from:body"
        hx-select="#live"
        hx-swap="outerHTML"
      >
        {mails.length === 0 ? (
          <p class="empty">Nothing waits for you.</p>
        ) : (
          <ul class="mails">
            {mails.map((mail) => (
              <QueueRow mail={mail} now={view.now} />
            ))}
          </ul>
        )}
      </div>
    </Page>
  )
}

function queryOf(path: string, { search, show, account }: Filter): string {
  const query = new URLSearchParams()
  if (search) query.set('q', search)
  if (show !== 'all') query.set('show', show)
  if (account) query.set('account', account)
  return query.size === 0 ? path : `${path}?${query}`
}

function QueueRow({ mail, now }: { mail: ListedMail; now: Date }) {
  const verdict = mail.verdict as Verdict | null
  const reasons = (mail.holdReason || mail.reason).split(' ')
  // That it is a draft can be seen; why it is not more says something.
  const why = (/^mode-/.test(reasons[0] ?? '') ? reasons[1] : undefined) ?? reasons[0] ?? ''
  return (
    <li>
      <a class="mail" href={`/replies/${mail.id}`}>
        <span
          class={`dot urgency-${verdict?.urgency ?? 0}`}
          title={`Urgency ${verdict?.urgency ?? 0} of 3`}
        />
        <span class="who">{mail.fromName || mail.fromAddress || 'Nobody'}</span>
        <span class="what">
          <b>{mail.subject || '(no subject)'}</b>
          <span class="gist">{verdict?.summary ?? ''}</span>
        </span>
        <span class={`why ${mail.disposition}`}>{stateWords(mail, why)}</span>
        <time datetime={mail.internalDate.toISOString()}>{ageOf(mail.internalDate, now)}</time>
      </a>
    </li>
  )
}

function stateWords(mail: ListedMail, why: string): string {
  if (mail.disposition === 'approved') return 'Goes out in a moment'
  if (mail.disposition === 'uncertain') return plainWords('send-unconfirmed')
  return plainWords(mail.disposition === 'held' && !why ? mail.reason : why)
}

export function JunkPage({
  view,
  mails,
  filter,
}: {
  view: View
  mails: readonly ListedMail[]
  filter: Filter
}) {
  return (
    <Page view={view} title="Junk">
      <header class="bar">
        <h1>Junk</h1>
        <Search filter={filter} action="/junk" />
      </header>
      {mails.length === 0 ? <p class="empty">No spam was filed.</p> : null}
      <ul class="mails">
        {mails.map((mail) => (
          <li class="mail junk">
            <span class="who">{mail.fromName || mail.fromAddress}</span>
            <a class="what" href={`/mails/${mail.id}`}>
              <b>{mail.subject || '(no subject)'}</b>
              <span class="gist">{(mail.verdict as Verdict | null)?.summary ?? mail.fromAddress}</span>
            </a>
            <span class="why">{plainWords(mail.reason)}</span>
            <Action view={view} to={`/junk/${mail.id}/restore`} label="Not junk" />
          </li>
        ))}
      </ul>
    </Page>
  )
}

interface HistoryProps {
  view: View
  mails: readonly HistoryMail[]
  filter: Filter
  older: string | null
}

export function HistoryPage({ view, mails, filter, older }: HistoryProps) {
  return (
    <Page view={view} title="History">
      <header class="bar">
        <h1>History</h1>
        <Search filter={filter} action="/history" />
      </header>
      <section class="scroll" aria-label="Every mail" tabindex={0}>
        <table>
          <thead>
            <tr>
              <th>Mail</th>
              <th>Outcome</th>
              <th>Reason</th>
              <th>Model</th>
              <th class="number">Tokens</th>
              <th class="number">Cost</th>
              <th>Arrived</th>
            </tr>
          </thead>
          <tbody>
            {mails.map((mail) => (
              <tr>
                <td>
                  <a href={`/mails/${mail.id}`}>{mail.subject || '(no subject)'}</a>
                  <small>{mail.fromAddress}</small>
                </td>
                <td>
                  <span class={`tag ${mail.disposition}`}>{plainWords(mail.disposition)}</span>
                </td>
                <td>{plainWords(mail.reason)}</td>
                <td>{mail.models ?? '–'}</td>
                <td class="number">{mail.tokens}</td>
                <td class="number">{dollars(mail.cost)}</td>
                <td>{ageOf(mail.internalDate, view.now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {older === null ? null : (
        <p>
          <a href={`/history?before=${older}&q=${encodeURIComponent(filter.search)}`}>Older</a>
        </p>
      )}
    </Page>
  )
}

export const dollars = (amount: number) => (amount === 0 ? '–' : `$${amount.toFixed(amount < 0.01 ? 5 : 2)}`)

export function LoginPage({ fault }: { fault: string | null }) {
  return (
    <Shell title="Log in · replyd">
      <main class="login">
        <h1>replyd</h1>
        {fault === null ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <form method="post" action="/login">
          <label for="name">Your name, for the record</label>
          <input id="name" name="name" autocomplete="username" maxlength={60} />
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required />
          <button type="submit" class="primary">
            Log in
          </button>
        </form>
      </main>
    </Shell>
  )
}
