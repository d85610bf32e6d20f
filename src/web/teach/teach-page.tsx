/** What all Teach pages have in common: the title, the places, and the account that is shown. */
import type { Child } from 'hono/jsx'
import type { PersonalMatter } from '../../review/teach.ts'
import { isAllowed } from '../../store/people.ts'
import { Page, type View } from '../layout.tsx'

export interface TeachView {
  view: View
  /** The account that is shown. */
  account: string
  accounts: readonly string[]
}

/** Whether the person may change what replyd knows; a reader may not. */
export const mayTeach = ({ view }: TeachView): boolean => isAllowed(view.role, 'reviewer')

interface FactProps {
  question: string
  fact: string
  /** Why it was not accepted as it was typed; null if nothing was typed. */
  fault: string | null
  label: string
  rows: number
  /** The browser warns before what was typed gets lost. */
  keeps?: boolean
  /** Words that may be about somebody; a person can say that they are not. */
  doubted: readonly PersonalMatter[]
  children?: Child
}

/** The fields of a question and the fact that answers it. */
export function FactFields({ question, fact, fault, label, rows, keeps, doubted, children }: FactProps) {
  return (
    <>
      {fault === null ? null : (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {children}
      <label>
        Question
        <input name="question" dir="auto" maxlength={200} value={question} required />
      </label>
      <label>
        {label}
        <textarea
          {...{ name: 'fact', dir: 'auto', rows, maxlength: 2000, required: true }}
          {...(keeps ? { 'data-unsaved': true } : {})}
        >
          {`\n${fact}`}
        </textarea>
      </label>
      {doubted.length === 0 ? null : (
        <label class="check">
          <input type="checkbox" name="confirmed" value="1" />
          <span>
            This is not about a correspondent: <b dir="auto">{doubted.map(({ text }) => text).join(', ')}</b>
          </span>
        </label>
      )}
    </>
  )
}

const playgroundPlace = '/teach/playground'
const places = [
  ['/teach', 'Missing facts'],
  ['/teach/knowledge', 'Knowledge'],
  ['/teach/learned', 'Learned'],
  [playgroundPlace, 'Playground'],
] as const

/** The address of a Teach page, for that account. */
export function teachPath(
  path: string,
  account: string,
  fields: Readonly<Record<string, string>> = {},
): string {
  const given = Object.entries({ account, ...fields }).filter(([, value]) => value !== '')
  return `${path}?${new URLSearchParams(given)}`
}

interface TeachProps {
  teach: TeachView
  title: string
  place: string
  children?: Child
}

export function TeachPage({ teach, title, place, children }: TeachProps) {
  const { view, account, accounts } = teach
  return (
    <Page view={view} title={title} kind="teach" style="teach.css">
      <header class="bar">
        <h1>Teach</h1>
        {accounts.length > 1 ? <AccountChoice account={account} accounts={accounts} place={place} /> : null}
      </header>
      <nav class="tabs" aria-label="Teach">
        {places
          .filter(([href]) => href !== playgroundPlace || mayTeach(teach))
          .map(([href, name]) => (
            <a href={teachPath(href, account)} aria-current={href === place ? 'page' : undefined}>
              {name}
            </a>
          ))}
      </nav>
      {children}
    </Page>
  )
}

function AccountChoice({
  account,
  accounts,
  place,
}: Pick<TeachView, 'account' | 'accounts'> & { place: string }) {
  return (
    <form method="get" action={place} class="choose">
      <label for="account">Account</label>
      <select id="account" name="account">
        {accounts.map((each) => (
          <option value={each} selected={each === account}>
            {each}
          </option>
        ))}
      </select>
      <button type="submit">Show</button>
    </form>
  )
}
