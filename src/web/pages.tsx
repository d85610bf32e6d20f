/** Lists of mails, and Junk. */
import type { Child } from 'hono/jsx'
import { labelOf } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import type { ListedMail } from '../store/review-lists.ts'
import { Action, Page, type View, When } from './layout.tsx'

/** Mails on one page. */
export const pageLength = 50

interface ListPageProps {
  view: View
  title: string
  path: string
  search: string
  /** Further fields that a search preserves. */
  kept?: Readonly<Record<string, string>>
  /** For an empty list: what it means, and what to do next. */
  empty: Child | null
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
      {empty === null ? null : <div class="empty">{empty}</div>}
    </Page>
  )
}

/** One page of a list. */
export interface Paged<Mail> {
  mails: readonly Mail[]
  /** Key of the last mail shown; null if no more follow. */
  older: string | null
  /** Not the first page. */
  later: boolean
}

interface PagesProps {
  /** URLs; null if there is no such page. */
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

export function queryOf(path: string, fields: Readonly<Record<string, string>>, search = ''): string {
  const given = Object.entries({ q: search, ...fields }).filter(([, value]) => value !== '')
  const query = new URLSearchParams(given)
  return query.size === 0 ? path : `${path}?${query}`
}

interface JunkProps extends Paged<ListedMail> {
  view: View
  search: string
  account: string
}

export function JunkPage({ view, mails, older, later, search, account }: JunkProps) {
  const empty =
    mails.length > 0 ? null : search || later ? (
      <p>
        Nothing here matches. <a href="/junk">Show all of Junk</a>
      </p>
    ) : (
      <p>No spam has been filed. Mail that replyd takes for spam can be restored here.</p>
    )
  return (
    <ListPage view={view} title="Junk" path="/junk" search={search} kept={{ account }} empty={empty}>
      {mails.length === 0 ? null : (
        <ul class="mails junked">
          {mails.map((mail) => (
            <li>
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
