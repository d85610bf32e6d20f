/** Observe: what the owner does in their own mail client, visible in \Drafts, \Sent and \Junk, is also a decision. */
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../base/errors.ts'
import type { Account, StepContext } from '../context.ts'
import { observeAnswers, type SentLook } from './answered.ts'
import { observeCorrespondents } from './correspondents.ts'
import { observeDrafts } from './drafts.ts'
import { observeJunk } from './junk.ts'
import { observeStyle } from './style.ts'

interface Options {
  /** Resolves with true once this process may look; with false when the signal fires first. */
  held: (signal: AbortSignal) => Promise<boolean>
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
  readonly #account: Account
  readonly #options: Required<Options>
  /** When a draft was first missed, by reply. */
  readonly #missing = new Map<string, number>()
  readonly #sent: SentLook = { mark: '', ids: new Set() }
  /** Filed mails that left \Junk for another mailbox: nothing is learned from them. */
  readonly #gone = new Set<string>()

  constructor(context: StepContext, account: Account, options: Options) {
    this.#context = context
    this.#account = account
    this.#options = { everyMs: 30_000, graceMs: 90_000, ...options }
  }

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#context
    const { everyMs, held } = this.#options
    while (await held(signal)) {
      try {
        await this.lookOnce()
      } catch (error) {
        log.warn({ event: 'observe.failed', reason: reasonOf(error) })
      }
      // Jitter, so that accounts are not all checked at the same moment.
      const waitMs = everyMs * (0.5 + this.#context.random())
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
    }
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
    await observeJunk(this.#context, this.#account, this.#gone)
    await observeStyle(this.#context, this.#account)
    await observeCorrespondents(this.#context, this.#account)
  }
}
