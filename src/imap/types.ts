/** The contract of the IMAP adapter: types and the interface that the steps use. */

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Fault } from '../mail/fault.ts'
import type { Part } from '../mail/message.ts'

export interface MailboxState {
  path: string
  /** Decimal; 32 bits in RFC 3501, but text survives JSON and SQL unchanged. */
  uidValidity: string
  /** A hint: mail may have arrived since. Catch up with `uidsAfter`, never by counting. */
  uidNext: number
  exists: number
  /** Grows with each change of any flag (RFC 7162); null if the server does not report it. */
  highestModseq: string | null
}

/** One mail, as far as it could be read; `fault` names what could not be read. Every requested UID has an entry. */
export interface Fetched {
  uid: number
  /** RFC822.SIZE in octets; 0 when unknown. */
  size: number
  internalDate: Date
  flags: string[]
  /** The first Message-ID field, trimmed, angle brackets kept; null when there is none. */
  messageId: string | null
  /** The header block, CRLF line ends, cut at `maxHeaderOctets`. */
  header: Buffer
  /** A lone `application/octet-stream` leaf when the server's BODYSTRUCTURE could not be read. */
  structure: Part
  /** Transfer-encoded octets of text parts and calendars by section number; text parts are cut at `maxTextOctets`. */
  texts: Map<string, Buffer>
  /** OBJECTID (RFC 8474) or X-GM-MSGID; null when the server has neither. */
  emailId: string | null
  threadId: string | null
  /** True when the mail disappeared before it could be read; then only `uid` is meaningful. */
  vanished: boolean
  /** What could not be read; null for an intact mail. */
  fault: Fault | null
}

export interface FetchLimits {
  /** Mails per FETCH command. */
  batch: number
  maxHeaderOctets: number
  /** Per text part, in transfer-encoded octets. */
  maxTextOctets: number
}

/** UIDs above `last`, and those that must exist according to the server. */
export interface Above {
  last: number
  /** UIDs up to `last + most` are read. */
  most: number
  expected: readonly number[]
}

/** Paths by special-use (RFC 6154); null where the account has no such mailbox. */
export interface SpecialMailboxes {
  drafts: string | null
  sent: string | null
  junk: string | null
  trash: string | null
  archive: string | null
}

export interface ConnectionHealth {
  /** `waiting`: lost, the next attempt is scheduled. `stopped`: closed, or only the owner can fix it. */
  state: 'connected' | 'connecting' | 'waiting' | 'stopped'
  since: Date
  /** What broke the last connection, for people; null when none did. */
  lastError: string | null
}

/** Where a stored mail is. Null if the server does not say (no UIDPLUS, RFC 4315). */
export interface Stored {
  uid: number | null
  uidValidity: string | null
}

/**
 * The command connections of one account. They open with the first command and reconnect with full-jitter back-off,
 * at most one login per second per account.
 *
 * Every method throws TemporaryError when the server can't be reached or the connection was lost on a command that
 * changes nothing, RateLimitedError when the server throttles, OwnerActionError('account') once it refused the login
 * (and from then on, until `tryAgain`), PermanentError when the mailbox does not exist, and
 * UidValidityChanged when the given UIDVALIDITY is no longer the mailbox's.
 */
export interface ImapAccount extends AsyncDisposable {
  readonly address: string
  /** Forgets that the login was refused, and reconnects without waiting any longer. */
  tryAgain(): void
  /** Upper case, as after login. */
  capabilities(): Promise<ReadonlySet<string>>
  /**
   * Configured paths take precedence, then special-use, then names in many languages. Creates Drafts or Junk when the
   * account has none, never a second one, and never any other.
   */
  specialMailboxes(): Promise<SpecialMailboxes>
  /**
   * The path of a mailbox with that last name in any case, below any server prefix (`INBOX.Approved`). The shallowest
   * if there are several, null if there is none. Never cached: the owner may just have created it.
   */
  mailboxNamed(name: string): Promise<string | null>
  state(mailbox: string): Promise<MailboxState>
  /**
   * Opens a mailbox for writing, once. Until then Courier assigns a new UIDVALIDITY at each EXAMINE; afterwards it
   * keeps it. Only \Recent is lost.
   */
  settle(mailbox: string): Promise<void>
  /** Every UID above `after`, ascending; only existing mails. */
  uidsAfter(mailbox: string, uidValidity: string, after: number): Promise<number[]>
  /** UIDs of the mails that are not marked \Deleted, ascending. */
  uidsUndeleted(mailbox: string, uidValidity: string): Promise<number[]>
  /** UIDs of the mails that carry one of these keywords, ascending. */
  uidsWithKeyword(mailbox: string, uidValidity: string, keywords: readonly string[]): Promise<number[]>
  /** UIDs whose internal date is on or after that day (IMAP knows days, not hours), ascending. */
  uidsSince(mailbox: string, date: Date): Promise<number[]>
  /** Reads mails in batches, in UID order, without setting \Seen. Yields one entry for every UID asked for. */
  fetch(mailbox: string, uidValidity: string, uids: number[], limits: FetchLimits): AsyncIterable<Fetched[]>
  /**
   * Reads every mail above `last` in as few commands as possible, ascending: for a few that have just arrived. Null
   * when one of `expected` is missing, when there are more above `last + most`, or when they can't be read together;
   * then use `uidsAfter` and `fetch`.
   */
  fetchAbove(
    mailbox: string,
    uidValidity: string,
    above: Above,
    limits: FetchLimits,
  ): Promise<Fetched[] | null>
  /** Null when the mail is gone. */
  flags(mailbox: string, uidValidity: string, uid: number): Promise<string[] | null>
  /** The first `maxOctets` octets of the mail; null when it is gone. */
  fetchSource(mailbox: string, uidValidity: string, uid: number, maxOctets: number): Promise<Buffer | null>
  /**
   * UIDs of the mails with exactly this Message-ID (SEARCH alone matches substrings), ascending.
   * @param since earlier mail may be left out. Pass it if possible: the last days are answered from memory, refreshed
   * at each call; without it the server reads all its headers
   */
  findByMessageId(mailbox: string, messageId: string, since?: Date): Promise<number[]>
  /** UIDs of the mails whose In-Reply-To or References name this Message-ID, ascending. `since` as above. */
  findRepliesTo(mailbox: string, messageId: string, since?: Date): Promise<number[]>
  /**
   * UIDs of the mails in this thread by the server's own threading (X-GM-THRID, RFC 8474), ascending; empty if
   * unsupported.
   */
  findByThread(mailbox: string, threadId: string): Promise<number[]>
  /**
   * Stores octets. Keywords that the mailbox does not allow (RFC 3501 PERMANENTFLAGS) are left out.
   * @throws TemporaryError or PermanentError when certainly nothing was stored
   * @throws UncertainError when the connection died before the answer: search by Message-ID before trying again
   */
  append(
    mailbox: string,
    octets: Buffer,
    flags: string[],
    keywords: string[],
    internalDate: Date,
  ): Promise<Stored>
  /**
   * Moves one mail (RFC 6851).
   * @throws MessageVanished when the mail is not there (or no longer)
   * @throws UncertainError when the answer was lost, or did not prove the move: search the target by Message-ID
   * @throws PermanentError when the server has neither MOVE nor UIDPLUS: emulating it would expunge other mail
   */
  move(mailbox: string, uidValidity: string, uid: number, target: string): Promise<{ uid: number | null }>
  /**
   * False when the mailbox does not keep all of these flags (PERMANENTFLAGS); those that it keeps are set.
   * @throws MessageVanished when the mail is gone
   */
  addFlags(mailbox: string, uidValidity: string, uid: number, flags: string[]): Promise<boolean>
  /** @throws MessageVanished when the mail is gone */
  removeFlags(mailbox: string, uidValidity: string, uid: number, flags: string[]): Promise<boolean>
  /**
   * Deletes only this mail: UID EXPUNGE (RFC 4315). Succeeds if the mail is already gone.
   * @throws PermanentError without UIDPLUS
   */
  removeExactly(mailbox: string, uidValidity: string, uid: number): Promise<void>
  health(): ConnectionHealth
}

/** Limits of one connection, in milliseconds. */
export interface Timing {
  /** DNS, TCP and TLS together. */
  connectMs: number
  greetingMs: number
  /** Server silence after which it is probed, or given up if it owes an answer. */
  quietMs: number
  /** The answer to a poll of the connection that waits for mail. */
  pollAnswerMs: number
  /** A command and its whole answer, even while the server keeps sending. */
  commandMs: number
  /** IDLE is restarted after this; Yahoo disconnects after 3 minutes (RFC 2177 allows 29). */
  maxIdleMs: number
  /** An unused command connection sends NOOP after this. Less than `quietMs`. */
  keepAliveMs: number
  /** How long a selected mailbox is assumed to be the one with that name; then it is selected again. */
  trustMs: number
  /** When no connection has answered for this long, only one more command waits; the others are rejected. */
  silentMs: number
}

export interface ImapOptions {
  log: Log
  clock: Clock
  /** [0, 1): jitter of the back-off. */
  random: () => number
  /**
   * Called once per connection when the account uses OAuth2, and again with the token if the server refused it.
   */
  accessToken?: (refused?: string) => Promise<string>
  /** Overrides of the default connection limits, in milliseconds. */
  timing?: Partial<Timing>
}

export interface WatchOptions extends ImapOptions {
  /** Called after each connect, each poll, and when mail was added or removed. Must not throw. */
  onChange: (state: MailboxState) => void
  /** Called when flags have changed. Must not throw. */
  onFlags?: () => void
  /** Called once when watching stops permanently because the owner has to act. Not called on abort. */
  onStopped: (error: Error) => void
  onHealth?: (health: ConnectionHealth) => void
  /** Ends the watch; `done` then resolves. */
  signal: AbortSignal
}

export interface Watch {
  /** Resolves when the watch has ended and its connection is closed. Never rejects. */
  done: Promise<void>
  health(): ConnectionHealth
  /** Connects at once if it is waiting to reconnect. A stopped watch stays stopped. */
  tryAgain(): void
}
