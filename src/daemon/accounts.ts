import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.ts'
import { ConfigError, SignInNeeded } from '../base/errors.ts'
import { accountLabel, type Log } from '../base/log.ts'
import type { AccountSettings, Config, Server } from '../config/settings.ts'
import type { Account } from '../context.ts'
import { openImapAccount } from '../imap/imap.ts'
import { openAccountKnowledge, PageReader } from '../knowledge/account-knowledge.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import { openLookups } from '../knowledge/lookups/lookups.ts'
import { loadPrompts, type Prompts } from '../model/prompts.ts'
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
  readonly #opening: Opening
  #readers: PageReader[] = []
  /** Steps under way may still use them. */
  readonly #replaced: Account[] = []

  constructor({ accounts, state }: Pick<Config, 'accounts' | 'state'>, surroundings: Surroundings) {
    super()
    this.#opening = { ...surroundings, directory: state.directory, logs: new Map(), folders: new Map() }
    const prompts = promptsOnce()
    for (const account of accounts)
      this.set(account.owner.address, openAccount(account, this.#opening, prompts))
    this.#readPages()
  }

  /**
   * Gives the same accounts other settings. Connections stay; a step under way ends with the settings it began with.
   * @throws ConfigError when a prompt is faulty or a knowledge folder is missing: then nothing has changed
   */
  renew(all: readonly AccountSettings[]): void {
    const prompts = promptsOnce()
    const renewed = all.map((settings) => {
      const old = this.get(settings.owner.address)
      return old
        ? renewedAccount(old, settings, this.#opening, prompts)
        : openAccount(settings, this.#opening, prompts)
    })
    for (const account of renewed) {
      const { address } = account.settings.owner
      const old = this.get(address)
      if (old) this.#replaced.push(old)
      this.set(address, account)
    }
    this.#readPages()
  }

  /** @param level pino level name */
  logFrom(level: string): void {
    for (const log of [this.#opening.log, ...this.#opening.logs.values()]) log.level = level
  }

  #readPages(): void {
    for (const reader of this.#readers) reader[Symbol.dispose]()
    const sites = [...this.values()].filter(({ settings }) => settings.site !== null)
    this.#readers = sites.map(({ settings }) => new PageReader(settings, this.#opening))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) reader[Symbol.dispose]()
    const all = [...this.values(), ...this.#replaced]
    const opened = <Key extends keyof Account>(key: Key) => [...new Set(all.map((account) => account[key]))]
    await Promise.allSettled([
      ...[...opened('lookups'), ...opened('imap'), ...opened('smtp')].map((each) =>
        each?.[Symbol.asyncDispose](),
      ),
      ...opened('knowledge').map((each) => each?.close()),
    ])
  }
}

interface Opening extends Surroundings {
  directory: string
  /** By address: a child does not follow the level of its parent. */
  logs: Map<string, Log>
  /** Open knowledge folders by path: accounts with the same folder share its index. */
  folders: Map<string, Knowledge>
}

type ReadPrompts = (directory: string) => Prompts

/** Reads each folder of prompts once: accounts with the same folder share them. */
function promptsOnce(): ReadPrompts {
  const known = new Map<string, Prompts>()
  return (directory) => {
    const prompts = known.get(directory) ?? loadPrompts(directory)
    known.set(directory, prompts)
    return prompts
  }
}

function logOf({ owner: { address } }: AccountSettings, { log, logs }: Opening): Log {
  const own = logs.get(address) ?? log.child({ account: accountLabel(address) })
  logs.set(address, own)
  return own
}

function openAccount(settings: AccountSettings, surroundings: Opening, prompts: ReadPrompts): Account {
  const log = logOf(settings, surroundings)
  const tokens = tokensOf(settings.owner.address, surroundings)
  const accessToken = tokens(settings.imap)
  return {
    settings,
    imap: openImapAccount(settings, { ...surroundings, log, accessToken }),
    smtp: openSubmission(settings.smtp, { log, accessToken: tokens(settings.smtp) }),
    knowledge: knowledgeOf(settings, surroundings, log),
    lookups: lookupsOf(settings, surroundings, log),
    prompts: prompts(settings.prompts),
    accessToken,
  }
}

/** Reuse what has not changed: indexes and connections are expensive. Files of prompts may have changed in place. */
function renewedAccount(
  old: Account,
  settings: AccountSettings,
  surroundings: Opening,
  prompts: ReadPrompts,
): Account {
  const log = logOf(settings, surroundings)
  const same = (...keys: (keyof AccountSettings)[]) =>
    keys.every((key) => isDeepStrictEqual(old.settings[key], settings[key]))
  return {
    ...old,
    settings,
    knowledge: same('knowledge', 'site') ? old.knowledge : knowledgeOf(settings, surroundings, log),
    lookups: same('lookups') ? (old.lookups ?? null) : lookupsOf(settings, surroundings, log),
    prompts: prompts(settings.prompts),
  }
}

/** A folder alone is shared, so its log names no account. Web pages belong to one account. */
function knowledgeOf(settings: AccountSettings, surroundings: Opening, log: Log): Knowledge | null {
  const { knowledge: folder, site } = settings
  if (folder === null || site !== null) return openAccountKnowledge(settings, { ...surroundings, log })
  const { folders } = surroundings
  const knowledge = folders.get(folder) ?? openAccountKnowledge(settings, surroundings)
  if (knowledge !== null) folders.set(folder, knowledge)
  return knowledge
}

function lookupsOf({ lookups }: AccountSettings, { clock }: Surroundings, log: Log) {
  return lookups.length === 0 ? null : openLookups(lookups, { log, clock })
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
