import { Shell } from './layout.tsx'

interface LoginProps {
  fault: string | null
  /** As typed before, so that only the password has to be typed again. */
  name?: string
  /** A second factor is required. */
  hasCode: boolean
}

export function LoginPage({ fault, name = '', hasCode }: LoginProps) {
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
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            autofocus
          />
          {hasCode ? <CodeField /> : null}
          <label for="name">Your name, for the record (optional)</label>
          <input id="name" name="name" value={name} autocomplete="username" maxlength={60} />
          <button type="submit" class="primary">
            Log in
          </button>
        </form>
      </main>
    </Shell>
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
