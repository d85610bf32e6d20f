/** Queue and Junk. */
import type { Child } from 'hono/jsx'
import { capitalised, outcomeOf } from '../base/dispositions.ts'
import { labelOf, type Reason } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import type { ListedMail } from '../store/review-lists.ts'
import { Action, Countdown, Page, type View, When } from './layout.tsx'

/** Mails on one page. */
export const pageLength = 50

export interface Filter {
  search: string
  show: string
  account: string
  /** Key of the page before. */
  after: string
}

const shows = [
  ['all', 'All'],
  ['held', 'Needs you'],
  ['drafts', 'In Drafts'],
] as const

interface ListPageProps {
  view: View
  title: string
  path: string
  search: string
  /** Further fields that a search preserves. */
  kept?: Readonly<Record<string, string>>
  /** Text for an empty list. */
  empty: string | null
  children?: Child
}

/** A page that lists mails: title, search, and results. */
export function ListPage({ view, title, path, search, kept = {}, empty, children }: ListPageProps) {
  const hidden = Object.entries(kept).filter(([, value]) => value !== '')
  return (
    <Page view={view} title={title}>
      <header class="bar">
        <h1>{title}</h1>
        <form method="get" action={path} class="search" aria-label="Search">
          {hidden.map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <label class="hidden" for="search">
            Search
          </label>
          <input id="search" type="search" name="q" value={search} placeholder="Search ( / )" />
        </form>
      </header>
      {children}
      {empty === null ? null : <p class="empty">{empty}</p>}
    </Page>
  )
}

/** One page of a list. */
export interface Paged<Mail> {
  mails: readonly Mail[]
  /** Key of the last mail shown; null when there are none behind it. */
  older: string | null
  /** Not the first page. */
  later: boolean
}

interface ListProps<Mail> extends Paged<Mail> {
  view: View
  filter: Filter
}

interface PagesProps {
  /** Addresses; null where there is no such page. */
  first: string | null
  next: string | null
  words: readonly [first: string, next: string]
}

export function Pages({ first, next, words }: PagesProps) {
  if (first === null && next === null) return null
  return (
    <p class="pages">
      {first === null ? <span /> : <a href={first}>{words[0]}</a>}
      {next === null ? null : (
        <a href={next} rel="next">
          {words[1]}
        </a>
      )}
    </p>
  )
}

export function QueuePage({
  view,
  mails,
  older,
  later,
  total,
  filter,
}: ListProps<ListedMail> & { total: number }) {
  const { search, show, account, after } = filter
  const kept = { show: show === 'all' ? '' : show, account }
  return (
    <ListPage view={view} title="Queue" path="/" search={search} kept={kept} empty={null}>
      <p class="tabs">
        {shows.map(([name, words]) => (
          <a
            href={queryOf('/', { ...kept, show: name }, search)}
            aria-current={show === name ? 'true' : undefined}
          >
            {words}
          </a>
        ))}
      </p>
      <div
        id="live"
        hx-get={queryOf('/', { ...kept, after }, search)}
        hx-trigger="changed from:body"
        hx-select="#live"
        hx-swap="outerHTML"
      >
        {mails.length === 0 ? (
          <Calm found={search !== '' || show !== 'all' || later} view={view} />
        ) : (
          <>
            {older === null && !later ? null : <p class="meta">{`${total} in all, most urgent first`}</p>}
            <ul class="mails">
              {mails.map((mail) => (
                <QueueRow mail={mail} view={view} />
              ))}
            </ul>
            <Pages
              first={later ? queryOf('/', kept, search) : null}
              next={older === null ? null : queryOf('/', { ...kept, after: older }, search)}
              words={['← Most urgent', `Next ${pageLength} →`]}
            />
          </>
        )}
      </div>
    </ListPage>
  )
}

function Calm({ found, view }: { found: boolean; view: View }) {
  if (found)
    return (
      <p class="empty">
        Nothing here matches. <a href="/">Show everything</a>
      </p>
    )
  const isRead = view.status.every(({ part, ok }) => ok || part !== 'Mailbox')
  return (
    <div class="empty">
      <p class="headline">All caught up.</p>
      <p>{isRead ? 'New replies appear here automatically.' : 'But the mailbox has a problem: see above.'}</p>
    </div>
  )
}

export function queryOf(path: string, fields: Readonly<Record<string, string>>, search = ''): string {
  const given = Object.entries({ q: search, ...fields }).filter(([, value]) => value !== '')
  const query = new URLSearchParams(given)
  return query.size === 0 ? path : `${path}?${query}`
}

function QueueRow({ mail, view }: { mail: ListedMail; view: View }) {
  const verdict = modelVerdict(mail.verdict)
  const urgency = verdict?.urgency ?? 0
  return (
    <li>
      <a class="mail" href={`/replies/${mail.id}`}>
        <span class={`dot urgency-${urgency}`} title={`Urgency ${urgency} of 3`} />
        <span class="who" dir="auto">
          {mail.fromName || mail.fromAddress || 'Nobody'}
        </span>
        <span class="what">
          <b dir="auto">{mail.subject || '(no subject)'}</b>
          <span class="gist" dir="auto">
            {verdict?.summary ?? ''}
          </span>
        </span>
        <span class={`why ${mail.disposition}`}>
          {mail.disposition === 'approved' ? (
            <Countdown until={mail.sendAfter} timeZone={view.timeZone} />
          ) : (
            stateWords(mail)
          )}
        </span>
        <When at={mail.internalDate} view={view} short />
      </a>
    </li>
  )
}

const byMode: ReadonlySet<Reason> = new Set<Reason>(['mode-draft', 'mode-review'])

function stateWords({ disposition, reason, holdReasons }: ListedMail): string {
  if (disposition === 'uncertain') return labelOf(reason)
  // The last obstacle is more informative than the original reason for holding.
  if (disposition === 'held' && reason === 'addressee-refused') return labelOf(reason)
  // That it is a draft is visible; why it is not more than that is informative.
  const doubt = holdReasons?.find((each) => !byMode.has(each))
  if (doubt !== undefined) return labelOf(doubt)
  return disposition === 'drafted' ? capitalised(outcomeOf(disposition)) : labelOf(reason)
}

export function JunkPage({ view, mails, older, later, filter }: ListProps<ListedMail>) {
  const { search, account } = filter
  const empty = mails.length > 0 ? null : search ? 'Nothing here matches.' : 'No spam has been filed.'
  return (
    <ListPage view={view} title="Junk" path="/junk" search={search} kept={{ account }} empty={empty}>
      {mails.length === 0 ? null : (
        <ul class="mails">
          {mails.map((mail) => (
            <li class="mail junk">
              <span class="who" dir="auto">
                {mail.fromName || mail.fromAddress || 'Nobody'}
              </span>
              <a class="what" href={`/mails/${mail.id}`}>
                <b dir="auto">{mail.subject || '(no subject)'}</b>
                <span class="gist" dir="auto">
                  {modelVerdict(mail.verdict)?.summary ?? mail.fromAddress}
                </span>
              </a>
              <span class="why">{labelOf(mail.reason)}</span>
              <When at={mail.internalDate} view={view} short />
              <Action view={view} to={`/junk/${mail.id}/restore`} label="Not junk" />
            </li>
          ))}
        </ul>
      )}
      <Pages
        first={later ? queryOf('/junk', { account }, search) : null}
        next={older === null ? null : queryOf('/junk', { account, before: older }, search)}
        words={['← Newest', 'Older →']}
      />
    </ListPage>
  )
}
