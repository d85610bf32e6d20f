/** One IMAP connection: how it is secured, how it logs in, and how it selects a mailbox. */
import { ImapFlow, type ImapFlowOptions } from 'imapflow'
import { OwnerActionError, PermanentError, TemporaryError } from '../base/errors.ts'
import { trusting, trustingOffered } from '../base/trust.ts'
import { plaintextAllowed } from '../config/loopback.ts'
import type { ImapSettings } from '../config/settings.ts'
import { connectError, UidValidityChanged } from './errors.ts'
import { fairShareOf } from './fair-share.ts'
import { limitTalk } from './talk-limits.ts'
import type { MailboxState, Timing } from './types.ts'

export const defaultTiming: Timing = {
  connectMs: 20_000,
  greetingMs: 15_000,
  quietMs: 75_000,
  pollAnswerMs: 60_000,
  commandMs: 300_000,
  maxIdleMs: 170_000,
  keepAliveMs: 60_000,
  trustMs: 60_000,
  silentMs: 3000,
}

const LOCK_TIMEOUT_MS = 30_000
const MEGABYTE = 2 ** 20

/**
 * TLS from the first octet, or mandatory STARTTLS. If plain text is allowed, TLS is still used when offered: it stops
 * passive listeners, and some servers on loopback accept no login without it.
 */
function security(server: ImapSettings): Partial<ImapFlowOptions> {
  const tls = trusting(server.caFile)
  if (server.secure) return { secure: true, tls }
  if (!plaintextAllowed(server)) return { secure: false, doSTARTTLS: true, tls }
  return { secure: false, tls: trustingOffered(server.caFile, server.allowPlaintext) }
}

function clientOptions(
  server: ImapSettings,
  accessToken: string | undefined,
  timing: Timing,
): ImapFlowOptions {
  return {
    host: server.host,
    port: server.port,
    ...security(server),
    auth: accessToken ? { user: server.user, accessToken } : { user: server.user, pass: server.password },
    clientInfo: { name: 'replyd' },
    // imapflow's log would contain subjects and addresses.
    logger: false,
    // zlib uses more memory per connection than everything else, and little mail is fetched anyway.
    disableCompression: true,
    // The watcher enters IDLE itself, at once; command connections never idle.
    disableAutoIdle: true,
    connectionTimeout: timing.connectMs,
    greetingTimeout: timing.greetingMs,
    socketTimeout: timing.quietMs,
    maxIdleTime: timing.maxIdleMs,
    maxLineLength: 4 * MEGABYTE,
    maxLiteralSize: 32 * MEGABYTE,
    maxResponseSize: 48 * MEGABYTE,
    // Each blocks for about a microsecond. Enough for a mail with 10,000 parts, the most that Dovecot counts.
    maxResponseTokens: 250_000,
  }
}

/**
 * A new connection, logged in. One client is one connection: reconnecting means calling this again.
 * @throws OwnerActionError when the login was refused, TemporaryError for everything else
 */
export async function connectClient(
  server: ImapSettings,
  options: { accessToken?: (refused?: string) => Promise<string>; timing: Timing; signal: AbortSignal },
): Promise<ImapFlow> {
  const { accessToken } = options
  if (server.oauth2 === null || accessToken === undefined) return logIn(server, undefined, options)
  const token = await accessToken()
  try {
    return await logIn(server, token, options)
  } catch (error) {
    if (!(error instanceof OwnerActionError)) throw error
    // A provider may revoke a token early; only the provider knows whether the sign-in is still valid.
    return logIn(server, await accessToken(token), options)
  }
}

async function logIn(
  server: ImapSettings,
  token: string | undefined,
  { signal, timing }: { timing: Timing; signal: AbortSignal },
): Promise<ImapFlow> {
  signal.throwIfAborted()
  const client = new ImapFlow(clientOptions(server, token, timing))
  // For the lifetime of the client: an unhandled error event ends the process. Cleanup is done on `close`, which
  // always follows.
  client.on('error', () => {})
  const { commandMs, maxIdleMs } = timing
  limitTalk(client, { commandMs, idleMs: maxIdleMs + commandMs, share: fairShareOf(server) })
  const abort = () => client.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    signal.throwIfAborted()
    return client
  } catch (error) {
    client.close()
    throw connectError(error, server)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export interface SelectedMailbox {
  mailbox: string
  /** EXAMINE: nothing can change, \Recent included. */
  readOnly: boolean
  /** Checked after selecting; null if no UID comes from outside. */
  uidValidity: string | null
  /** The view of an earlier command is enough, because the caller checks the result. */
  asSeen?: boolean
}

export const reading = (mailbox: string, uidValidity: string | null): SelectedMailbox => ({
  mailbox,
  uidValidity,
  readOnly: true,
})
export const writing = (mailbox: string, uidValidity: string | null): SelectedMailbox => ({
  mailbox,
  uidValidity,
  readOnly: false,
})

/** Runs inside the mailbox, on any available connection. */
export type InMailbox = <T>(use: (client: ImapFlow) => Promise<T>, patienceMs?: number) => Promise<T>

/** Key of a place; a connection must select again to change places. */
export function placeKey(place: Pick<SelectedMailbox, 'mailbox' | 'readOnly'>): string {
  return `${place.readOnly ? 'examine' : 'select'} ${place.mailbox}`
}

/** Whether a command can run in the selected place. Reading (BODY.PEEK) changes nothing after SELECT either. */
export function fits(wanted: string, selected: string | null): boolean {
  return wanted === selected || (selected !== null && wanted === selected.replace(/^select /, 'examine '))
}

export function selectedKey(client: ImapFlow): string | null {
  const { mailbox } = client
  return mailbox ? placeKey({ mailbox: mailbox.path, readOnly: mailbox.readOnly === true }) : null
}

export function stateOf(client: ImapFlow): MailboxState {
  const { mailbox } = client
  if (!mailbox) throw new TemporaryError('IMAP: no mailbox is selected')
  const { path, uidValidity, uidNext, exists, highestModseq } = mailbox
  return {
    ...{ path, uidNext, exists },
    uidValidity: uidValidity.toString(),
    highestModseq: highestModseq ? highestModseq.toString() : null,
  }
}

/** STATUS (RFC 3501 section 6.3.10). Dovecot answers it from the connection's view if the mailbox is selected. */
export async function statusOf(client: ImapFlow, mailbox: string): Promise<MailboxState> {
  if (client.mailbox && client.mailbox.path === mailbox) await client.noop()
  const status = await client.status(mailbox, {
    ...{ messages: true, uidNext: true, uidValidity: true },
    highestModseq: client.capabilities.has('CONDSTORE'),
  })
  if (!status || status.uidValidity === undefined) throw new TemporaryError('IMAP STATUS gave no answer')
  const { path, uidValidity, uidNext = 1, messages = 0 } = status
  // 0: the mailbox keeps no such numbers.
  const highestModseq = status.highestModseq ? status.highestModseq.toString() : null
  return { path, uidValidity: uidValidity.toString(), uidNext, exists: messages, highestModseq }
}

/** When a mailbox was selected, by imapflow's object for it; performance.now(). */
const selectedAt = new WeakMap<object, number>()

/**
 * Refreshes the view of a mailbox that was selected earlier. NOOP updates it for new and removed mail (Dovecot
 * answers FETCH and SEARCH from the view of the previous command), but does not report that the mailbox was deleted
 * and recreated under the same name: Dovecot keeps showing the old one. So it is selected again from time to time.
 */
async function refresh(client: ImapFlow, place: SelectedMailbox, trustMs: number): Promise<void> {
  const since = client.mailbox ? (selectedAt.get(client.mailbox) ?? 0) : 0
  if (performance.now() - since >= trustMs)
    await client.mailboxOpen(place.mailbox, { readOnly: place.readOnly })
  else if (!place.asSeen) await client.noop()
}

/**
 * Runs commands inside a mailbox in its current state.
 * @param trustMs how long a selected mailbox is assumed to be the one with that name, in milliseconds
 * @throws UidValidityChanged, PermanentError when the mailbox does not exist
 */
export async function inMailbox<T>(
  client: ImapFlow,
  place: SelectedMailbox,
  trustMs: number,
  use: () => Promise<T>,
): Promise<T> {
  const before = client.mailbox
  const readOnly = place.readOnly && !(before && before.path === place.mailbox && !before.readOnly)
  const lock = await client.getMailboxLock(place.mailbox, { readOnly, acquireTimeout: LOCK_TIMEOUT_MS })
  try {
    const kept = client.mailbox === before
    if (kept) await refresh(client, place, trustMs)
    // This connection's view of the mailbox is older than the caller's.
    if (kept && place.uidValidity !== null && place.uidValidity !== stateOf(client).uidValidity)
      await client.mailboxOpen(place.mailbox, { readOnly: place.readOnly })
    if (client.mailbox && !selectedAt.has(client.mailbox)) selectedAt.set(client.mailbox, performance.now())
    const { uidValidity } = stateOf(client)
    if (place.uidValidity !== null && place.uidValidity !== uidValidity) {
      throw new UidValidityChanged(place.mailbox, place.uidValidity, uidValidity)
    }
    if (!place.readOnly && client.mailbox && client.mailbox.readOnly) {
      throw new PermanentError(`${place.mailbox} is read-only`)
    }
    return await use()
  } finally {
    lock.release()
  }
}

/** Logs out, but does not wait long: the server may be gone. */
export async function closeClient(client: ImapFlow, patienceMs = 1000): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  await Promise.race([client.logout().catch(() => {}), patience])
  clearTimeout(timer)
  client.close()
}
