/** Reads a batch despite broken mails: splits it in halves until the mail that breaks the command is isolated. */
import { TemporaryError } from '../base/errors.ts'
import type { InMailbox } from './client.ts'
import { commandError, isLost, isUnreadable } from './errors.ts'
import { fetchAbove, fetchBare, fetchBatch, type Limits } from './fetch.ts'
import { flagsOf } from './flags.ts'
import type { Above, Fetched } from './types.ts'

/** A connection lost this often on the same mails, and only there, was lost because of them. */
const MAX_LOSSES = 3
/**
 * After a loss wait for the next connection, back-off included; otherwise a mail that breaks it could never be
 * isolated.
 */
const PATIENCE_MS = 40_000

/**
 * @returns one entry per UID, in the order of `uids`
 * @throws TemporaryError, RateLimitedError when the server or the network fails
 */
export async function fetchWithRetries(
  inMailbox: InMailbox,
  uids: readonly number[],
  limits: Limits,
  losses = 0,
): Promise<Fetched[]> {
  try {
    return await inMailbox((client) => fetchBatch(client, uids, limits), losses > 0 ? PATIENCE_MS : undefined)
  } catch (error) {
    if (isUnreadable(error)) return apart(inMailbox, uids, limits, error)
    if (!isLost(error)) throw commandError(error, 'FETCH')
    if (losses + 1 < MAX_LOSSES) return fetchWithRetries(inMailbox, uids, limits, losses + 1)
    return apart(inMailbox, uids, limits, error)
  }
}

async function apart(
  inMailbox: InMailbox,
  uids: readonly number[],
  limits: Limits,
  why: unknown,
): Promise<Fetched[]> {
  const [first] = uids
  if (first === undefined) return []
  if (uids.length > 1) {
    const middle = Math.ceil(uids.length / 2)
    // One loss fewer as proof: the whole batch has been tried often enough.
    const losses = isLost(why) ? MAX_LOSSES - 1 : 0
    const lower = await fetchWithRetries(inMailbox, uids.slice(0, middle), limits, losses)
    return [...lower, ...(await fetchWithRetries(inMailbox, uids.slice(middle), limits, losses))]
  }
  // A mail counts as unreadable only if the same server answers a small request about it.
  await inMailbox((client) => flagsOf(client, first), PATIENCE_MS).catch((error) => {
    throw isUnreadable(error) ? new TemporaryError('IMAP FETCH was refused', { cause: error }) : error
  })
  try {
    return [await inMailbox((client) => fetchBare(client, first, limits, why), PATIENCE_MS)]
  } catch (error) {
    throw commandError(error, 'FETCH')
  }
}

/**
 * See ImapAccount.fetchAbove; any failure to read is left to fetchWithRetries.
 * @throws TemporaryError, RateLimitedError when the server fails otherwise
 */
export async function fetchBatched(
  inMailbox: InMailbox,
  above: Above,
  limits: Limits,
): Promise<Fetched[] | null> {
  try {
    return await inMailbox((client) => fetchAbove(client, above, limits))
  } catch (error) {
    if (isUnreadable(error) || isLost(error)) return null
    throw commandError(error, 'FETCH')
  }
}
