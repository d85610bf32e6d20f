/** Which mails the list shows; kept in the address of every page of the inbox. */
import type { Context } from 'hono'
import type { Show, WaitingFilter } from '../store/review-lists.ts'

/** Mails on one page, and on the longest page: an extended page is refreshed as a whole. */
const pageLength = 30
export const longestPage = 500

export interface InboxFilter {
  search: string
  show: Show
  account: string
  category: string
}

interface InboxPlace {
  filter: InboxFilter
  /** Key of the page before. */
  after: string
  /** Id of a mail that the list must include, for somebody who returns from that mail. */
  at: string
  /** Mails to show. */
  rows: number
}

export const shows = [
  ['all', 'All', 'Everything that waits'],
  ['held', 'Needs you', 'Something is in doubt, or missing'],
  ['ready', 'Ready', 'Nothing is in doubt: only your “Send” is missing'],
  ['sending', 'Sending', 'Approved: can still be taken back'],
] as const

export function placeOf(c: Context): InboxPlace {
  const asked = (name: string) => c.req.query(name) ?? ''
  const show = shows.find(([name]) => name === asked('show'))?.[0] ?? 'all'
  const rows = Number(asked('rows')) || pageLength
  return {
    filter: { search: asked('q'), show, account: asked('account'), category: asked('category') },
    after: asked('after'),
    at: asked('at'),
    rows: Math.min(longestPage, Math.max(pageLength, Math.ceil(rows))),
  }
}

/** Whether it narrows the list further than the tabs, whose counts are known. */
export const isSearch = ({ search, account, category }: InboxFilter): boolean =>
  search !== '' || account !== '' || category !== ''

export const wantedBy = ({ search, show, account, category }: InboxFilter): WaitingFilter => ({
  search: search || undefined,
  account: account || undefined,
  category: category || undefined,
  show,
})

/** The address of a page of the inbox, with this filter. */
export function addressOf(
  path: string,
  filter: InboxFilter,
  more: Readonly<Record<string, string>> = {},
): string {
  const { search, show, account, category } = filter
  const fields = { q: search, show: show === 'all' ? '' : show, account, category, ...more }
  const query = new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== ''))
  return query.size === 0 ? path : `${path}?${query}`
}
