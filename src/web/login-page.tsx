import { Shell } from './layout.tsx'

interface LoginProps {
  fault: string | null
  /** As typed before, so that only the password has to be typed again. */
  name?: string
  /** A second factor is required. */
  hasCode: boolean
  /** Some log in under names and passwords of their own. */
  hasPeople: boolean
}

export function LoginPage({ fault, name = '', hasCode, hasPeople }: LoginProps) {
  return (
    <Shell title="Log in · replyd" page="bare">
      <main class="login card">
        <h1>replyd</h1>
        <p class="meta">Log in to see the mail that waits for you.</p>
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
          Leave this empty to log in with the shared password.
        </small>
      ) : null}
    </>
  )
}

/** The six digits of the authenticator app. */
export function CodeField({ id = 'code' }: { id?: string }) {
  return (
    <>
      <label for={id}>Code from your authenticator app</label>
      <input id={id} name="code" inputmode="numeric" autocomplete="one-time-code" maxlength={7} required />
    </>
  )
}
