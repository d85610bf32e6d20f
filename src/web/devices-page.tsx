/** Who is logged in, which programs have tokens, and what asks for the password again. */
import type { Child } from 'hono/jsx'
import { type ApiToken, tokenScopes } from '../store/api-tokens.ts'
import type { SessionRow } from '../store/sessions.ts'
import { Confirm } from './confirm.tsx'
import { Action, Token, type View } from './layout.tsx'
import { SetupPage } from './setup-frame.tsx'
import type { NewToken } from './token-routes.ts'
import { ageOf, momentOf } from './words.ts'

export interface DevicesView {
  fault: string | null
  /** A newly created token: this is the only time it is shown. */
  issued: NewToken | null
  /** Id of the requesting session. */
  own: string
  /** Null: there is no password. */
  sessions: readonly SessionRow[] | null
  tokens: readonly ApiToken[]
  hasCode: boolean
}

interface Part {
  view: View
  devices: DevicesView
}

export function DevicesPage({ view, devices }: Part) {
  return (
    <SetupPage view={view} title="Devices and tokens" fault={devices.fault}>
      {devices.issued === null ? null : <Issued token={devices.issued} />}
      <Devices view={view} devices={devices} />
      <Tokens view={view} devices={devices} />
      <Backup view={view} devices={devices} />
      <Forget view={view} devices={devices} />
    </SetupPage>
  )
}

function Section({ id, title, children }: { id: string; title: string; children?: Child }) {
  return (
    <section class="card block" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

function Devices({ view, devices: { sessions, own } }: Part) {
  if (sessions === null)
    return (
      <Section id="devices" title="Devices">
        <p class="meta">There is no password, so every program on this machine can open these pages.</p>
      </Section>
    )
  return (
    <Section id="devices" title="Devices">
      <SessionList view={view} sessions={sessions} own={own} to="/devices/end" />
      <div class="buttons">
        {sessions.length > 1 ? (
          <Action view={view} to="/devices/end-others" label="Log out all others" />
        ) : null}
        <Action view={view} to="/devices/end" label="Log out everywhere" kind="danger" />
      </div>
    </Section>
  )
}

interface SessionsProps {
  view: View
  sessions: readonly SessionRow[]
  /** Id of the requesting session. */
  own: string
  /** Path for ending a session, without the id that follows. */
  to: string
}

export function SessionList({ view, sessions, own, to }: SessionsProps) {
  return (
    <>
      <p class="meta">A login ends after 12 hours without use, and after 30 days in any case.</p>
      <ul class="rows">
        {sessions.map((session) => (
          <li>
            <span>
              <b>{session.device}</b> {session.id === own ? <span class="tag sent">this device</span> : null}
              <small>
                {`${session.actor} · ${session.address} · since ${momentOf(session.begunAt, view.timeZone)} · last used ${lastUse(session, view)}`}
              </small>
            </span>
            <Action view={view} to={`${to}/${session.id}`} label="Log out" needs="reader" />
          </li>
        ))}
      </ul>
    </>
  )
}

const lastUse = ({ seenAt }: SessionRow, { now }: View) => {
  const age = ageOf(seenAt, now)
  return age === 'now' ? 'just now' : `${age} ago`
}

const scopeWords = {
  read: 'Read: mails, replies, figures',
  decide: 'Decide: approve, edit, reject, pause',
  metrics: 'Metrics: for Prometheus',
  admin: 'Admin: everything, backup and tokens too',
} as const

function Tokens({ view, devices: { tokens, hasCode } }: Part) {
  return (
    <Section id="tokens" title="API tokens">
      <p class="meta">For programs. Each does only what you allow, until you revoke it.</p>
      {tokens.length === 0 ? <p class="nothing">None yet.</p> : null}
      <ul class="rows">
        {tokens.map((token) => (
          <li>
            <span>
              <b>{token.name}</b> {token.scopes.map((scope) => [<span class="tag">{scope}</span>, ' '])}
              <small>
                {`made ${momentOf(token.createdAt, view.timeZone)} by ${token.createdBy} · ${token.usedAt ? `last used ${momentOf(token.usedAt, view.timeZone)}` : 'never used'}`}
              </small>
            </span>
            <Action
              view={view}
              to={`/devices/tokens/${encodeURIComponent(token.name)}/revoke`}
              label="Revoke"
            />
          </li>
        ))}
      </ul>
      <details>
        <summary>New token</summary>
        <form method="post" action="/devices/tokens" class="stack">
          <Token view={view} />
          <label for="token-name">Name of the program</label>
          <input id="token-name" name="name" maxlength={40} required />
          <fieldset>
            <legend>It may</legend>
            {tokenScopes.map((scope) => (
              <label class="check">
                <input type="checkbox" name={`scope-${scope}`} value="1" />
                {scopeWords[scope]}
              </label>
            ))}
          </fieldset>
          <Confirm view={view} id="token" hasCode={hasCode} />
          <button type="submit">Make the token</button>
        </form>
      </details>
    </Section>
  )
}

function Issued({ token }: { token: NewToken }) {
  return (
    <div class="notice" role="status">
      <span>
        {`The token for ${token.name}. Copy it now: it is not shown again.`}
        <code class="secret">{token.token}</code>
      </span>
    </div>
  )
}

function Backup({ view, devices }: Part) {
  return (
    <Section id="backup" title="Backup">
      <p class="meta">
        One file with everything that replyd has stored. It holds people's mail: keep it safe.
      </p>
      <form method="post" action="/devices/backup" class="stack">
        <Token view={view} />
        <Confirm view={view} id="backup" hasCode={devices.hasCode} />
        <button type="submit">Download a backup</button>
      </form>
    </Section>
  )
}

function Forget({ view, devices }: Part) {
  return (
    <Section id="forget" title="Forget somebody">
      <p class="meta">
        Permanently removes the stored text of one correspondent. The mailbox itself is not touched.
      </p>
      <form method="post" action="/devices/forget" class="stack">
        <Token view={view} />
        <label for="forget-address">Address</label>
        <input id="forget-address" name="address" type="email" required autocomplete="off" />
        <Confirm view={view} id="forget" hasCode={devices.hasCode} />
        <button type="submit" class="danger">
          Remove the text
        </button>
      </form>
    </Section>
  )
}
