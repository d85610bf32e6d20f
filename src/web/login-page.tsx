import { Shell } from './layout.tsx'

interface LoginProps {
  fault: string | null
  /** As typed before, so that only the password has to be typed again. */
  name?: string
  /** A second factor is required. */
  hasCode: boolean
  /** Some people log in under a name and a password of their own. */
  hasPeople: boolean
  /** A page was requested; it opens after the login. */
  hasWanted: boolean
}

export function LoginPage({ fault, name = '', hasCode, hasPeople, hasWanted }: LoginProps) {
  return (
    <Shell title="Log in · replyd" page="bare">
      <main class="login card">
        <h1>replyd</h1>
        <p class="meta">
          {hasWanted
            ? 'Log in to open the page that you requested.'
            : 'Log in to see the mail that waits for you.'}
        </p>
        {fault === null ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <form method="post" action="/login">
          <NameField name={name} hasPeople={hasPeople} />
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            autofocus={!hasPeople || name !== ''}
          />
          {hasCode ? <CodeField /> : null}
          <button type="submit" class="primary">
            Log in
          </button>
        </form>
        <Forgotten hasCode={hasCode} hasPeople={hasPeople} />
      </main>
    </Shell>
  )
}

function NameField({ name, hasPeople }: { name: string; hasPeople: boolean }) {
  return (
    <>
      <label for="name">{hasPeople ? 'Name' : 'Your name (optional)'}</label>
      <input
        id="name"
        name="name"
        value={name}
        autocomplete="username"
        maxlength={60}
        autofocus={hasPeople && name === ''}
        aria-describedby={hasPeople ? 'name-help' : undefined}
      />
      {hasPeople ? (
        <small id="name-help" class="meta">
          With the shared password you are always the owner; the name does not matter.
        </small>
      ) : null}
    </>
  )
}

function Forgotten({ hasCode, hasPeople }: Pick<LoginProps, 'hasCode' | 'hasPeople'>) {
  return (
    <details>
      <summary>Trouble logging in?</summary>
      {hasPeople ? (
        <p class="meta">
          A password of your own: an owner sets a new one under Setup, People, or with{' '}
          <code>replyd people password NAME</code> on the machine that runs replyd.
        </p>
      ) : null}
      <p class="meta">
        {hasPeople ? 'The shared password' : 'The password'}: it is <code>REPLYD_WEB_PASSWORD</code> in the
        file <code>.env</code> next to <code>replyd.yaml</code>. If it was set on these pages, set{' '}
        <code>web.password</code> in <code>replyd.yaml</code> and restart replyd: that one takes precedence.
      </p>
      {hasCode ? (
        <p class="meta">
          The code: it changes every 30 seconds, and works once. If a fresh one is refused, set the clock of
          your phone to automatic. If the phone is lost, make a new secret with <code>replyd totp</code>.
        </p>
      ) : null}
    </details>
  )
}

/** The six digits of the authenticator app. */
export function CodeField({ id = 'code' }: { id?: string }) {
  return (
    <>
      <label for={id}>Code from your authenticator app</label>
      <input
        id={id}
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        maxlength={7}
        required
        aria-describedby={`${id}-help`}
      />
      <small id={`${id}-help`} class="meta">
        The six digits that the app on your phone shows for replyd now.
      </small>
    </>
  )
}
