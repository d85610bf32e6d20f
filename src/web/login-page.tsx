import { Shell } from './layout.tsx'

interface LoginProps {
  fault: string | null
  /** As it was typed before, so that only the password is typed again. */
  name?: string
}

export function LoginPage({ fault, name = '' }: LoginProps) {
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
          <label for="name">Your name, noted with each decision (optional)</label>
          <input id="name" name="name" value={name} autocomplete="username" maxlength={60} />
          <button type="submit" class="primary">
            Log in
          </button>
        </form>
      </main>
    </Shell>
  )
}
