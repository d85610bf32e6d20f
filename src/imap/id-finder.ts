/** Finds mails by Message-ID: recent ones from memory, older ones by SEARCH. */
import type { Clock } from '../base/clock.ts'
import type { InMailbox } from './client.ts'
import { type IdField, RecentIds } from './recent-ids.ts'
import { bareId, findById } from './search.ts'
import type { MailboxState, Stored } from './types.ts'

const DAY_MS = 86_400_000
/** Days kept in memory, and days after which the memory is rebuilt. */
const KEPT_DAYS = 14
const RENEWED_DAYS = 28

export class IdFinder {
  readonly #clock: Clock
  readonly #inMailbox: (mailbox: string) => InMailbox
  readonly #state: (mailbox: string) => Promise<MailboxState | null>
  readonly #recent = new Map<string, RecentIds>()

  constructor(
    clock: Clock,
    inMailbox: (mailbox: string) => InMailbox,
    state: (mailbox: string) => Promise<MailboxState | null>,
  ) {
    this.#clock = clock
    this.#inMailbox = inMailbox
    this.#state = state
  }

  /** Notes a mail that was stored there. */
  appended(mailbox: string, stored: Stored, octets: Buffer): void {
    this.#recent.get(mailbox)?.appended(stored, octets)
  }

  /** @param since only mail of that day or later; undefined searches everything, which is slow in a large mailbox */
  async find(
    mailbox: string,
    fields: readonly IdField[],
    messageId: string,
    since: Date | undefined,
  ): Promise<number[]> {
    if (bareId(messageId) === '') return []
    const inMailbox = this.#inMailbox(mailbox)
    const recent = this.#recentOf(mailbox, since)
    const known = recent ? await recent.find(fields, messageId) : null
    return known ?? inMailbox((client) => findById(client, fields, messageId, since))
  }

  #recentOf(mailbox: string, since: Date | undefined): RecentIds | null {
    if (!since) return null
    const now = this.#clock.now().getTime()
    let recent = this.#recent.get(mailbox)
    if (!recent || now - recent.from.getTime() > RENEWED_DAYS * DAY_MS) {
      const from = new Date(now - KEPT_DAYS * DAY_MS)
      recent = new RecentIds(this.#inMailbox(mailbox), () => this.#state(mailbox), from)
      this.#recent.set(mailbox, recent)
    }
    // A day's margin: SEARCH SINCE has day resolution in an unknown time zone.
    return since.getTime() - DAY_MS >= recent.from.getTime() ? recent : null
  }
}
