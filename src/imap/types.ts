/** What the IMAP adapter promises: the shapes and the interface that the steps are written against. */

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Fault } from '../mail/fault.ts'
import type { Part } from '../mail/message.ts'

export interface MailboxState {
  path: string
  /** Decimal; a bigint in RFC 3501 terms is 32 bits, but text travels through JSON and SQL unharmed. */
  uidValidity: string
  /** A hint: mail may have arrived since. Catch up with `uidsAfter`, never by counting. */
  uidNext: number
  exists: number
}

/** One mail, as far as it could be read. Whatever could not is named in `fault`; no asked-for UID is left out. */
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
  /** Transfer-encoded octets of text parts and calendars by section number, those of a text cut at `maxTextOctets`. */
  texts: Map<string, Buffer>
  /** OBJECTID (RFC 8474) or X-GM-MSGID; null when the server has neither. */
  emailId: string | null
  threadId: string | null
  /** True when the mail was gone before it could be read; nothing but `uid` is meaningful then. */
  vanished: boolean
  /** What could not be read; null for a sound mail. */
  fault: Fault | null
}

export interface FetchLimits {
  /** Mails per FETCH command. */
  batch: number
  maxHeaderOctets: number
  /** Per text part, in transfer-encoded octets. */
  maxTextOctets: number
}

/** UIDs above `last`; those that are sure to be there by what the server said. */
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
  /** `waiting`: lost, the next attempt is timed. `stopped`: closed, or only the owner can mend it. */
  state: 'connected' | 'connecting' | 'waiting' | 'stopped'
  since: Date
  /** What broke the last connection, for people; null when none did. */
  lastError: string | null
}

/** Where a stored mail landed. Null where the server does not say (no UIDPLUS, RFC 4315). */
export interface Stored {
  uid: number | null
  uidValidity: string | null
}

/**
 * The command connections of one account. They open at the first command and come back by themselves, with
 * full-jitter back-off and at most one login per second per account.
 *
 * Every method throws TemporaryError when the server can't be reached or the connection was lost on a command
 * that changes nothing, RateLimitedError when the server throttles, OwnerActionError('account') once it refused
 * the login (and from then on, until a new account object is opened), PermanentError when the mailbox does not exist,
 * and UidValidityChanged when the given UIDVALIDITY is no longer the mailbox's.
 */
export interface ImapAccount extends AsyncDisposable {
  readonly address: string
  /** Upper case, as after login. */
  capabilities(): Promise<ReadonlySet<string>>
  /**
   * Configured paths win, then special-use, then names in many languages. Creates Drafts or Junk when the account
   * has none at all, never a second one, and never any other.
   */
  specialMailboxes(): Promise<SpecialMailboxes>
  /**
   * The path of a mailbox with that last name in any case, below whatever prefix the server has (`INBOX.Approved`); of several
   * the shallowest, null without one. Asked anew each time: the owner may just have created it.
   */
  mailboxNamed(name: string): Promise<string | null>
  state(mailbox: string): Promise<MailboxState>
  /**
   * Opens a mailbox for writing, once. Courier gives one that nobody has opened so a new UIDVALIDITY at each EXAMINE; from
   * then on it keeps it. The mailbox loses \Recent, and nothing else.
   */
  settle(mailbox: string): Promise<void>
  /** Every UID above `after`, ascending, only of mails that exist. */
  uidsAfter(mailbox: string, uidValidity: string, after: number): Promise<number[]>
  /** UIDs of the mails that carry one of these keywords, ascending. */
  uidsWithKeyword(mailbox: string, uidValidity: string, keywords: readonly string[]): Promise<number[]>
  /** UIDs whose internal date is on or after that day (IMAP knows days, not hours), ascending. */
  uidsSince(mailbox: string, date: Date): Promise<number[]>
  /** Reads mails in batches, in UID order, without setting \Seen. Yields one entry for every UID asked for. */
  fetch(mailbox: string, uidValidity: string, uids: number[], limits: FetchLimits): AsyncIterable<Fetched[]>
  /**
   * Reads every mail above `last` in as few commands as can be, ascending: for the few that have just come. Null when one of
   * `expected` is not among them, when there are others above `last + most`, or when they can't be read together: then `uidsAfter` and `fetch` tell what is there.
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
   * @param since mail that came before that day may be left out. Say it: within the last days it is answered from
   * memory, brought up to date at each call; without it the server reads all its headers
   */
  findByMessageId(mailbox: string, messageId: string, since?: Date): Promise<number[]>
  /** UIDs of the mails whose In-Reply-To or References name this Message-ID, ascending. `since` as above. */
  findRepliesTo(mailbox: string, messageId: string, since?: Date): Promise<number[]>
  /** UIDs of the mails in this thread by the server's own threading (X-GM-THRID, RFC 8474), ascending; none without it. */
  findByThread(mailbox: string, threadId: string): Promise<number[]>
  /**
   * Stores octets. Keywords go along where the mailbox allows them (RFC 3501 PERMANENTFLAGS), else are left out.
   * @throws TemporaryError or PermanentError when surely nothing was stored
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
   * @throws MessageVanished when the mail is not there (any more)
   * @throws UncertainError when the answer was lost, or did not prove the move: search the target by Message-ID
   * @throws PermanentError when the server has neither MOVE nor UIDPLUS: an imitation would expunge others' mail
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
   * Deletes this mail and no other: UID EXPUNGE (RFC 4315). A mail that is gone already is a success.
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
  /** Silence of the server after which it is asked, or given up when it owes an answer. */
  quietMs: number
  /** A command and its whole answer, however busily the server talks. */
  commandMs: number
  /** IDLE is begun anew after this; Yahoo cuts at 3 minutes (RFC 2177 allows 29). */
  maxIdleMs: number
  /** An unused command connection says NOOP after this. Below `quietMs`. */
  keepAliveMs: number
  /** How long a selected mailbox is taken for the one that has its name; then it is selected anew. */
  trustMs: number
}

export interface ImapOptions {
  log: Log
  clock: Clock
  /** [0, 1): jitter of the back-off. */
  random: () => number
  /** Asked once per connection when the account uses OAuth2, and once more with the token that the server refused. */
  accessToken?: (refused?: string) => Promise<string>
  /** Limits of a connection in milliseconds, where the defaults do not suit. */
  timing?: Partial<Timing>
}

export interface WatchOptions extends ImapOptions {
  /** Called after each connect, after each notice of the server, and at each poll. Must not throw. */
  onChange: (state: MailboxState) => void
  /** Called once when watching ends for good: the owner has to act. Not called on abort. */
  onStopped: (error: Error) => void
  onHealth?: (health: ConnectionHealth) => void
  /** Ends the watch; `done` then resolves. */
  signal: AbortSignal
}

export interface Watch {
  /** Resolves when the watch has ended and its connection is closed. Never rejects. */
  done: Promise<void>
  health(): ConnectionHealth
}
