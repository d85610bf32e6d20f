/** Asks for the password again: somebody who finds an unlocked screen does not know it. */
import type { Context } from 'hono'
import type { Env } from './access.ts'
import type { View } from './layout.tsx'
import { CodeField } from './login-page.tsx'
import { type PasswordCheck, type Typed, waitWords } from './password-check.ts'

/** Why it was not confirmed, for the page; null if it was. */
interface Unconfirmed {
  status: 403 | 429
  fault: string
}

export async function unconfirmed(
  passwords: PasswordCheck,
  c: Context<Env>,
  given: Typed,
): Promise<Unconfirmed | null> {
  const wait = passwords.waitSeconds(c)
  if (wait > 0) return { status: 429, fault: waitWords(wait) }
  if (await passwords.confirms(c, given)) return null
  return { status: 403, fault: 'The password or the code is wrong. Nothing was done.' }
}

export function Confirm({ view, id, hasCode }: { view: View; id: string; hasCode: boolean }) {
  if (!view.hasLogin) return null
  return (
    <>
      <label for={`${id}-password`}>Your password again</label>
      <input id={`${id}-password`} name="password" type="password" autocomplete="current-password" required />
      {hasCode ? <CodeField id={`${id}-code`} /> : null}
    </>
  )
}
