/** Your password: the person's own, or the one of the page. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { PagePassword } from '../review/page-password.ts'
import { changePassword, passwordLength } from '../review/people.ts'
import { Refusal } from '../review/review.ts'
import { removeOtherPushDevices } from '../store/push-devices.ts'
import type { SessionRow } from '../store/sessions.ts'
import type { Env } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { unconfirmed } from './confirm.tsx'
import { SessionList } from './devices-page.tsx'
import { notFound } from './failures.tsx'
import { Token, type View } from './layout.tsx'
import { CodeField } from './login-page.tsx'
import type { ViewOf } from './overviews.tsx'
import type { PasswordCheck } from './password-check.ts'
import type { Sessions } from './sessions.ts'
import { SetupPage } from './setup-frame.tsx'
import type { WebContext } from './web-context.ts'

export interface YouAccess {
  web: WebContext
  viewOf: ViewOf
  lock: PagePassword
  sessions: Sessions
  passwords: PasswordCheck
}

type Next = '/you' | '/settings/people'

const fields = z.strictObject({
  ...{ password: text().default(''), code: text().default('') },
  ...{ fresh: text(), again: text().optional() },
  next: z.enum(['/you', '/settings/people']).default('/you'),
})
type Fields = z.output<typeof fields>

export function addYou(pages: Hono<Env>, access: YouAccess): void {
  const { web, viewOf, lock, passwords, sessions } = access
  const show = async (c: Context<Env>, fault: string | null, status: 200 | 403 | 409 | 422 | 429) => {
    const view = { ...(await viewOf(c)), path: '/you' }
    const hasCode = web.context.config.web.totpSecret !== null
    return c.html(
      <SetupPage view={view} title="Your password" fault={fault} isOwn>
        <YourPassword view={view} hasCode={hasCode} isConfigured={lock.isConfigured} />
        <YourDevices view={view} sessions={await ownSessions(access, c)} own={c.get('session').id} />
      </SetupPage>,
      status,
    )
  }
  pages.get('/you', (c) => show(c, null, 200))
  pages.post('/you/devices/:id', async (c) => {
    const id = c.req.param('id')
    if (!(await ownSessions(access, c)).some((each) => each.id === id)) return notFound(c)
    await sessions.end(id)
    return c.redirect(id === c.get('session').id ? '/login' : '/you?done=device-ended', 303)
  })
  pages.post('/you', async (c) => {
    const typed = fitting(await formBody(c), fields)
    const { person } = c.get('session')
    // The first one: there is nothing yet to confirm. Only this machine gets this far, and as the owner.
    const isFirst = c.get('passwordHash') === null
    const refused = isFirst ? null : await unconfirmed(passwords, c, typed)
    if (refused !== null) return show(c, refused.fault, refused.status)
    try {
      if (person === null) return await changePage(access, c, typed)
      await changePassword(web.context.db, person, typed.fresh)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // Back to the page where it was typed.
      if (typed.next !== '/you') return c.redirect(`${typed.next}?refused=${error.reason}`, 303)
      return show(c, error.message, error.reason === 'password-changed' ? 409 : 422)
    }
    web.context.log.info({ event: 'people.password-changed' })
    return c.redirect('/login', 303)
  })
}

/** The logins of the person who asks; without a password there are none. */
async function ownSessions({ sessions }: YouAccess, c: Context<Env>): Promise<SessionRow[]> {
  const passwordHash = c.get('passwordHash')
  const { actor, person } = c.get('session')
  if (passwordHash === null) return []
  return (await sessions.list(passwordHash)).filter((each) => each.person === person && each.actor === actor)
}

/** Sets the password of the page. Every session ends; the person who set it continues in a new one. */
async function changePage({ web, lock, sessions, passwords }: YouAccess, c: Context<Env>, typed: Fields) {
  const { clock, log } = web.context
  if (typed.fresh !== typed.again) throw new Refusal('passwords-differ')
  const { actor, person } = c.get('session')
  const follows = c.get('passwordHash')
  const hash = await lock.set(typed.fresh, follows, { actor, at: clock.now() })
  log.info({ event: follows === null ? 'web.password-set' : 'web.password-changed' })
  await removeOtherPushDevices(web.context.db, c.get('session').id, { keepsPeople: true })
  await sessions.begin(c, { actor, person }, hash)
  passwords.rememberDevice(c)
  return c.redirect(`${typed.next}?done=${follows === null ? 'password-set' : 'password-changed'}`, 303)
}

interface YourProps {
  view: View
  hasCode: boolean
  /** The configuration names the password of the page. */
  isConfigured: boolean
}

function YourPassword({ view, hasCode, isConfigured }: YourProps) {
  if (!view.hasLogin) return <FirstPassword view={view} next="/you" />
  if (view.person === null && isConfigured)
    return (
      <section class="card block" aria-label="Your password">
        <p>
          This password is set in replyd.yaml (<code>web.password</code>). Change it there and restart replyd;
          everybody then logs in again.
        </p>
        <p class="meta">
          To give colleagues passwords of their own, add them under <a href="/settings/people">People</a>.
        </p>
      </section>
    )
  return (
    <section class="card block" aria-label="Your password">
      <p class="meta">
        {view.person === null
          ? 'You stay logged in here. Everybody else, on every other device, logs in again.'
          : 'Afterwards you have to log in again, on every device.'}
      </p>
      <form method="post" action="/you" class="stack">
        <Token view={view} />
        <label for="password">{view.person === null ? 'Current password' : 'Your password'}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        {hasCode ? <CodeField /> : null}
        <NewPassword id="fresh" label="New password" />
        {view.person === null ? <Again /> : null}
        <button type="submit" class="primary">
          Change password
        </button>
      </form>
    </section>
  )
}

function YourDevices({ view, sessions, own }: { view: View; sessions: readonly SessionRow[]; own: string }) {
  if (sessions.length === 0) return null
  return (
    <section class="card block" aria-labelledby="your-devices">
      <h2 id="your-devices">Where you are logged in</h2>
      <SessionList view={view} sessions={sessions} own={own} to="/you/devices" />
    </section>
  )
}

/** For a page that has no password yet. @param next where to go afterwards */
export function FirstPassword({ view, next }: { view: View; next: Next }) {
  return (
    <section class="card block" aria-labelledby="first-password">
      <h2 id="first-password">Set a password</h2>
      <p>
        Nobody has to log in yet: anyone who can open this page on this machine is the owner. Set a password
        to lock it, and to add colleagues.
      </p>
      <form method="post" action="/you" class="stack">
        <Token view={view} />
        <input type="hidden" name="next" value={next} />
        <NewPassword id="fresh" label="Password" />
        <Again />
        <button type="submit" class="primary">
          Set password
        </button>
      </form>
      <p class="meta">
        If you forget it, set <code>web.password</code> in replyd.yaml and restart replyd: from then on, that
        one applies.
      </p>
    </section>
  )
}

const Again = () => <NewPassword id="again" name="again" label="Repeat it" />

interface NewProps {
  id: string
  name?: 'fresh' | 'again'
  label: string
}

export function NewPassword({ id, name = 'fresh', label }: NewProps) {
  return (
    <>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type="password"
        autocomplete="new-password"
        minlength={passwordLength.least}
        maxlength={passwordLength.most}
        aria-describedby={name === 'fresh' ? `${id}-rule` : undefined}
        required
      />
      {name === 'fresh' ? (
        <small id={`${id}-rule`} class="meta">{`At least ${passwordLength.least} characters`}</small>
      ) : null}
    </>
  )
}
