/**
 * Settings made on the Setup page. They fill the gaps of replyd.yaml and never override it. Pure: the store keeps them,
 * and the page shows them.
 */
import { defaults } from './defaults.ts'
import { canonicalAddress } from './fields.ts'
import { type ConfigSource, isWithin, type Path, valueAt, withValue } from './source.ts'

/**
 * Names a key independently of its place in the file: an account by its address, a category by its name, as in
 * `['accounts', 'ann@example.com', 'replies', 'mode']` and `['categories', 'orders', 'mode']`.
 */
export type SettingPath = readonly string[]

export interface Setting {
  readonly path: SettingPath
  readonly value: unknown
}

const replyKeys = [
  'mode',
  'signature',
  'check',
  'approve',
  'undo',
  'interval',
  'minConfidence',
  'businessHours',
  'ownerLanguage',
  'html',
  'quote',
  'flagDoubts',
] as const
const spamKeys = ['action', 'threshold', 'allow', 'deny'] as const
const budgetKeys = ['perDay', 'perSender', 'perDomain', 'reserve', 'timeZone'] as const

/** Keys that an account has in common with the top level: the account's own value goes first. */
const common: readonly SettingPath[] = [
  ...replyKeys.map((name) => ['replies', name]),
  ...spamKeys.map((name) => ['spam', name]),
  ['categories'],
  ['instructions'],
]
const topOnly: readonly SettingPath[] = budgetKeys.map((name) => ['budget', name])
const accountOnly: readonly SettingPath[] = [['budget', 'perDay'], ['name']]

export const keyOfPath = (path: SettingPath): string => JSON.stringify(path)

const isIn = (list: readonly SettingPath[], path: SettingPath) =>
  list.some((each) => keyOfPath(each) === keyOfPath(path))

/** The account that a path is about; null for all accounts. */
export const accountIn = (path: SettingPath): string | null =>
  path[0] === 'accounts' ? (path[1] ?? null) : null

/** A path without its account. */
export const within = (path: SettingPath): SettingPath => (accountIn(path) === null ? path : path.slice(2))

const isCategoryMode = (path: SettingPath) =>
  path.length === 3 && path[0] === 'categories' && path[2] === 'mode'

/** Whether the page may set this key. Servers, secrets, the model and the state are not among them. */
export function isEditable(path: SettingPath): boolean {
  const rest = within(path)
  if (isCategoryMode(rest)) return true
  return isIn(common, rest) || isIn(accountIn(path) === null ? topOnly : accountOnly, rest)
}

/** The place of a key in a document; null if its account or category is not there. */
export function placeOf(document: unknown, path: SettingPath): Path | null {
  const place: (string | number)[] = []
  for (const step of path) {
    const here = valueAt(document, place)
    if (!Array.isArray(here)) {
      // A category of a list that is not there.
      if (place.at(-1) === 'categories') return null
      place.push(step)
      continue
    }
    const name = place.at(-1) === 'accounts' ? 'address' : 'name'
    const wanted = canonicalName(step, name)
    const at = here.findIndex((entry) => canonicalName(valueAt(entry, [name]), name) === wanted)
    if (at < 0) return null
    place.push(at)
  }
  return place
}

function canonicalName(value: unknown, name: 'address' | 'name'): string | null {
  if (typeof value !== 'string') return null
  return name === 'address' ? canonicalAddress(value) : value.trim().toLowerCase()
}

/** The value in a document; undefined if there is none. */
function valueIn(document: unknown, path: SettingPath): unknown {
  const place = placeOf(document, path)
  return place === null ? undefined : valueAt(document, place)
}

/** The same key for all accounts; null for a key that has no such counterpart. */
export function widerPath(path: SettingPath): SettingPath | null {
  const rest = within(path)
  return accountIn(path) !== null && isIn(common, rest) ? rest : null
}

/**
 * Where the file sets a value, so that the page can't: for the key itself, for all accounts or, with a single account,
 * in that account.
 */
export function lockOf(base: ConfigSource, path: SettingPath): string | null {
  const addresses = addressesOf(base.document)
  const only = addresses.length === 1 ? addresses[0] : undefined
  const inAccount = only !== undefined && isIn(common, path) ? ['accounts', only, ...path] : null
  const candidates = [inAccount, path, widerPath(path)].flatMap((each) => (each === null ? [] : [each]))
  const decisive = candidates.find((each) => valueIn(base.document, each) !== undefined)
  const place = decisive === undefined ? null : placeOf(base.document, decisive)
  return place === null ? null : base.locate(place).where
}

const addressesOf = (document: unknown): string[] => {
  const accounts = valueAt(document, ['accounts'])
  return Array.isArray(accounts)
    ? accounts.flatMap((each) => canonicalName(valueAt(each, ['address']), 'address') ?? [])
    : []
}

export interface Merged {
  readonly source: ConfigSource
  /** Settings with their places in the merged document. */
  readonly placed: readonly { setting: Setting; place: Path }[]
}

/** Fills the gaps of the file from the page. Whole lists go first, so that a key of an entry finds its list. */
export function withOverlay(base: ConfigSource, settings: readonly Setting[]): Merged {
  let { document } = base
  const placed: { setting: Setting; place: Path }[] = []
  for (const setting of [...settings].sort((a, b) => within(a.path).length - within(b.path).length)) {
    if (!isEditable(setting.path) || lockOf(base, setting.path) !== null) continue
    const place = placeOf(document, setting.path)
    if (place === null || valueAt(document, place) !== undefined) continue
    document = withValue(document, place, setting.value)
    placed.push({ setting, place })
  }
  const locate: ConfigSource['locate'] = (path) =>
    placed.some(({ place }) => isWithin(path, place))
      ? { where: 'Setup page', line: 0, what: '' }
      : base.locate(path)
  return { source: { ...base, document, locate }, placed }
}

/** Where the value of a key comes from. */
export type Origin =
  | { readonly kind: 'file'; readonly where: string }
  | { readonly kind: 'page' }
  /** As for all accounts, and where that value comes from. */
  | { readonly kind: 'inherited'; readonly of: Origin }
  | { readonly kind: 'default' }

/** The value of a key as it applies, and where it comes from. */
export interface Shown {
  readonly value: unknown
  readonly origin: Origin
}

export function shownSetting(base: ConfigSource, settings: readonly Setting[], path: SettingPath): Shown {
  const where = lockOf(base, path)
  const merged = withOverlay(base, settings).source.document
  const own = valueIn(merged, path)
  if (where !== null) {
    const only = addressesOf(base.document)[0] ?? ''
    const [inAccount, wider] = [['accounts', only, ...path], widerPath(path)]
    const outer = wider === null ? valueIn(merged, inAccount) : undefined
    const value = outer ?? own ?? (wider === null ? undefined : valueIn(merged, wider))
    return { value, origin: { kind: 'file', where } }
  }
  if (own !== undefined) return { value: own, origin: { kind: 'page' } }
  const wider = widerPath(path)
  if (wider !== null) {
    const { value, origin } = shownSetting(base, settings, wider)
    return { value, origin: origin.kind === 'default' ? origin : { kind: 'inherited', of: origin } }
  }
  return { value: valueAt(defaults, path), origin: { kind: 'default' } }
}
