/** Signing in with OAuth2 from the Setup page, as `replyd auth` does in a terminal. Kept in memory only. */
import { PassThrough } from 'node:stream'
import { reasonOf } from '../base/errors.ts'
import type { AccountSettings } from '../config/settings.ts'
import { accountOf, type StepContext } from '../context.ts'
import { type DeviceCode, SignIns, signInByBrowser, signInByDevice, signInsOf } from '../oauth/oauth.ts'
import { Refusal, type Review, tryAgain } from './review.ts'

/** A person needs a while; providers' codes expire sooner. Milliseconds. */
const patienceMs = 15 * 60_000

export type SignInState =
  | { at: 'code'; code: DeviceCode }
  | { at: 'browser'; url: string }
  | { at: 'done' }
  | { at: 'failed'; why: string }

interface Running {
  state: SignInState | null
  readonly pasted: PassThrough
  readonly stop: AbortController
}

export class PageSignIns {
  readonly #review: Review
  readonly #running = new Map<string, Running>()

  constructor(review: Review) {
    this.#review = review
  }

  /** Null if no sign-in has started here. */
  stateOf(address: string): SignInState | null {
    return this.#running.get(address)?.state ?? null
  }

  /**
   * Begins a sign-in, and ends an earlier one of the account. Resolves when there is something to show.
   * @param byBrowser even if the provider has codes for other devices
   * @throws Refusal when the account does not sign in this way
   */
  async begin(address: string, byBrowser: boolean, actor: string): Promise<void> {
    const { context } = this.#review
    if (!context.accounts.has(address)) throw new Refusal('unknown-account')
    const { settings } = accountOf(context, address)
    if (signInsOf(settings).length === 0) throw new Refusal('no-sign-in')
    this.#running.get(address)?.stop.abort()
    const running: Running = {
      ...{ state: null, pasted: new PassThrough({ objectMode: true }), stop: new AbortController() },
    }
    this.#running.set(address, running)
    await new Promise<void>((shown) => {
      const show = (state: SignInState) => {
        running.state = state
        shown()
      }
      this.#signIn(settings, { running, byBrowser, show }).then(
        () => this.#finish(address, actor, show),
        (error: unknown) => show({ at: 'failed', why: reasonOf(error) }),
      )
    })
  }

  /** Takes the URL at which a browser on another machine ended up. */
  paste(address: string, line: string): void {
    this.#running.get(address)?.pasted.write(line)
  }

  async #signIn(
    settings: AccountSettings,
    {
      running,
      byBrowser,
      show,
    }: { running: Running; byBrowser: boolean; show: (state: SignInState) => void },
  ): Promise<void> {
    const { clock, config } = this.#review.context
    const signal = AbortSignal.any([running.stop.signal, AbortSignal.timeout(patienceMs)])
    for (const each of signInsOf(settings)) {
      const grant =
        each.deviceUrl !== null && !byBrowser
          ? await signInByDevice(each, { clock, signal, show: (code) => show({ at: 'code', code }) })
          : await signInByBrowser(each, {
              ...{ clock, signal, pasted: running.pasted, loginHint: settings.imap.user },
              show: (url) => show({ at: 'browser', url }),
            })
      await new SignIns(config.state, clock).keep(settings.owner.address, each, grant)
    }
  }

  async #finish(address: string, actor: string, show: (state: SignInState) => void): Promise<void> {
    const { log }: Pick<StepContext, 'log'> = this.#review.context
    // An account that has already resumed needs no retry.
    await tryAgain(this.#review, address, actor).catch(() => undefined)
    log.info({ event: 'oauth.signed-in', actor })
    show({ at: 'done' })
  }
}
