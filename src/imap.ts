/** The IMAP adapter: the command connections of an account, and the connection that watches its mailbox. */
import { PooledAccount } from './imap/account.ts'
import type { ImapAccount, ImapOptions, Watch, WatchOptions } from './imap/types.ts'
import { MailboxWatch } from './imap/watch.ts'
import type { AccountSettings } from './settings.ts'

export { CannotMove, MessageVanished, UidValidityChanged } from './imap/errors.ts'
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
} from './imap/types.ts'

/** Opens nothing yet: the first command connects. */
export function openImapAccount(settings: AccountSettings, options: ImapOptions): ImapAccount {
  return new PooledAccount(settings, options)
}

/** Watches `settings.mailbox` until the signal fires or only the owner can help. */
export function watchMailbox(settings: AccountSettings, options: WatchOptions): Watch {
  return new MailboxWatch(settings, options)
}
