/** The frame of the Setup pages: their menu, what was just saved, and the accounts to choose from. */
import type { Child } from 'hono/jsx'
import type { SettingPath, Shown } from '../config/overlay.ts'
import { isAllowed } from '../store/people.ts'
import type { SettingEdit } from '../store/settings.ts'
import { Page, Token, type View } from './layout.tsx'
import { nameOf, type SectionName, sections } from './setup-fields.ts'
import { appliedSaid } from './setup-values.ts'

/** Edits that were just made or undone, and what applies without them. */
export interface Saved {
  edits: readonly (SettingEdit & { without: Shown | null })[]
  undone: boolean
}

interface FrameProps {
  view: View
  title: string
  saved?: Saved | null
  /** A message above the content. */
  fault?: string | null
  /** The page is about the person's own account: every role may change it. */
  isOwn?: boolean
  children?: Child
}

const menu: readonly (readonly [href: string, name: string])[] = [
  ['/settings', 'Accounts'],
  ...Object.entries(sections).map(([name, title]) => [`/settings/${name}`, title] as const),
]
const roleMenu = [
  ['/devices', 'Devices and tokens', 'owner'],
  ['/assistants', 'Assistants', 'reviewer'],
  ['/snippets', 'Saved texts', 'reader'],
  ['/notifications', 'Notifications', 'reader'],
  ['/you', 'Your password', 'reader'],
] as const

export function SetupPage({ view, title, saved = null, fault = null, isOwn = false, children }: FrameProps) {
  return (
    <Page view={view} title={title} kind="setup" style="setup.css">
      <script src="/assets/setup.js" type="module" />
      <details class="setup-nav" open>
        <summary>All of Setup</summary>
        <nav class="setup-menu" aria-label="Setup">
          {[...menu, ...roleMenu.filter(([, , needs]) => isAllowed(view.role, needs))].map(([href, name]) => (
            <a href={href} aria-current={href === view.path ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
      </details>
      <div class="setup-body">
        <h1>{title}</h1>
        {view.role === 'owner' || isOwn ? null : <p class="meta">Only an owner can change these settings.</p>}
        {saved === null ? null : <SavedNotice view={view} saved={saved} />}
        {fault === null ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        {children}
      </div>
    </Page>
  )
}

function SavedNotice({ view, saved: { edits, undone } }: { view: View; saved: Saved }) {
  const words = edits.map((edit) => {
    const path = JSON.parse(edit.path) as SettingPath
    const now = shortened(appliedSaid(path, edit.value, edit.without))
    return `${nameOf(path)}: ${now}`
  })
  return (
    <div class="notice" id="saved">
      <span role="status" dir="auto">{`${undone ? 'Undone' : 'Saved'}. ${words.join('. ')}`}</span>
      {undone || view.role !== 'owner' ? null : (
        <UndoEdit view={view} id={edits.map(({ id }) => id).join('.')} />
      )}
    </div>
  )
}

/** Long instructions are not repeated in full. Characters. */
const longestSaid = 80
const shortened = (text: string) => (text.length > longestSaid ? `${text.slice(0, longestSaid - 1)}…` : text)

/** @param id of an edit, or of several, joined with a dot */
export function UndoEdit({ view, id, from }: { view: View; id: string; from?: SectionName }) {
  return (
    <form method="post" action="/settings/undo" class="action">
      <Token view={view} />
      <input type="hidden" name="id" value={id} />
      {from === undefined ? null : <input type="hidden" name="from" value={from} />}
      <button type="submit" id={from === undefined ? 'undo' : undefined}>
        Undo
      </button>
    </form>
  )
}

/** For all accounts, or for one. Not shown if there is only one. */
export function Scopes({
  section,
  scope,
  accounts,
}: {
  section: SectionName
  scope: string | null
  accounts: readonly string[]
}) {
  if (accounts.length < 2) return null
  const tab = (account: string | null) => (
    <a
      href={`/settings/${section}${account === null ? '' : `?account=${encodeURIComponent(account)}`}`}
      aria-current={account === scope ? 'page' : undefined}
    >
      {account ?? 'All accounts'}
    </a>
  )
  return (
    <nav class="tabs scopes" aria-label="Accounts">
      {[null, ...accounts].map(tab)}
    </nav>
  )
}

export const signInAt = (address: string) => `/accounts/${encodeURIComponent(address)}/sign-in`
