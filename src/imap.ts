/** The IMAP adapter: the command connections of an account, and the connection that watches its mailbox. */
import type { ImapAccount, ImapOptions, Watch, WatchOptions } from './imap/types.ts'
import type { AccountSettings } from './settings.ts'

export { MessageVanished, UidValidityChanged } from './imap/errors.ts'
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

export declare function openImapAccount(settings: AccountSettings, options: ImapOptions): ImapAccount
export declare function watchMailbox(settings: AccountSettings, options: WatchOptions): Watch
