/** The IMAP adapter: the command connections of an account, and the connection that watches its mailbox. */

import type { AccountSettings } from '../config/settings.ts'
import { PooledAccount } from './account.ts'
import type { ImapAccount, ImapOptions, Watch, WatchOptions } from './types.ts'
import { MailboxWatch } from './watch.ts'

export { CannotMove, MessageVanished, UidValidityChanged } from './errors.ts'
export type {
  ConnectionHealth,
  Fetched,
  FetchLimits,
  ImapAccount,
  ImapOptions,
  MailboxState,
  SpecialMailboxes,
  Stored,
  Watch,
  WatchOptions,
} from './types.ts'

/** Opens nothing yet: the first command connects. */
export function openImapAccount(settings: AccountSettings, options: ImapOptions): ImapAccount {
  return new PooledAccount(settings, options)
}

/** Watches `settings.mailbox` until the signal fires or only the owner can help. */
export function watchMailbox(settings: AccountSettings, options: WatchOptions): Watch {
  return new MailboxWatch(settings, options)
}
