/** Observe: the owner's actions in their own mail client, visible in \Drafts, \Sent and \Junk, are also decisions. */
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../base/errors.ts'
import { Turns } from '../base/turns.ts'
import { type Account, accountOf, type StepContext } from '../context.ts'
import type { Watcher } from '../receive/watch.ts'
import { isWatched } from '../store/observations.ts'
import { observeAnswers, type SentLook } from './answered.ts'
import { observeCorrespondents } from './correspondents.ts'
import { observeDrafts } from './drafts.ts'
import { type JunkLook, observeJunk, watchedForMs } from './junk.ts'
import { observeStyle } from './style.ts'

/** How often to check whether the style (once a day) and the correspondents (once an hour) are due. Milliseconds. */
const learnMs = 300_000

/** A look is up to twenty commands and statements. */
const looks = new Turns(10)

interface Options {
  /** Resolves with true once this process may look; with false when the signal fires first. */
  mayLook: (signal: AbortSignal) => Promise<boolean>
  /** The watcher of the mailbox: in an account in which nothing waits, it is the first to notice changes. */
  watcher?: Pick<Watcher, 'looks' | 'lookedAgain'>
  /** The first look happens within this time, so that many accounts do not look at once. Milliseconds. */
  firstMs?: number
  /** Continues the delivery of a reply: the owner has approved its draft, or its copy was found in \\Sent. */
  onApproved: (id: string) => Promise<void>
  /** Milliseconds between two looks. */
  everyMs?: number
  /**
   * How long a draft may be missing before it counts as deleted: clients replace and send in several steps.
   * Milliseconds.
   */
  graceMs?: number
}

/** The observer of one account. Of all processes that share a store, only the holder of the mailbox's lease looks. */
export class Observer {
  readonly #context: StepContext
  readonly #address: string
  readonly #options: Options & Required<Omit<Options, 'watcher'>>
  /** When a draft was first missed, by reply. */
  readonly #missing = new Map<string, number>()
  readonly #sent: SentLook = { mark: '', ids: new Set() }
  readonly #junk: JunkLook = { gone: new Set(), read: '', copies: new Set(), unmarked: '' }
  /** Milliseconds since 1970. */
  #learnsAgainAt = 0

  constructor(context: StepContext, account: Account, options: Options) {
    this.#context = context
    this.#address = account.settings.owner.address
    this.#options = { everyMs: 30_000, graceMs: 90_000, firstMs: 0, ...options }
  }

  /** With its present settings. */
  get #account(): Account {
    return accountOf(this.#context, this.#address)
  }

  /** Runs until the signal. */
  async run(ending: AbortSignal): Promise<void> {
    // A separate signal: adding a listener compares it with all others, and the accounts share the given signal.
    const signal = AbortSignal.any([ending])
    const { log } = this.#context
    const { everyMs, firstMs, mayLook, watcher } = this.#options
    await mayLook(signal)
    await delay(firstMs * this.#context.random(), undefined, { signal }).catch(() => undefined)
    while (await mayLook(signal)) {
      const before = watcher?.looks ?? 0
      try {
        await this.#lookInTurn()
        if (watcher && !(await this.#isWatched())) await watcher.lookedAgain(before, signal)
      } catch (error) {
        log.warn({ event: 'observe.failed', reason: reasonOf(error) })
      }
      // Jitter, so that accounts are not all checked at the same moment.
      const waitMs = everyMs * (0.5 + this.#context.random())
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Whether there is a draft, a waiting mail or filed spam that the owner may decide about, or mail under way. */
  #isWatched(): Promise<boolean> {
    const since = new Date(this.#context.clock.now().getTime() - watchedForMs)
    return isWatched(this.#context.db, this.#address, since)
  }

  async #lookInTurn(): Promise<void> {
    const ended = await looks.begin(this.#account.settings.imap)
    await this.lookOnce().finally(ended)
  }

  /**
   * One look at each mailbox. @throws errors of IMAP and the store; every change is conditional, so it may be
   * repeated
   */
  async lookOnce(): Promise<void> {
    const { graceMs, onApproved } = this.#options
    const missing = { since: this.#missing, graceMs }
    const approved = await observeDrafts(this.#context, this.#account, missing)
    const answered = await observeAnswers(this.#context, this.#account, this.#sent)
    for (const id of [...approved, ...answered]) await onApproved(id)
    await observeJunk(this.#context, this.#account, this.#junk)
    const nowMs = this.#context.clock.now().getTime()
    if (nowMs < this.#learnsAgainAt) return
    await observeStyle(this.#context, this.#account)
    await observeCorrespondents(this.#context, this.#account)
    this.#learnsAgainAt = nowMs + learnMs
  }
}
