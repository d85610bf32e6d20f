/** APPEND, MOVE and EXPUNGE: each is either certainly done, certainly not done, or throws UncertainError. */
import type { ImapFlow } from 'imapflow'
import { PermanentError, TemporaryError, UncertainError } from '../base/errors.ts'
import { wayToMove } from './behaviours.ts'
import { CannotMove, commandError, MessageVanished, mutationError } from './errors.ts'
import { flagsOf } from './flags.ts'
import type { Stored } from './types.ts'

/** The raw capability list inside imapflow; not public. */
interface Advertised {
  rawCapabilities?: readonly { value?: unknown }[] | null
}

/**
 * The largest mail that APPEND may store, in octets (RFC 7889); null if there is no limit for the whole account.
 * imapflow parses a number of more than 15 digits as 0 and then sends no APPEND at all (mox: 2^63-1), so values the
 * server did not send are removed from its table.
 */
export function appendLimit(client: ImapFlow): number | null {
  const limit = client.capabilities.get('APPENDLIMIT')
  if (typeof limit !== 'number') return null
  const { rawCapabilities } = client as unknown as Advertised
  const saidZero = rawCapabilities?.some(({ value }) => /^appendlimit=0+$/i.test(String(value))) ?? false
  if (limit > 0 || saidZero) return limit
  client.capabilities.delete('APPENDLIMIT')
  return null
}

export async function append(
  client: ImapFlow,
  mailbox: string,
  octets: Buffer,
  flags: string[],
  internalDate: Date,
): Promise<Stored> {
  appendLimit(client)
  try {
    // Courier refuses APPEND to a mailbox that this connection has EXAMINEd. Use SELECT, because CLOSE could expunge.
    const { mailbox: selected } = client
    if (selected && selected.path === mailbox && selected.readOnly) await client.mailboxOpen(mailbox)
  } catch (error) {
    throw commandError(error, 'SELECT')
  }
  try {
    const stored = await client.append(mailbox, octets, flags, internalDate)
    if (!stored) throw new TemporaryError('IMAP APPEND was not sent: the connection was lost')
    // A UID without UIDVALIDITY is derived from the sequence number, not reported by the server (RFC 4315 section 3).
    const proven = stored.uid !== undefined && stored.uidValidity !== undefined
    return {
      uid: proven ? (stored.uid ?? null) : null,
      uidValidity: stored.uidValidity?.toString() ?? null,
    }
  } catch (error) {
    throw mutationError(error, 'APPEND')
  }
}

/**
 * The first tagged answer during a command: imapflow's messageMove() returns a bare false both for NO and for a lost
 * connection. The first, because without MOVE the answer to COPY tells whether anything happened.
 */
async function answered<T>(
  client: ImapFlow,
  run: () => Promise<T>,
): Promise<{ result: T; refusal: string | null }> {
  let refusal: string | null = null
  const listener = ({ response, code }: { response: string; code?: string | undefined }) => {
    refusal = response.toUpperCase() === 'OK' ? null : (code ?? response).toUpperCase()
  }
  client.once('response', listener)
  try {
    const result = await run()
    return { result, refusal }
  } finally {
    client.off('response', listener)
  }
}

function requireSafeMove(client: ImapFlow): void {
  if (wayToMove(client.capabilities) === 'none') throw new CannotMove()
}

function refusedMove(refusal: string, target: string): Error {
  const missing = refusal === 'TRYCREATE' || refusal === 'NONEXISTENT'
  const error = Object.assign(new Error(missing ? `no mailbox ${target}` : 'refused'), {
    serverResponseCode: refusal,
    responseStatus: 'NO',
  })
  return commandError(error, 'MOVE')
}

/** @param source the selected mailbox */
export async function move(
  client: ImapFlow,
  source: string,
  uid: number,
  target: string,
): Promise<{ uid: number | null }> {
  requireSafeMove(client)
  if (!(await flagsOf(client, uid))) throw new MessageVanished(source, uid)
  let outcome: Awaited<ReturnType<typeof answered<Awaited<ReturnType<ImapFlow['messageMove']>>>>>
  try {
    outcome = await answered(client, () => client.messageMove(String(uid), target, { uid: true }))
  } catch (error) {
    throw mutationError(error, 'MOVE')
  }
  const { result, refusal } = outcome
  if (!result) {
    if (refusal !== null && client.usable) throw refusedMove(refusal, target)
    throw new UncertainError('IMAP MOVE: the answer was lost')
  }
  const moved = result.uidMap?.get(uid)
  if (moved !== undefined) return { uid: moved }
  // OK without COPYUID. A server with UIDPLUS would have named the copy, so another client moved it first.
  if (client.capabilities.has('UIDPLUS')) throw new MessageVanished(source, uid)
  throw new UncertainError('IMAP MOVE: the server did not say whether the mail was moved')
}

/** UID EXPUNGE removes only this mail; a plain EXPUNGE would remove everything marked \Deleted. */
export async function removeExactly(client: ImapFlow, uid: number): Promise<void> {
  if (!client.capabilities.has('UIDPLUS')) {
    throw new PermanentError('This IMAP server has no UIDPLUS: nothing is deleted there')
  }
  if (!(await flagsOf(client, uid))) return
  const removed = await client.messageDelete(String(uid), { uid: true })
  // A retry is harmless: UIDs are never reused.
  if (!removed || (await flagsOf(client, uid))) throw new TemporaryError('IMAP UID EXPUNGE did not succeed')
}
