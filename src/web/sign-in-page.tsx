/** Signing in at an account's provider (OAuth2), on the Setup page. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../review/review.ts'
import { PageSignIns, type SignInState } from '../review/sign-in.ts'
import type { Env } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { Action, Token, type View } from './layout.tsx'
import { SetupPage, signInAt } from './setup-frame.tsx'
import type { WebContext } from './web-context.ts'
import { clockOf } from './words.ts'

const beginFields = z.strictObject({ way: z.enum(['browser']).optional() })
const pasteFields = z.strictObject({ ended: text() })

export function addSignIn(
  pages: Hono<Env>,
  web: WebContext,
  viewOf: (c: Context<Env>) => Promise<View>,
): void {
  const signIns = new PageSignIns(web)
  pages.get('/accounts/:address/sign-in', async (c) => {
    const address = c.req.param('address')
    const view = { ...(await viewOf(c)), path: '/settings' }
    return c.html(<SignInPage view={view} address={address} state={signIns.stateOf(address)} />)
  })
  pages.post('/accounts/:address/sign-in', async (c) => {
    const { way } = fitting(await formBody(c), beginFields)
    const address = c.req.param('address')
    return back(c, address, () => signIns.begin(address, way === 'browser', c.get('session').actor))
  })
  pages.post('/accounts/:address/sign-in/paste', async (c) => {
    const { ended } = fitting(await formBody(c), pasteFields)
    const address = c.req.param('address')
    return back(c, address, async () => signIns.paste(address, ended))
  })
}

async function back(c: Context<Env>, address: string, act: () => Promise<void>): Promise<Response> {
  try {
    await act()
    return c.redirect(signInAt(address), 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(`/settings?refused=${error.reason}`, 303)
  }
}

interface SignInProps {
  view: View
  address: string
  state: SignInState | null
}

function SignInPage({ view, address, state }: SignInProps) {
  const waits = state?.at === 'code' || state?.at === 'browser'
  const live = waits ? { 'hx-get': signInAt(address), 'hx-trigger': 'every 2s' } : {}
  return (
    <SetupPage view={view} title="Sign in">
      <section
        id="sign-in"
        class="card block"
        aria-label={address}
        {...live}
        hx-select="#sign-in"
        hx-swap="outerHTML"
      >
        <p>
          <b>{address}</b>
        </p>
        <Step view={view} address={address} state={state} />
        {waits ? (
          <p class="meta">
            <a href={signInAt(address)}>Look again</a>
          </p>
        ) : null}
      </section>
      {state?.at === 'browser' ? <Paste view={view} address={address} /> : null}
      {state?.at === 'code' ? (
        <Action view={view} to={signInAt(address)} label="Sign in with this browser instead" needs="owner">
          <input type="hidden" name="way" value="browser" />
        </Action>
      ) : null}
    </SetupPage>
  )
}

function Step({ view, address, state }: SignInProps) {
  if (state?.at === 'code') {
    const { verificationUri, userCode, expiresAt } = state.code
    return (
      <p role="status">
        Open <Outside url={verificationUri} words={verificationUri} /> on any device and enter the code{' '}
        <code class="secret">{userCode}</code> It can be used until {clockOf(expiresAt, view.timeZone)}.
      </p>
    )
  }
  if (state?.at === 'browser')
    return (
      <p role="status">
        <Outside url={state.url} words="Sign in at the provider" /> in a new window.
      </p>
    )
  return (
    <>
      {state?.at === 'done' ? <p role="status">Signed in. replyd uses the account now.</p> : null}
      {state?.at === 'failed' ? (
        <p class="fault" role="alert">
          {state.why}
        </p>
      ) : null}
      <Action
        view={view}
        to={signInAt(address)}
        label={state === null ? 'Sign in' : 'Sign in again'}
        kind="primary"
        needs="owner"
      />
    </>
  )
}

/** The URL comes from the provider: it becomes a link only if it is a web address. */
function Outside({ url, words }: { url: string; words: string }) {
  if (!/^https?:\/\//i.test(url)) return <>{words}</>
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {words}
    </a>
  )
}

function Paste({ view, address }: { view: View; address: string }) {
  return (
    <form method="post" action={`${signInAt(address)}/paste`} class="card block stack">
      <Token view={view} />
      <label for="ended">
        Does replyd run on another machine? Then your browser ends up at an address (localhost) that does not
        load. Paste it here.
      </label>
      <input id="ended" name="ended" required autocomplete="off" placeholder="http://localhost:…" />
      <button type="submit">Continue</button>
    </form>
  )
}
