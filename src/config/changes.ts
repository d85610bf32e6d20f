/** What a new configuration changes, and which changes a running daemon can apply. */
import { isDeepStrictEqual } from 'node:util'
import { documentOf } from './document-of.ts'
import { canonicalAddress } from './fields.ts'
import type { AccountSettings, Config } from './settings.ts'
import { type ConfigSource, entries, isGroup, type Path, valueAt } from './source.ts'

/** One key that differs. */
export interface Change {
  /** `replyd.yaml:7`, the name of a variable, or '' if neither is known. */
  where: string
  /** `replies.mode`; `accounts` for a mailbox that was added or removed. */
  key: string
  /** Addresses of the accounts that it concerns; empty for all. */
  accounts: string[]
  /** The old and the new value, if short and not secret; `present` or `absent` for a mailbox. */
  from?: string
  to?: string
}

export interface Changes {
  changed: Change[]
  /** These need a restart. */
  refused: Change[]
}

/** The owner's document, and the positions of its keys. */
type Located = Pick<ConfigSource, 'document' | 'locate'>

/**
 * The new settings as far as a running daemon can apply them. The others stay unchanged: they belong to open
 * connections, files and sockets.
 */
export function applicable(now: Config, next: Config): Config {
  const { model, web, state, log } = now
  return {
    ...next,
    accounts: now.accounts.map((account) => applicableTo(account, next.accounts)),
    model,
    web,
    state: { ...state, keepMs: next.state.keepMs },
    log: { ...log, level: next.log.level },
  }
}

function applicableTo(account: AccountSettings, all: readonly AccountSettings[]): AccountSettings {
  const next = all.find(({ owner }) => owner.address === account.owner.address)
  if (next === undefined) return account
  const { imap, smtp, mailbox, mailboxes, since } = account
  return { ...next, imap, smtp, mailbox, mailboxes, since }
}

/** The differences between two configurations, in the order of the file. */
export function changesOf(from: Config, to: Config, source: Located | null): Change[] {
  const [before, after] = [from, to].map((config) => {
    const { accounts, ...rest } = documentOf(config)
    return { ...rest, accounts: Object.fromEntries(accounts.map((each) => [each.address, each])) }
  })
  const found = differences(before, after).map((each) => changeOf(each, source))
  return joined(found.sort((a, b) => lineOf(a) - lineOf(b))).map((each) =>
    each.key !== 'accounts' && each.accounts.length === to.accounts.length ? { ...each, accounts: [] } : each,
  )
}

interface Difference {
  path: string[]
  from: unknown
  to: unknown
}

function differences(from: unknown, to: unknown, path: string[] = []): Difference[] {
  if (isDeepStrictEqual(from, to)) return []
  if (!isGroup(from) || !isGroup(to)) return [{ path, from, to }]
  const names = new Set([...Object.keys(from), ...Object.keys(to)])
  return [...names].flatMap((name) => differences(from[name], to[name], [...path, name]))
}

function changeOf({ path, from, to }: Difference, source: Located | null): Change {
  const [first = '', address = '', ...rest] = path
  const isAccount = first === 'accounts'
  const key = isAccount ? rest : path
  const isWhole = isAccount && key.length === 0
  const shown = (value: unknown) => {
    if (isWhole) return value === undefined ? 'absent' : 'present'
    return isGroup(from) || isGroup(to) ? undefined : shownValue(key, value)
  }
  const [before, after] = [shown(from), shown(to)]
  return {
    where: source === null ? '' : whereOf(path, source),
    key: isWhole ? 'accounts' : key.join('.'),
    accounts: isAccount ? [address] : [],
    ...(before === undefined || after === undefined ? {} : { from: before, to: after }),
  }
}

/** Groups whose values may be secrets. */
const hidden = new Set(['imap', 'smtp', 'lookups', 'webhooks', 'model', 'state', 'web'])
const longest = 40

/** Undefined for a value that is long, has several parts, or may be a secret. */
function shownValue([group = '', ...key]: readonly string[], value: unknown): string | undefined {
  if (hidden.has(group) && key.at(-1) !== 'keep') return undefined
  if (value === undefined) return 'not set'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (typeof value === 'object' || text.length > longest || text.includes('\n')) return undefined
  return text === '' ? 'empty' : text
}

function whereOf(path: readonly string[], { document, locate }: Located): string {
  const [first, address, ...key] = path
  if (first !== 'accounts') return locate(path).where
  const own = entries(document, ['accounts']).find(
    (place) => canonicalAddress(String(valueAt(document, [...place, 'address']))) === address,
  )
  // It is no longer in the file.
  if (own === undefined) return locate(['accounts']).where
  // `tls` of an account applies to both servers; keys that an account omits are at the top level.
  const places: Path[] = [[...own, ...key], ...(key[1] === 'tls' ? [[...own, 'tls']] : []), key]
  const written = places.find((place) => place.length > 0 && valueAt(document, place) !== undefined)
  const group = places.find((place) => place.length > 0 && valueAt(document, topOf(place)) !== undefined)
  return locate(written ?? group ?? key).where
}

/** `accounts[0].replies`, or `replies`. */
const topOf = (path: Path): Path => path.slice(0, path[0] === 'accounts' ? 3 : 1)

/** The same line may concern several accounts. */
function joined(all: readonly Change[]): Change[] {
  const byPlace = new Map<string, Change>()
  for (const each of all) {
    const place = JSON.stringify([each.where, each.key, each.from, each.to])
    const known = byPlace.get(place)
    if (known === undefined) byPlace.set(place, { ...each })
    else known.accounts = [...known.accounts, ...each.accounts]
  }
  return [...byPlace.values()]
}

/** Changes without a line come last. */
const lineOf = ({ where }: Change): number => Number(/:(\d+)$/.exec(where)?.[1] ?? Number.MAX_SAFE_INTEGER)
