/**
 * Once a day removes old text, vacuums the embedded store, and checks that every mail has a row; reports in the log,
 * the metrics and health.
 */
import { Gauge } from 'prom-client'
import { reasonOf } from '../base/errors.ts'
import type { StepContext } from '../context.ts'
import { dayOf } from '../model/budget.ts'
import { type Audit, audit } from '../observe/audit.ts'
import { removeBodiesBefore } from '../store/bodies.ts'
import { tidyEmbedded } from '../store/database.ts'
import { removeShares } from '../store/spending.ts'
import { removeStyles } from '../store/styles.ts'

const dayMs = 86_400_000
/** The first one waits until start-up has settled. */
const firstAfterMs = 600_000

const mails = new Gauge({
  name: 'replyd_audit_mails',
  help: 'Mails of a watched mailbox at the last audit, by outcome; missed should be 0',
  labelNames: ['account', 'mailbox', 'state'] as const,
})

export class DailyAudit implements Disposable {
  readonly #context: StepContext
  #timer: NodeJS.Timeout
  /** The last audit; null before the first. */
  last: Audit | null = null

  constructor(context: StepContext) {
    this.#context = context
    this.#timer = setTimeout(() => void this.run(), firstAfterMs).unref()
  }

  /** Never throws: errors are logged. */
  async run(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.run(), dayMs).unref()
    const { log } = this.#context
    try {
      await this.#removeOldText()
      await this.#removeOldShares()
      await this.#tidy()
      this.last = await audit(this.#context)
      for (const { account, mailbox, missed, error, arrived, ...counts } of this.last.mailboxes) {
        const states = { ...counts, missed: missed.length }
        for (const [state, count] of Object.entries(states)) mails.set({ account, mailbox, state }, count)
        const figures = { event: 'audit', arrived, ...states }
        if (error !== null) log.warn({ ...figures, reason: error })
        else if (missed.length > 0) log.error({ ...figures, uids: missed.map(({ uid }) => uid) })
        else log.info(figures)
      }
    } catch (error) {
      log.warn({ event: 'audit.failed', reason: reasonOf(error) })
    }
  }

  /** `state.keep`: how long the text of finished mails is kept. */
  async #removeOldText(): Promise<void> {
    const { db, clock, config, log } = this.#context
    const { keepMs } = config.state
    if (keepMs === null) return
    const before = new Date(clock.now().getTime() - keepMs)
    const removed = await removeBodiesBefore(db, before)
    await removeStyles(db, before)
    log.info({ event: 'retention', removed })
  }

  async #removeOldShares(): Promise<void> {
    const { db, clock, config } = this.#context
    const yesterday = new Date(clock.now().getTime() - dayMs)
    await removeShares(db, dayOf(yesterday, config.budget.timeZone))
  }

  async #tidy(): Promise<void> {
    const { db, log } = this.#context
    const began = performance.now()
    const octets = await tidyEmbedded(db)
    if (octets === null) return
    log.info({ event: 'store.tidied', octets, durationMs: Math.round(performance.now() - began) })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
