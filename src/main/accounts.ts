import type { Clock } from '../clock.ts'
import { openImapAccount } from '../imap.ts'
import { openKnowledge } from '../knowledge.ts'
import type { Log } from '../log.ts'
import type { AccountSettings } from '../settings.ts'
import { openSubmission } from '../smtp.ts'
import type { Account } from '../steps/context.ts'

interface Surroundings {
  log: Log
  clock: Clock
  random: () => number
}

/** The accounts by address. Nothing connects before it is used. @throws ConfigError when a knowledge folder is missing */
export class Accounts extends Map<string, Account> implements AsyncDisposable {
  constructor(settings: readonly AccountSettings[], surroundings: Surroundings) {
    super()
    for (const account of settings) this.set(account.owner.address, openAccount(account, surroundings))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(
      [...this.values()].flatMap(({ imap, smtp, knowledge }) => [
        imap[Symbol.asyncDispose](),
        smtp[Symbol.asyncDispose](),
        knowledge?.close(),
      ]),
    )
  }
}

function openAccount(settings: AccountSettings, surroundings: Surroundings): Account {
  const log = surroundings.log.child({ account: settings.owner.address })
  return {
    settings,
    imap: openImapAccount(settings, { ...surroundings, log }),
    smtp: openSubmission(settings.smtp, { log }),
    knowledge: settings.knowledge === null ? null : openKnowledge(settings.knowledge, log),
  }
}
