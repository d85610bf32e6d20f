/** The left pane: the waiting mails, those that need a person first. */
import { capitalised, outcomeOf } from '../base/dispositions.ts'
import { labelOf, type Reason } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { byMode } from '../review/approve.ts'
import type { ListedMail, WaitingCounts } from '../store/review-lists.ts'
import { addressOf, type InboxFilter, isSearch, shows } from './inbox-filter.ts'
import { isChoosable, isClear, pickOf } from './inbox-picks.ts'
import { Countdown, Token, type View, When } from './layout.tsx'
import { queryOf } from './pages.tsx'
import { shownReason } from './reply-pane.tsx'
import { titled } from './words.ts'

export interface InboxList {
  mails: readonly ListedMail[]
  /** Key of the last mail; null if no more follow. */
  older: string | null
  /** Not the first page. */
  later: boolean
  /** How many match a search, an account or a category; null without one. */
  found: number | null
  /** Counts of everything that waits. */
  counts: WaitingCounts
  filter: InboxFilter
  accounts: readonly string[]
  /** No mail was ever read. */
  isNew: boolean
}

interface ListProps {
  view: View
  list: InboxList
  /** Id of the mail that is open; null for none. */
  current: string | null
}

export function MailList({ view, list, current }: ListProps) {
  const { mails, older, later, found, counts, filter } = list
  return (
    <section id="list" class="list" aria-label="Mails">
      <header>
        <h1 id="headline">Inbox{found === null ? null : <span class="count">{` ${found} found`}</span>}</h1>
        <Search filter={filter} />
        <Filters list={list} />
        <p class="order">Needs you first, then urgent, then oldest</p>
      </header>
      <div id="mails">
        <Bulk
          view={view}
          filter={filter}
          all={older === null && !later ? null : (found ?? counts[filter.show])}
        />
        {later ? (
          <p class="pages">
            <a href={addressOf('/', filter)}>← From the top</a>
          </p>
        ) : null}
        <ul
          class="mails"
          hx-boost="true"
          hx-target="#panes"
          hx-select="#panes"
          hx-select-oob="#notice"
          hx-swap="outerHTML"
        >
          {mails.map((mail) => (
            <Row mail={mail} view={view} filter={filter} current={mail.id === current} />
          ))}
          {older === null ? null : <More href={addressOf('/', filter, { after: older })} />}
        </ul>
        {mails.length > 0 ? null : <Empty view={view} list={list} />}
      </div>
    </section>
  )
}

/** A link; with JavaScript the next mails load as soon as it comes into view. */
function More({ href }: { href: string }) {
  return (
    <li class="pages">
      <a
        href={href}
        rel="next"
        hx-get={href}
        hx-boost="false"
        hx-trigger="intersect once"
        hx-target="closest li"
        hx-select="#list .mails > li"
        hx-select-oob="unset"
        hx-push-url="false"
        hx-swap="outerHTML"
      >
        More
      </a>
    </li>
  )
}

/** Searches as a person types; the field itself is not replaced. Without JavaScript, Enter starts the search. */
function Search({ filter }: { filter: InboxFilter }) {
  const { search, show, account, category } = filter
  const kept = Object.entries({ show: show === 'all' ? '' : show, account, category })
  return (
    <form
      method="get"
      action="/"
      aria-label="Search"
      class="search"
      hx-get="/"
      hx-trigger="input delay:250ms, submit"
      hx-sync="this:replace"
      hx-target="#mails"
      hx-select="#mails"
      hx-select-oob="#headline,#tabs"
      hx-swap="outerHTML"
      hx-replace-url="true"
    >
      {kept.map(([name, value]) => (value === '' ? null : <input type="hidden" name={name} value={value} />))}
      <label class="hidden" for="search">
        Search
      </label>
      <input id="search" type="search" name="q" value={search} placeholder="Search" />
    </form>
  )
}

function Filters({ list: { filter, accounts, counts } }: { list: InboxList }) {
  const { categories } = counts
  const tab = (words: string, changed: Partial<InboxFilter>, on: boolean, hint?: string, count?: number) => (
    <a href={addressOf('/', { ...filter, ...changed })} aria-current={on ? 'true' : undefined} title={hint}>
      {words}
      {count ? <span class="count">{count}</span> : null}
    </a>
  )
  const shown = shows.filter(([name]) => name !== 'sending' || counts.sending > 0 || filter.show === name)
  return (
    <nav id="tabs" class="tabs" aria-label="Filter">
      {shown.map(([name, words, hint]) =>
        tab(words, { show: name }, filter.show === name, hint, isSearch(filter) ? 0 : counts[name]),
      )}
      {accounts.length > 1
        ? accounts.map((account) =>
            tab(account, { account: filter.account === account ? '' : account }, filter.account === account),
          )
        : null}
      {categories.length > 1
        ? categories.map((category) =>
            tab(
              titled(category),
              { category: filter.category === category ? '' : category },
              filter.category === category,
            ),
          )
        : null}
    </nav>
  )
}

/**
 * Appears when a mail is chosen.
 * @param all how many match, if that is more than the page shows
 */
function Bulk({ view, filter, all }: { view: View; filter: InboxFilter; all: number | null }) {
  const to = (action: string) => addressOf(`/inbox/${action}`, filter)
  return (
    <form id="bulk" method="post" action={to('reject')} class="bulk" aria-label="Chosen mails">
      <Token view={view} />
      <span id="chosen" role="status" />
      <button type="button" class="plain" id="none">
        Clear
      </button>
      <button type="submit" id="bulk-approve" formaction={to('approve')}>
        Send
      </button>
      <button type="submit" id="bulk-reject">
        Reject
      </button>
      <button type="submit" id="bulk-junk" formaction={to('junk')} class="danger">
        Junk
      </button>
      <span class="choose">
        <button type="button" class="plain" id="all">
          Choose all shown
        </button>
        {all === null ? null : <a href={addressOf('/inbox/all', filter)}>{`All ${all} that match …`}</a>}
      </span>
    </form>
  )
}

interface RowProps {
  mail: ListedMail
  view: View
  filter: InboxFilter
  current: boolean
}

function Row({ mail, view, filter, current }: RowProps) {
  const verdict = modelVerdict(mail.verdict)
  const urgency = verdict?.urgency ?? 0
  const subject = mail.subject || '(no subject)'
  return (
    <li class="row" id={`row-${mail.id}`}>
      <label class="pick">
        <input
          type="checkbox"
          name="pick"
          form="bulk"
          value={pickOf(mail)}
          aria-label={`Choose ${subject}`}
          disabled={!isChoosable(mail)}
          data-doubtful={isClear(mail) ? undefined : ''}
        />
      </label>
      <a
        class={mail.needsPerson && mail.disposition !== 'pending' ? 'mail needs' : 'mail'}
        href={addressOf(`/replies/${mail.id}`, filter)}
        data-id={mail.id}
        aria-current={current ? 'true' : undefined}
      >
        <span class="who" dir="auto">
          {urgency > 1 ? <span class={`dot urgency-${urgency}`} title={`Urgency ${urgency} of 3`} /> : null}
          {mail.fromName || mail.fromAddress || 'Nobody'}
        </span>
        <When at={mail.internalDate} view={view} short />
        <b dir="auto">{subject}</b>
        <span class="gist" dir="auto">
          {gistOf(verdict?.summary ?? '', mail)}
        </span>
        <span class={`why ${mail.disposition}`}>
          <span class="says" dir="auto">
            {mail.disposition === 'approved' ? (
              <Countdown
                until={mail.sendAfter}
                timeZone={view.timeZone}
                paused={view.paused.includes(mail.account)}
              />
            ) : (
              <StateLine mail={mail} />
            )}
          </span>
          {mail.leftAlone > 0 ? <span>{`+${mail.leftAlone} newer, not answered`}</span> : null}
        </span>
      </a>
    </li>
  )
}

/** The summary without the sender's name, which is shown above it. */
function gistOf(summary: string, { fromName, fromAddress }: ListedMail): string {
  const who = [fromName, fromAddress].find((each) => each && summary.startsWith(`${each}: `))
  return who ? capitalised(summary.slice(who.length + 2)) : summary
}

/** The missing fact may have another text direction than the label before it. */
function StateLine({ mail }: { mail: ListedMail }) {
  const [, label, what] = /^(Missing: )(.+)$/s.exec(stateWords(mail)) ?? []
  if (what === undefined) return <>{stateWords(mail)}</>
  return (
    <>
      {label}
      <bdi>{what}</bdi>
    </>
  )
}

export function stateWords(mail: ListedMail): string {
  const { disposition, reason, asDrafted, missing } = mail
  if (disposition === 'uncertain') return labelOf(reason)
  if (disposition === 'pending') return 'Being written again …'
  if (disposition === 'drafted' && !mail.needsPerson) return capitalised(outcomeOf(disposition))
  const shown = shownReason(mail)
  if (shown === 'mode-review' && !mail.needsPerson) return 'Ready to send'
  if (shown === 'rewritten' && !mail.needsPerson) return 'Written again, ready to send'
  const lacked = asDrafted ? missing?.[0] : undefined
  return lacked !== undefined && (byMode.has(shown) || saysLess.has(shown))
    ? `Missing: ${lacked}`
    : labelOf(shown)
}

/** For a reply that lacks a fact, these reasons say less than the fact itself. */
const saysLess: ReadonlySet<Reason> = new Set<Reason>(['missing-facts', 'needs-person', 'ask-unanswered'])

/** Nothing waits: what that means, and what to do next. */
function Empty({ view, list: { filter, later, accounts, isNew } }: { view: View; list: InboxList }) {
  const { search, show, account, category } = filter
  if (later || search !== '' || show !== 'all' || account !== '' || category !== '')
    return (
      <div class="empty">
        <p>Nothing here matches.</p>
        {search === '' ? null : (
          <p class="meta">
            Every word has to be in the mail. Narrow it with <code>from:zoe</code>,{' '}
            <code>subject:invoice</code>, or <code>"words in this order"</code>.
          </p>
        )}
        <p>
          <a href="/">Show everything that waits</a>
          {search === '' ? null : (
            <>
              {' · '}
              <a href={queryOf('/history', {}, search)}>Search all mail</a>
            </>
          )}
        </p>
      </div>
    )
  if (view.status.some(({ part, ok }) => !ok && part === 'Mailbox'))
    return (
      <div class="empty">
        <p class="headline">No connection to your mailbox.</p>
        <p>New mail appears here as soon as the mail server answers again.</p>
      </div>
    )
  if (isNew)
    return (
      <div class="empty">
        <p class="headline">Ready for the first mail.</p>
        <p>
          Write to <b>{accounts[0]}</b> from another address to try it. The reply appears here automatically.
        </p>
      </div>
    )
  return (
    <div class="empty">
      <p class="headline">All caught up.</p>
      <p>
        New replies appear here automatically. <a href="/history">See what was done</a>
      </p>
    </div>
  )
}
