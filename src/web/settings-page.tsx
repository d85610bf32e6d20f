/** The settings that a person may see and change: pause and resume, and automatic sending. */
import { actorName, setbackWords } from '../base/reasons.ts'
import type { ReplyMode } from '../config/settings.ts'
import type { CategoryAutonomy } from '../decide/autonomy-record.ts'
import type { Check } from '../doctor/failure.ts'
import type { AccountState } from '../store/accounts.ts'
import { Action, type View } from './layout.tsx'
import { SetupPage, signInAt } from './setup-frame.tsx'
import type { Health } from './web-context.ts'
import { momentOf, titled } from './words.ts'

/** What a test of the connection found. */
export interface Tested {
  account: string
  checks: readonly Check[]
}

interface SettingsView {
  accounts: readonly { state: AccountState; mode: ReplyMode; signsIn: boolean }[]
  /** The connection of one account was tried just now. */
  tested: Tested | null
  autonomy: readonly CategoryAutonomy[]
  health: Health
  model: string
  /** US dollars. */
  budget: { perDay: number; spent: number }
  hasBoard: boolean
}

export function SettingsPage({ view, settings }: { view: View; settings: SettingsView }) {
  return (
    <SetupPage view={view} title="Accounts">
      <Accounts view={view} accounts={settings.accounts} tested={settings.tested} />
      <State view={view} settings={settings} />
      <AutonomyList view={view} autonomy={settings.autonomy} several={settings.accounts.length > 1} />
    </SetupPage>
  )
}

const modeWords: Record<ReplyMode, string> = {
  draft: 'Saves drafts',
  review: 'Asks you',
  send: 'Sends automatically',
}

function Accounts({ view, accounts, tested }: { view: View } & Pick<SettingsView, 'accounts' | 'tested'>) {
  return (
    <section class="card" aria-label="Accounts">
      {accounts.map(({ state, mode, signsIn }) => (
        <div class="account">
          <p>
            <b>{state.account}</b> <span class="tag">{modeWords[mode]}</span>
          </p>
          <p class={state.paused ? 'warned' : 'meta'}>{pauseWords(state, view.timeZone)}</p>
          {state.stopped ? <p class="fault">{state.stopped}</p> : null}
          <div class="buttons">
            <Action
              view={view}
              to={`/accounts/${encodeURIComponent(state.account)}/${state.paused ? 'resume' : 'pause'}`}
              label={state.paused ? 'Resume' : 'Pause'}
              kind={state.paused ? 'primary' : undefined}
              needs="reviewer"
            />
            <Action
              view={view}
              to={`/accounts/${encodeURIComponent(state.account)}/test`}
              label="Test the connection"
              needs="owner"
            />
            {signsIn && view.role === 'owner' ? (
              <a class="button" href={signInAt(state.account)}>
                Sign in at the provider
              </a>
            ) : null}
          </div>
          {tested?.account === state.account ? <TestResult checks={tested.checks} /> : null}
        </div>
      ))}
    </section>
  )
}

const checkWords = { ok: 'Fine', warning: 'Could be better', failed: 'Does not work' } as const

function TestResult({ checks }: { checks: readonly Check[] }) {
  const isWell = checks.every(({ status }) => status !== 'failed')
  return (
    <div class="tested" id="tested">
      <p role="status">{isWell ? 'The connection works.' : 'The connection does not work.'}</p>
      <ul>
        {checks.map(({ name, status, detail, advice }) => (
          <li class={status}>
            <b>{`${name}: ${checkWords[status]}`}</b> {detail}
            {advice === null ? null : <small>{advice}</small>}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Who paused it and when, for other people. */
function pauseWords({ paused, pausedBy, pausedAt, stopped }: AccountState, timeZone: string): string {
  const who = pausedBy && pausedAt ? ` by ${actorName(pausedBy)}, ${momentOf(pausedAt, timeZone)}` : ''
  if (stopped !== null) return 'Stopped:'
  if (paused) return `Paused${who}: mail is still read and replies are written, but nothing is sent.`
  return who ? `Running again; resumed${who}.` : 'Running: new mail is read as it arrives.'
}

const partNames = new Map([
  ['store', 'Its own database'],
  ['queue', 'Its list of things to do'],
  ['model', 'AI model'],
  ['model that is down', 'AI model that is down'],
  ['budget', 'Budget'],
])
const partWords = (part: string) => partNames.get(part) ?? part.replace(/^watch /, 'Mailbox ')

/** Works in the background: shown only if it fails. */
const isInner = ([part, state]: [string, string]) => (part === 'store' || part === 'queue') && state === 'ok'

const modelWords = (model: string, state: string) =>
  state === 'ok' ? `${model}, works` : `${model}: ${state}`

function State({
  view,
  settings: { health, model, budget, hasBoard },
}: {
  view: View
  settings: SettingsView
}) {
  const left = Math.max(0, budget.perDay - budget.spent)
  return (
    <section class="card" aria-label="Health">
      <h2>{view.status.every(({ ok }) => ok) ? 'Everything is fine' : 'Something needs your attention'}</h2>
      <dl class="facts">
        {Object.entries(health.parts)
          .filter((part) => !isInner(part))
          .map(([part, state]) => (
            <>
              <dt>{partWords(part)}</dt>
              <dd>{part === 'model' ? modelWords(model, state) : state === 'ok' ? 'works' : state}</dd>
            </>
          ))}
        <dt>Budget left today</dt>
        <dd>
          {`$${left.toFixed(2)} of $${budget.perDay.toFixed(2)}`} · <a href="/settings/budget">Change</a>
        </dd>
      </dl>
      <p class="meta">
        Mail servers and the AI model are set in replyd.yaml. What you change on these pages applies at once.
      </p>
      {hasBoard && view.role === 'owner' ? (
        <details>
          <summary>For developers</summary>
          <p>
            <a href="/settings/queues">The queue of jobs</a> (a page of another program, in another design)
          </p>
        </details>
      ) : null}
    </section>
  )
}

function AutonomyList({
  view,
  autonomy,
  several,
}: {
  view: View
  autonomy: readonly CategoryAutonomy[]
  several: boolean
}) {
  return (
    <section class="card autonomy" aria-labelledby="autonomy">
      <h2 id="autonomy">Which replies may be sent automatically</h2>
      <p class="meta">
        When you have sent 20 replies of one kind in a row without a correction, replyd offers to send that
        kind automatically. It starts only when you allow it. If you cancel or reject one, change more than a
        tenth of its words, or get an angry answer, it stops at once. You can stop each reply until it goes
        out.
      </p>
      {autonomy.length === 0 ? (
        <p class="nothing">Nothing to count yet: send or reject a few replies first.</p>
      ) : null}
      {autonomy.map((entry) => (
        <Autonomy view={view} entry={entry} several={several} />
      ))}
    </section>
  )
}

function Autonomy({ view, entry, several }: { view: View; entry: CategoryAutonomy; several: boolean }) {
  const { account, category, streak, needed, offered, granted } = entry
  const to = (action: string) =>
    `/autonomy/${encodeURIComponent(account)}/${encodeURIComponent(category)}/${action}`
  const done = Math.min(streak, needed)
  return (
    <div class="category-autonomy">
      <div>
        <b>{titled(category)}</b>
        {several ? <small>{account}</small> : null}
      </div>
      <div class="progress">
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect class="track" width="100" height="6" />
          <rect class="one" width={granted ? 100 : (done / needed) * 100} height="6" />
        </svg>
        <small>{autonomyWords(entry, view.timeZone)}</small>
        {entry.takenBack?.id ? <a href={`/mails/${entry.takenBack.id}`}>See that mail</a> : null}
      </div>
      {granted ? <Action view={view} to={to('revoke')} label="Stop it" needs="owner" /> : null}
      {offered ? (
        <Action view={view} to={to('grant')} label="Let it send" kind="primary" needs="owner" />
      ) : null}
    </div>
  )
}

function autonomyWords(entry: CategoryAutonomy, timeZone: string): string {
  const { streak, needed, granted, grantedAt, grantedBy, offered, takenBack } = entry
  if (granted)
    return `Sent automatically; allowed by ${grantedBy ?? 'you'}${grantedAt ? `, ${momentOf(grantedAt, timeZone)}` : ''}`
  const back = takenBack
    ? `Revoked ${momentOf(takenBack.at, timeZone)}: ${setbackWords(takenBack.reason)}. `
    : ''
  if (offered) return `${back}${streak} in a row: you may now let it be sent automatically`
  return `${back}${streak} of ${needed} in a row without a correction`
}
