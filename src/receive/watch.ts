/** Watch: finds new UIDs. UIDVALIDITY and the last UID decide; IDLE and the poll are only hints to look. */
import { EventEmitter, once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { OwnerActionError, RateLimitedError, reasonOf } from '../base/errors.ts'
import { Turns } from '../base/turns.ts'
import type { Account, StepContext } from '../context.ts'
import {
  type ConnectionHealth,
  type MailboxState,
  UidValidityChanged,
  type Watch,
  watchMailbox,
} from '../imap/imap.ts'
import { loadAccountState } from '../store/accounts.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Lease, Leases } from '../store/leases.ts'
import { readNew } from './catch-up.ts'
import { type Judge, LeaseLost } from './ingest.ts'

/**
 * A start is two logins, a second apart, and the first look at the mailbox. By default, Dovecot has a hundred processes
 * for logins.
 */
const starts = new Turns(100)
/** How long a mailbox that is renumbered at each look is left alone, doubling each time. Milliseconds. */
const usualRestMs = { first: 5_000, longest: 1_800_000 }
/** How often a stopped watcher checks whether a person has asked another process to try again, milliseconds. */
const lookAfterStopMs = 5_000
/** While nothing changes here, the observer still looks this often, because \\Sent may have changed. Milliseconds. */
const quietForMs = 300_000
/** After this many renumberings in a row the owner is told. */
const tellAfter = 3

interface Options {
  /** The leases of this process. */
  leases: Leases
  /** Judges mails of the account before they are stored. */
  judge?: Judge
  /** Called with new mails that were committed. */
  onIngested: (mails: StoredMail[]) => Promise<void>
  /** Watching has stopped until somebody asks to try again: the owner has to act. */
  onStopped: (error: Error) => void
  /** The mailbox is reachable but can't be read; null when it can again. */
  onTrouble: (error: Error | null) => void
  /** How long a mailbox that is renumbered at each look is left alone, in milliseconds. */
  restMs?: { first: number; longest: number }
}

/** The watcher of one account's mailbox. Of all processes that share a store, only the lease's holder reads. */
export class Watcher {
  readonly #context: StepContext
  readonly account: Account
  readonly #options: Options
  readonly #leaseName: string
  #lease: Lease | null = null
  #watch: Watch | null = null
  #running: Promise<void> | null = null
  #again = false
  #looks = 0
  /** When the last look was counted, milliseconds since 1970. */
  #countedAt = 0
  readonly #events = new EventEmitter()
  #stopped = false
  /** The mailbox's state up to which everything was read; null: not known. */
  #read: MailboxState | null = null
  /** Mails in the mailbox, as the waiting connection knows it. */
  #exists = 0
  /** Renumberings in a row. */
  #renumbered = 0
  /** No look until the timer of the last failure fires. */
  #resting = false
  #tellWatching = (): void => undefined
  /** Resolves with the account's address when the mailbox has been read for the first time. */
  readonly watching: Promise<string> = new Promise((resolve) => {
    this.#tellWatching = () => resolve(this.address)
  })

  constructor(context: StepContext, account: Account, options: Options) {
    this.#context = context
    this.account = account
    this.#options = options
    this.#leaseName = `watch ${account.settings.owner.address} ${account.settings.mailbox}`
  }

  get address(): string {
    return this.account.settings.owner.address
  }

  health(): ConnectionHealth | null {
    return this.#watch?.health() ?? null
  }

  /** True while this process holds the mailbox's lease. */
  get holdsLease(): boolean {
    return typeof this.#lease?.fence === 'number'
  }

  /**
   * Looks at the mailbox so far: at the start, after each notification, and at polls that find a change; changed flags
   * count too.
   */
  get looks(): number {
    return this.#looks
  }

  /** Resolves after more looks than that, or when the signal fires. */
  async lookedAgain(looks: number, signal: AbortSignal): Promise<void> {
    while (this.#looks <= looks && !signal.aborted)
      await once(this.#events, 'looked', { signal }).catch(() => undefined)
  }

  /**
   * Resolves with true once this process has looked under the mailbox's lease and every account that was waiting to
   * start at the server has started, or with false if the signal fires.
   */
  async looked(signal: AbortSignal): Promise<boolean> {
    await this.lookedAgain(0, signal)
    await starts.pass(this.account.settings.imap)
    return (await this.#wanted().held(signal)) !== null
  }

  /**
   * Reads what is there now, once. @throws errors of IMAP and the store; does nothing when another process holds the
   * lease
   */
  async catchUpOnce(): Promise<void> {
    const { leases } = this.#options
    const fence = await leases.takeOnce(this.#leaseName)
    if (fence !== null) await this.#catchUp(fence)
    await leases.release(this.#leaseName)
  }

  /** Runs until the signal; resolves when the connection is closed and the lease released. */
  async run(ending: AbortSignal): Promise<void> {
    // A separate signal, as in the observer.
    const signal = AbortSignal.any([ending])
    const { leases } = this.#options
    const lease = this.#wanted()
    while (!signal.aborted) {
      while (!this.#stopped && (await lease.held(signal)) !== null) await this.#watchWhileHeld(lease, signal)
      await leases.release(this.#leaseName).catch(() => undefined)
      if (signal.aborted) return
      await this.#askedAgain(signal)
      this.#stopped = false
      leases.want(this.#leaseName, lease)
    }
  }

  /** Connects at once, even if the login was refused before. */
  tryAgain(): void {
    this.#watch?.tryAgain()
    this.#events.emit('again')
  }

  /** Resolves when a person, or the start of another process, has cleared the account's stop. */
  async #askedAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const round = AbortSignal.any([signal, AbortSignal.timeout(lookAfterStopMs)])
      const asked = await once(this.#events, 'again', { signal: round }).catch(() => null)
      if (asked !== null || signal.aborted) return
      const state = await loadAccountState(this.#context.db, this.address).catch(() => null)
      if (state?.stopped === null) return
    }
  }

  #wanted(): Lease {
    this.#lease ??= this.#options.leases.want(this.#leaseName)
    return this.#lease
  }

  async #watchWhileHeld(lease: Lease, signal: AbortSignal): Promise<void> {
    const { log, clock, random } = this.#context
    const started = await starts.begin(this.account.settings.imap)
    // Another process may have held the lease meanwhile.
    this.#read = null
    this.#events.once('looked', started)
    this.#watch = watchMailbox(this.account.settings, {
      log,
      clock,
      random,
      accessToken: this.account.accessToken,
      onChange: ({ exists }) => {
        this.#exists = exists
        this.#look()
      },
      // Nothing to read, but an observer may have to look.
      onFlags: () => this.#looks > 0 && this.#countLook(),
      onStopped: (error) => {
        this.#stopped = true
        this.#options.onStopped(error)
      },
      signal: AbortSignal.any([signal, lease.lost]),
    })
    await this.#watch.done
    this.#events.off('looked', started)
    started()
    this.#again = false
    await this.#running
  }

  /** One run at a time; a notification during a run causes one more. */
  #look(): void {
    this.#again = true
    if (this.#resting) return
    this.#running ??= this.#readWhileAsked().finally(() => {
      this.#running = null
    })
  }

  async #readWhileAsked(): Promise<void> {
    for (;;) {
      const fence = this.#lease?.fence ?? null
      if (!this.#again || this.#resting || fence === null) return
      this.#again = false
      try {
        const unchanged = await this.#isUnchanged()
        if (!unchanged) await this.#catchUp(fence)
        this.#readable()
        if (unchanged && this.#context.clock.now().getTime() - this.#countedAt < quietForMs) continue
      } catch (error) {
        this.#lookLater(error)
      }
      this.#countLook()
    }
  }

  #countLook(): void {
    this.#looks++
    this.#countedAt = this.#context.clock.now().getTime()
    this.#events.emit('looked')
  }

  #lookLater(error: unknown): void {
    if (error instanceof LeaseLost) {
      this.#lease?.lose()
      return
    }
    const { log, random } = this.#context
    log.warn({ event: 'watch.failed', reason: reasonOf(error) })
    if (error instanceof UidValidityChanged) {
      this.#rest()
      return
    }
    const waitMs = error instanceof RateLimitedError ? error.retryAfterMs : 500 + 4500 * random()
    setTimeout(() => this.#look(), waitMs).unref()
  }

  /** Notifications and polls do not shorten the rest: each look would read the whole mailbox again. */
  #rest(): void {
    this.#renumbered++
    this.#resting = true
    const { first, longest } = this.#options.restMs ?? usualRestMs
    const waitMs = Math.min(longest, first * 2 ** (this.#renumbered - 1))
    setTimeout(() => {
      this.#resting = false
      this.#look()
    }, waitMs).unref()
    if (this.#renumbered !== tellAfter) return
    const { mailbox } = this.account.settings
    this.#options.onTrouble(
      new OwnerActionError(
        'account',
        `The mail server gives ${mailbox} new numbers (UIDVALIDITY) each time replyd looks, so replyd can't tell its mails apart. Open it once in a mail client that can write to it; if that does not help, the mail server is at fault.`,
      ),
    )
  }

  #readable(): void {
    this.#tellWatching()
    if (this.#renumbered >= tellAfter) this.#options.onTrouble(null)
    this.#renumbered = 0
  }

  async #catchUp(fence: number): Promise<void> {
    const lease = { name: this.#leaseName, fence }
    const { onIngested, judge } = this.#options
    const read = () => readNew(this.#context, this.account, lease, onIngested, judge)
    try {
      this.#read = await read()
    } catch (error) {
      // The mailbox was rebuilt between two commands: the second run starts with the new UIDVALIDITY.
      if (!(error instanceof UidValidityChanged)) throw error
      this.#read = await read()
    }
  }

  /**
   * Whether STATUS shows the state that was read last. Not asked if the waiting connection has seen a change. Each added
   * mail raises HIGHESTMODSEQ (RFC 7162).
   */
  async #isUnchanged(): Promise<boolean> {
    const read = this.#read
    if (read === null || read.highestModseq === null || read.exists !== this.#exists) return false
    return isDeepStrictEqual(await this.account.imap.state(this.account.settings.mailbox), read)
  }
}
