import type { ImapFlow } from 'imapflow'
import { systemClock } from '../base/clock.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import { closeClient, connectClient, defaultTiming } from '../imap/client.ts'
import { SignIns } from '../oauth/oauth.ts'

interface Patience {
  /** For connection, greeting and each answer, milliseconds; the usual limits when absent. */
  quietMs?: number
  /** For connecting and logging in, milliseconds. */
  withinMs: number
}

/**
 * One connection to an account's IMAP server outside the daemon, logged in as the daemon would, and closed afterwards.
 * @throws as connectClient, and what `use` throws
 */
export async function withOwnerMailbox<Result>(
  { imap, owner }: AccountSettings,
  { state }: Pick<Config, 'state'>,
  { quietMs, withinMs }: Patience,
  use: (client: ImapFlow) => Promise<Result>,
): Promise<Result> {
  const accessToken = new SignIns(state, systemClock).tokenSource(owner.address, imap)
  const limits = quietMs === undefined ? {} : { connectMs: quietMs, greetingMs: quietMs, quietMs }
  const timing = { ...defaultTiming, ...limits }
  const client = await connectClient(imap, { accessToken, timing, signal: AbortSignal.timeout(withinMs) })
  try {
    return await use(client)
  } finally {
    await closeClient(client)
  }
}
