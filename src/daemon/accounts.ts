import type { Clock } from '../base/clock.ts'
import { ConfigError, SignInNeeded } from '../base/errors.ts'
import { accountLabel, type Log } from '../base/log.ts'
import type { AccountSettings, Config, Server } from '../config/settings.ts'
import type { Account } from '../context.ts'
import { openImapAccount } from '../imap/imap.ts'
import { openAccountKnowledge, PageReader } from '../knowledge/account-knowledge.ts'
import { openLookups } from '../knowledge/lookups/lookups.ts'
import { loadPrompts } from '../model/prompts.ts'
import type { SignIns } from '../oauth/oauth.ts'
import { openSubmission } from '../smtp/submission.ts'

interface Surroundings {
  log: Log
  clock: Clock
  random: () => number
  signIns: SignIns
  /** The sign-in of that account was lost (reported once), or is valid again: null. */
  onSignIn: (address: string, lost: SignInNeeded | null) => void
}

/**
 * The accounts by address. Nothing connects before it is used.
 * @throws ConfigError when a prompt is faulty or a knowledge folder is missing
 */
export class Accounts extends Map<string, Account> implements AsyncDisposable {
  readonly #readers: PageReader[]

  constructor({ accounts, state }: Pick<Config, 'accounts' | 'state'>, surroundings: Surroundings) {
    super()
    const { directory } = state
    const opening = { ...surroundings, directory }
    for (const account of accounts) this.set(account.owner.address, openAccount(account, opening))
    const { log, clock } = surroundings
    this.#readers = accounts
      .filter(({ site }) => site !== null)
      .map((account) => new PageReader(account, { directory, log, clock }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) reader[Symbol.dispose]()
    await Promise.allSettled(
      [...this.values()].flatMap(({ imap, smtp, knowledge, lookups }) => [
        lookups?.[Symbol.asyncDispose](),
        imap[Symbol.asyncDispose](),
        smtp[Symbol.asyncDispose](),
        knowledge?.close(),
      ]),
    )
  }
}

function openAccount(settings: AccountSettings, surroundings: Surroundings & { directory: string }): Account {
  const log = surroundings.log.child({ account: accountLabel(settings.owner.address) })
  const tokens = tokensOf(settings.owner.address, surroundings)
  const accessToken = tokens(settings.imap)
  return {
    settings,
    imap: openImapAccount(settings, { ...surroundings, log, accessToken }),
    smtp: openSubmission(settings.smtp, { log, accessToken: tokens(settings.smtp) }),
    knowledge: openAccountKnowledge(settings, { ...surroundings, log }),
    lookups:
      settings.lookups.length === 0
        ? null
        : openLookups(settings.lookups, { log, clock: surroundings.clock }),
    prompts: loadPrompts(settings.prompts),
    accessToken,
  }
}

/** Token sources of one account's servers; they report once when the sign-in is lost and once when it is back. */
function tokensOf(address: string, { signIns, onSignIn }: Surroundings) {
  let lost: string | null = null
  return ({ oauth2 }: Server) => {
    if (oauth2 === null) return undefined
    return async (refused?: string): Promise<string> => {
      try {
        const token = await signIns.accessToken(address, oauth2, refused)
        if (lost !== null) onSignIn(address, null)
        lost = null
        return token
      } catch (failure) {
        // The sign-ins were encrypted with another key: only the owner can fix that, and no other account is
        // affected.
        const error = failure instanceof ConfigError ? new SignInNeeded(failure.message) : failure
        if (error instanceof SignInNeeded && error.message !== lost) onSignIn(address, error)
        if (error instanceof SignInNeeded) lost = error.message
        throw error
      }
    }
  }
}
