/**
 * OAuth2 sign-ins (RFC 6749): an access token for each connection, refreshed before it expires, by one process at a
 * time.
 */
import { mkdirSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { ConfigError, reasonOf, SignInNeeded } from '../base/errors.ts'
import type { AccountSettings, OAuth2Settings } from '../config/settings.ts'
import { type Grant, grantFrom, post, RefusedByProvider } from './endpoint.ts'
import { alone } from './lock.ts'
import { type Entry, entryName, Vault } from './vault.ts'

export { type BrowserSignIn, signInByBrowser } from './browser.ts'
export { type DeviceCode, signInByDevice } from './device.ts'
export type { Grant } from './endpoint.ts'

/** A token that expires sooner is refreshed first: a login takes time, and clocks differ. Milliseconds. */
const marginMs = 120_000

export class SignIns {
  readonly #vault: Vault
  readonly #directory: string
  readonly #clock: Clock
  /** Refreshes in progress in this process, by entry. */
  readonly #refreshing = new Map<string, Promise<string>>()

  constructor(state: { readonly directory: string; readonly key: string | null }, clock: Clock) {
    this.#directory = state.directory
    this.#vault = new Vault(state.directory, state.key)
    this.#clock = clock
  }

  /**
   * A currently valid token.
   * @param refused a token that the mail server has just refused: another one is fetched
   * @throws SignInNeeded when nobody has signed in or the provider revoked the sign-in, TemporaryError when it can't
   * be reached, ConfigError when the key has changed
   */
  async accessToken(address: string, settings: OAuth2Settings, refused?: string): Promise<string> {
    const name = nameOf(address, settings)
    const { grant } = this.#entry(name, address)
    if (grant.accessToken !== refused && !this.#endsSoon(grant)) return grant.accessToken
    const running = this.#refreshing.get(name)
    if (running) return running
    const refreshing = this.#refresh(name, address, settings, refused).finally(() =>
      this.#refreshing.delete(name),
    )
    this.#refreshing.set(name, refreshing)
    return refreshing
  }

  /** For connections, which ask for a token when they log in; undefined if the login uses a password. */
  tokenSource(
    address: string,
    { oauth2 }: { readonly oauth2: OAuth2Settings | null },
  ): ((refused?: string) => Promise<string>) | undefined {
    return oauth2 === null ? undefined : (refused) => this.accessToken(address, oauth2, refused)
  }

  /** Stores a new sign-in, replacing any older one. */
  async keep(address: string, settings: OAuth2Settings, grant: Grant): Promise<void> {
    await this.#write(nameOf(address, settings), { grant, refused: null })
  }

  /** All entries are in one file. */
  #write(name: string, entry: Entry): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    return alone(this.#vault.lockPath, async () => this.#vault.write(name, entry))
  }

  #entry(name: string, address: string): Entry {
    const entry = this.#vault.read(name)
    if (entry === null)
      throw new SignInNeeded(`nobody has signed in for ${address}: run replyd auth ${address}`)
    if (entry.refused !== null) throw takenBack(address, entry.refused)
    return entry
  }

  #endsSoon({ expiresAt }: Grant): boolean {
    return expiresAt - this.#clock.now().getTime() < marginMs
  }

  #refresh(name: string, address: string, settings: OAuth2Settings, refused?: string): Promise<string> {
    // One lock per sign-in: a provider that does not answer must not block the sign-ins of others.
    return alone(`${this.#vault.lockPath}.${name}`, async () => {
      // Another process may have refreshed it while this one waited.
      const entry = this.#entry(name, address)
      const { grant } = entry
      if (grant.accessToken !== refused && !this.#endsSoon(grant)) return grant.accessToken
      if (grant.refreshToken === null) {
        const why = 'the provider gave no refresh token (is the scope offline_access missing?)'
        await this.#write(name, { ...entry, refused: why })
        throw takenBack(address, why)
      }
      return this.#renew(name, address, settings, grant.refreshToken, entry)
    })
  }

  async #renew(
    name: string,
    address: string,
    settings: OAuth2Settings,
    refreshToken: string,
    entry: Entry,
  ): Promise<string> {
    try {
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const answer = await post(settings, settings.tokenUrl, fields)
      const grant = grantFrom(answer, this.#clock.now(), refreshToken)
      await this.#write(name, { grant, refused: null })
      return grant.accessToken
    } catch (error) {
      if (!(error instanceof RefusedByProvider)) throw error
      // Stored, so that no process tries again until somebody has signed in. Other errors (invalid_client) also need
      // the owner, but may be fixed without signing in.
      if (error.code === 'invalid_grant') await this.#write(name, { ...entry, refused: reasonOf(error) })
      throw takenBack(address, reasonOf(error), error)
    }
  }
}

function takenBack(address: string, why: string, cause?: unknown): SignInNeeded {
  return new SignInNeeded(
    `the OAuth2 sign-in of ${address} is no longer valid (${why}): run replyd auth ${address}`,
    { cause },
  )
}

function nameOf(address: string, { clientId, tokenUrl }: OAuth2Settings): string {
  if (tokenUrl === '') throw new ConfigError('oauth2.tokenUrl is not set')
  return entryName(address, clientId, tokenUrl)
}

/** What an account signs in with: IMAP and SMTP usually share one. Empty for an account with passwords. */
export function signInsOf({ imap, smtp }: Pick<AccountSettings, 'imap' | 'smtp'>): OAuth2Settings[] {
  const found = [imap.oauth2, smtp.oauth2].filter((settings) => settings !== null)
  const [first, second] = found
  if (first && second && first.clientId === second.clientId && first.tokenUrl === second.tokenUrl)
    return [first]
  return found
}
