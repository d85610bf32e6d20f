/** Every mail with its outcome; the filters are in the URL. */
import { capitalised, type Disposition, outcomeNow, outcomeOf } from '../base/dispositions.ts'
import { sentenceOf } from '../base/reasons.ts'
import type { HistoryMail } from '../store/review-lists.ts'
import { TableHead } from './charts.tsx'
import { type View, When } from './layout.tsx'
import { ListPage, type Paged, Pages, queryOf } from './pages.tsx'
import { shownReason } from './reply-pane.tsx'
import { dollars } from './words.ts'

interface HistoryFilter {
  account: string
  disposition: string
  from: string
  since: string
  until: string
}

interface HistoryProps extends Paged<HistoryMail> {
  view: View
  search: string
  filter: HistoryFilter
  accounts: readonly string[]
  dispositions: readonly Disposition[]
}

export function HistoryPage({ view, mails, search, filter, older, later, ...choices }: HistoryProps) {
  const kept: Record<string, string> = { ...filter }
  const filtered = search !== '' || Object.values(kept).some((value) => value !== '')
  const empty =
    mails.length > 0 ? null : filtered ? (
      <p>
        No mail matches. <a href="/history">Show every mail</a>
      </p>
    ) : (
      <p>No mail has arrived yet. Each one will be listed here, with what was done and why.</p>
    )
  return (
    <ListPage view={view} title="History" path="/history" search={search} kept={kept} empty={empty}>
      <Filters search={search} filter={filter} filtered={filtered} {...choices} />
      {mails.length === 0 ? null : <HistoryTable mails={mails} view={view} />}
      <Pages
        first={later ? queryOf('/history', kept, search) : null}
        next={older === null ? null : queryOf('/history', { ...kept, before: older }, search)}
        words={['← Newest', 'Older →']}
      />
    </ListPage>
  )
}

interface FiltersProps extends Pick<HistoryProps, 'search' | 'filter' | 'accounts' | 'dispositions'> {
  filtered: boolean
}

function Filters({ search, filter, filtered, accounts, dispositions }: FiltersProps) {
  return (
    <form method="get" action="/history" class="filters" aria-label="Filter">
      {search === '' ? null : <input type="hidden" name="q" value={search} />}
      {accounts.length < 2 ? null : (
        <Choice
          name="account"
          label="Account"
          all="Every account"
          value={filter.account}
          choices={accounts.map((address) => [address, address])}
        />
      )}
      <Choice
        name="disposition"
        label="Outcome"
        all="Every outcome"
        value={filter.disposition}
        choices={dispositions.map((each) => [each, capitalised(outcomeOf(each))])}
      />
      <label>
        <span>Sender</span>
        <input name="from" value={filter.from} placeholder="Name or address" />
      </label>
      <label>
        <span>Since</span>
        <input type="date" name="since" value={filter.since} />
      </label>
      <label>
        <span>Until</span>
        <input type="date" name="until" value={filter.until} />
      </label>
      <button type="submit">Filter</button>
      {filtered ? <a href="/history">Clear</a> : null}
    </form>
  )
}

interface ChoiceProps {
  name: string
  label: string
  all: string
  value: string
  choices: readonly (readonly [value: string, words: string])[]
}

function Choice({ name, label, all, value, choices }: ChoiceProps) {
  return (
    <label>
      <span>{label}</span>
      <select name={name}>
        <option value="">{all}</option>
        {choices.map(([each, words]) => (
          <option value={each} selected={each === value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

/** It waits for a person, so its reason is worded as in the inbox. */
const isOpen = ({ disposition }: HistoryMail) => disposition === 'held' || disposition === 'drafted'

function HistoryTable({ mails, view }: { mails: readonly HistoryMail[]; view: View }) {
  const hasCost = mails.some(({ cost }) => cost > 0)
  return (
    <section class="scroll stacked" aria-label="Every mail" tabindex={0}>
      <table>
        <TableHead
          columns={['Mail', 'Outcome', 'Reason']}
          numbers={hasCost ? ['Cost', 'Arrived'] : ['Arrived']}
        />
        <tbody>
          {mails.map((mail) => (
            <tr>
              <td>
                <a href={`/mails/${mail.id}`} dir="auto">
                  {mail.subject || '(no subject)'}
                </a>
                <small>
                  {mail.fromName ? <bdi>{mail.fromName}</bdi> : null} {mail.fromAddress}
                </small>
              </td>
              <td>
                <span class={`tag ${mail.disposition}`}>
                  {capitalised(outcomeNow(mail.disposition, view.paused.includes(mail.account)))}
                </span>
              </td>
              <td>{sentenceOf(isOpen(mail) ? shownReason(mail) : mail.reason)}</td>
              {hasCost ? <td class="number cost">{mail.cost === 0 ? '' : dollars(mail.cost)}</td> : null}
              <td class="number arrived">
                <When at={mail.internalDate} view={view} short />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
