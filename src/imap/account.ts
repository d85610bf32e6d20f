/** The ImapAccount: which command runs where, and what its failures mean. */
import type { ImapFlow } from 'imapflow'
import { Batcher } from '../base/batcher.ts'
import { loginRateLimiterOf } from '../base/login-rate.ts'
import type { AccountSettings } from '../config/settings.ts'
import { commandConnectionsAt } from './behaviours.ts'
import {
  connectClient,
  defaultTiming,
  inMailbox,
  placeKey,
  reading,
  type SelectedMailbox,
  statusOf,
  writing,
} from './client.ts'
import { commandError, MessageVanished, UidValidityChanged } from './errors.ts'
import { flagsOfEach, keptFlags, storeFlags } from './flags.ts'
import { HealthRecord } from './health.ts'
import { IdFinder } from './id-finder.ts'
import { append, move, removeExactly } from './mutations.ts'
import { fetchBatched, fetchWithRetries } from './patient-fetch.ts'
import { ConnectionPool } from './pool.ts'
import { search, uidsAfter, uidsSince, uidsUndeleted, uidsWithKeyword } from './search.ts'
import { findMailboxNamed, findSpecialMailboxes } from './special-use.ts'
import type {
  ConnectionHealth,
  Fetched,
  FetchLimits,
  ImapAccount,
  ImapOptions,
  MailboxState,
  SpecialMailboxes,
  Stored,
} from './types.ts'

/** Mailboxes are rarely renamed. */
const SPECIAL_MAILBOXES_MS = 600_000

export class PooledAccount implements ImapAccount {
  readonly address: string
  readonly #settings: AccountSettings
  readonly #pool: ConnectionPool
  readonly #trustMs: number
  readonly #health: HealthRecord
  readonly #ids: IdFinder
  #special: { found: Promise<SpecialMailboxes>; at: number } | null = null
  /** Whether a mailbox keeps keywords of any name, by path. */
  readonly #keepsKeywords = new Map<string, boolean>()
  /** Mailboxes that were opened for writing once. */
  readonly #settled = new Set<string>()
  readonly #lines = new UidLines()

  constructor(settings: AccountSettings, options: ImapOptions) {
    const timing = { ...defaultTiming, ...options.timing }
    const gate = loginRateLimiterOf(settings)
    this.address = settings.owner.address
    this.#settings = settings
    this.#trustMs = timing.trustMs
    this.#health = new HealthRecord(options.clock)
    this.#ids = new IdFinder(
      options.clock,
      (mailbox) => (use) => this.#inside('SEARCH', reading(mailbox, null), use),
      (mailbox) => this.#stateFromOutside(mailbox),
    )
    this.#pool = new ConnectionPool({
      connect: async (signal) => {
        await gate.pass(signal)
        return connectClient(settings.imap, { accessToken: options.accessToken, timing, signal })
      },
      health: this.#health,
      log: options.log,
      random: options.random,
      maxConnections: commandConnectionsAt(settings.imap.host),
      keepAliveMs: timing.keepAliveMs,
      silentMs: timing.silentMs,
    })
  }

  tryAgain(): void {
    this.#pool.tryAgain()
  }

  /** For commands that need no selected mailbox, or select one themselves. */
  async #anywhere<T>(command: string, use: (client: ImapFlow) => Promise<T>): Promise<T> {
    try {
      return await this.#pool.run(null, use)
    } catch (error) {
      throw commandError(error, command)
    }
  }

  async #run<T>(
    place: SelectedMailbox,
    use: (client: ImapFlow) => Promise<T>,
    patienceMs?: number,
  ): Promise<T> {
    const inside = (client: ImapFlow) => inMailbox(client, place, this.#trustMs, () => use(client))
    try {
      return await this.#pool.run(placeKey(place), inside, patienceMs)
    } catch (error) {
      // The caller looks again; by then the number is stable.
      if (error instanceof UidValidityChanged) await this.settle(place.mailbox).catch(() => undefined)
      throw error
    }
  }

  async #inside<T>(
    command: string,
    place: SelectedMailbox,
    use: (client: ImapFlow) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#run(place, use)
    } catch (error) {
      throw commandError(error, command)
    }
  }

  /** Only for idempotent commands: during silence a caller is rejected while the command continues. */
  #together<T>(name: string, uid: number, ask: (uids: readonly number[]) => Promise<T[]>): Promise<T> {
    return this.#pool.shared(() => this.#lines.ask(name, uid, ask))
  }

  capabilities(): Promise<ReadonlySet<string>> {
    return this.#anywhere('CAPABILITY', async (client) => {
      return new Set([...client.capabilities.keys()].map((name) => name.toUpperCase()))
    })
  }

  specialMailboxes(): Promise<SpecialMailboxes> {
    const now = performance.now()
    const known = this.#special
    if (known && now - known.at < SPECIAL_MAILBOXES_MS) return this.#pool.shared(() => known.found)
    const found = this.#anywhere('LIST', (client) => findSpecialMailboxes(client, this.#settings.mailboxes))
    const asked = { found, at: now }
    this.#special = asked
    found.catch(() => {
      if (this.#special === asked) this.#special = null
    })
    return found
  }

  mailboxNamed(name: string): Promise<string | null> {
    return this.#anywhere('LIST', (client) => findMailboxNamed(client, name))
  }

  async state(mailbox: string): Promise<MailboxState> {
    const state = await this.#anywhere('STATUS', (client) => statusOf(client, mailbox))
    // Every mail has its own UID below the next one. Otherwise the server does not state the next one, and all old mail
    // would be taken for new mail.
    if (state.exists < state.uidNext) return state
    const uids = await this.uidsAfter(mailbox, state.uidValidity, 0)
    return { ...state, uidNext: (uids.at(-1) ?? 0) + 1 }
  }

  /** Null if the connection has selected that mailbox: some servers answer from the view of the selection. */
  #stateFromOutside(mailbox: string): Promise<MailboxState | null> {
    return this.#anywhere('STATUS', async (client) =>
      client.mailbox && client.mailbox.path === mailbox ? null : await statusOf(client, mailbox),
    )
  }

  async settle(mailbox: string): Promise<void> {
    if (this.#settled.has(mailbox)) return
    await this.#anywhere('SELECT', (client) => client.mailboxOpen(mailbox))
    this.#settled.add(mailbox)
  }

  uidsAfter(mailbox: string, uidValidity: string, after: number): Promise<number[]> {
    return this.#inside('SEARCH', reading(mailbox, uidValidity), (client) => uidsAfter(client, after))
  }

  uidsUndeleted(mailbox: string, uidValidity: string): Promise<number[]> {
    return this.#inside('SEARCH', reading(mailbox, uidValidity), uidsUndeleted)
  }

  uidsWithKeyword(mailbox: string, uidValidity: string, keywords: readonly string[]): Promise<number[]> {
    const place = reading(mailbox, uidValidity)
    return this.#inside('SEARCH', place, (client) => uidsWithKeyword(client, keywords))
  }

  uidsSince(mailbox: string, date: Date): Promise<number[]> {
    return this.#inside('SEARCH', reading(mailbox, null), (client) => uidsSince(client, date))
  }

  async *fetch(
    mailbox: string,
    uidValidity: string,
    uids: number[],
    limits: FetchLimits,
  ): AsyncIterable<Fetched[]> {
    const place = reading(mailbox, uidValidity)
    const ordered = [...new Set(uids)].sort((a, b) => a - b)
    for (let start = 0; start < ordered.length; start += limits.batch) {
      const batch = ordered.slice(start, start + limits.batch)
      yield await fetchWithRetries((use, patienceMs) => this.#run(place, use, patienceMs), batch, limits)
    }
  }

  /** STATUS, which gave the expected numbers, has renewed the view; in an older one a mail would be missing. */
  fetchAbove: ImapAccount['fetchAbove'] = (mailbox, uidValidity, above, limits) => {
    const place = { ...reading(mailbox, uidValidity), asSeen: true }
    return fetchBatched((use) => this.#run(place, use), above, limits)
  }

  flags(mailbox: string, uidValidity: string, uid: number): Promise<string[] | null> {
    return this.#together(`flags ${uidValidity} ${mailbox}`, uid, (uids) =>
      this.#inside('FETCH', reading(mailbox, uidValidity), (client) => flagsOfEach(client, uids)),
    )
  }

  fetchSource(mailbox: string, uidValidity: string, uid: number, maxOctets: number): Promise<Buffer | null> {
    return this.#inside('FETCH', reading(mailbox, uidValidity), async (client) => {
      const query = { uid: true, source: { start: 0, maxLength: maxOctets } }
      const row = await client.fetchOne(String(uid), query, { uid: true })
      return row ? (row.source ?? null) : null
    })
  }

  findByMessageId(mailbox: string, messageId: string, since?: Date): Promise<number[]> {
    return this.#pool.shared(() => this.#ids.find(mailbox, ['message-id'], messageId, since))
  }

  findRepliesTo(mailbox: string, messageId: string, since?: Date): Promise<number[]> {
    return this.#pool.shared(() => this.#ids.find(mailbox, ['in-reply-to', 'references'], messageId, since))
  }

  async findByThread(mailbox: string, threadId: string): Promise<number[]> {
    const known = await this.capabilities()
    if (!known.has('OBJECTID') && !known.has('X-GM-EXT-1')) return []
    return this.#inside('SEARCH', reading(mailbox, null), (client) => search(client, { threadId }))
  }

  async append(
    mailbox: string,
    octets: Buffer,
    flags: string[],
    keywords: string[],
    internalDate: Date,
  ): Promise<Stored> {
    const kept = keywords.length > 0 && (await this.#keeps(mailbox)) ? keywords : []
    const stored = await this.#anywhere('APPEND', (client) =>
      append(client, mailbox, octets, [...flags, ...kept], internalDate),
    )
    this.#ids.appended(mailbox, stored, octets)
    return stored
  }

  async #keeps(mailbox: string): Promise<boolean> {
    const known = this.#keepsKeywords.get(mailbox)
    if (known !== undefined) return known
    // Only SELECT, not EXAMINE, reports which flags the mailbox keeps.
    const keeps = await this.#inside('SELECT', writing(mailbox, null), async (client) => {
      return keptFlags(client, ['replyd']).length > 0
    })
    this.#keepsKeywords.set(mailbox, keeps)
    return keeps
  }

  move(mailbox: string, uidValidity: string, uid: number, target: string): Promise<{ uid: number | null }> {
    return this.#inside('MOVE', writing(mailbox, uidValidity), (client) => move(client, mailbox, uid, target))
  }

  addFlags(mailbox: string, uidValidity: string, uid: number, flags: string[]): Promise<boolean> {
    return this.#store({ mailbox, uidValidity, uid }, 'add', flags)
  }

  removeFlags(mailbox: string, uidValidity: string, uid: number, flags: string[]): Promise<boolean> {
    return this.#store({ mailbox, uidValidity, uid }, 'remove', flags)
  }

  async #store(
    { mailbox, uidValidity, uid }: { mailbox: string; uidValidity: string; uid: number },
    change: 'add' | 'remove',
    flags: string[],
  ): Promise<boolean> {
    const stored = await this.#together(
      `${change} ${flags.join(' ')} ${uidValidity} ${mailbox}`,
      uid,
      (uids) =>
        this.#inside('STORE', { ...writing(mailbox, uidValidity), asSeen: true }, (client) =>
          storeFlags(client, uids, change, flags),
        ),
    )
    if (stored === null) throw new MessageVanished(mailbox, uid)
    return stored
  }

  removeExactly(mailbox: string, uidValidity: string, uid: number): Promise<void> {
    return this.#inside('EXPUNGE', writing(mailbox, uidValidity), (client) => removeExactly(client, uid))
  }

  health(): ConnectionHealth {
    return this.#health.get()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close()
  }
}

export class UidLines {
  readonly #lines = new Map<string, Batcher<number, unknown>>()

  /**
   * @param name identifies the command and its target; the same name means the same command
   * @param ask answers for all these UIDs, in order
   */
  ask<T>(name: string, uid: number, ask: (uids: readonly number[]) => Promise<T[]>): Promise<T> {
    const line = this.#lines.get(name) ?? new Batcher<number, unknown>(ask)
    this.#lines.set(name, line)
    return line.ask(uid) as Promise<T>
  }
}
