/**
 * Live facts from the owner's own systems, by rules that the owner wrote. No model decides what is looked up or who
 * may know it: facts reach a prompt only if they belong to the proven author of the mail, or are public.
 */
import type { Clock } from '../../base/clock.ts'
import { PermanentError, reasonOf, TemporaryError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { Lru } from '../../base/lru.ts'
import type { LookupSettings } from '../../config/settings.ts'
import { type Fact, factsOf, reportsFailure } from './answer.ts'
import { type MailWords, type Wanted, wantedLookups } from './matches.ts'
import { isOwnedBy, namesOwner } from './owner.ts'
import { type Documents, openReader, type Reader } from './read.ts'

/**
 * `unproven`: the mail's author is not proven, so nothing was read. `odd`: a value is not a short value. `no-match`:
 * the mail names nothing to look up.
 */
export type LookupOutcome = 'found' | 'not-found' | 'not-owned' | 'unproven' | 'failed' | 'odd' | 'no-match'

export interface LookupResult {
  lookup: LookupSettings
  /** What was looked up; empty for `no-match`. */
  match: string
  outcome: LookupOutcome
  /** Only for `found`. */
  facts: Fact[]
  /** When it was read from its source. */
  at: Date
  /** For the owner: why it failed, or what is odd. */
  detail: string
  /** Further matches of the same lookup that were not looked up. */
  left: number
}

export interface Lookups extends AsyncDisposable {
  /** @param sender asked only if something may be shown to nobody else; null: the author is not proven */
  find(words: MailWords, sender: () => Promise<string | null>): Promise<LookupResult[]>
}

/** For one mail, of all lookups together. */
const mostReads = 10
const mostCached = 500

/** What one author may learn from a record: far less than the record. */
type Judged = Pick<LookupResult, 'outcome' | 'facts' | 'detail' | 'at'>

export function openLookups(
  settings: readonly LookupSettings[],
  surroundings: { log: Log; clock: Clock },
): Lookups {
  return new OpenLookups(settings, surroundings)
}

class OpenLookups implements Lookups {
  readonly #settings: readonly LookupSettings[]
  readonly #log: Log
  readonly #clock: Clock
  readonly #readers: ReadonlyMap<LookupSettings, Reader>
  readonly #cache = new Lru<Judged>(mostCached)

  constructor(settings: readonly LookupSettings[], { log, clock }: { log: Log; clock: Clock }) {
    this.#settings = settings
    this.#log = log
    this.#clock = clock
    this.#readers = new Map(settings.map((lookup) => [lookup, openReader(lookup)]))
  }

  async find(words: MailWords, sender: () => Promise<string | null>): Promise<LookupResult[]> {
    const wanted = wantedLookups(this.#settings, words)
    const isPrivate = wanted.some(({ lookup, matches }) => lookup.ownedBy !== null && matches.length > 0)
    const author = isPrivate ? await sender() : null
    const tasks = wanted.flatMap(tasksOf)
    const results = tasks.slice(0, mostReads).map((task) => this.#look(task, author))
    const most = tasks.length - results.length
    return (await Promise.all(results)).map((result, at) =>
      at === 0 ? { ...result, left: result.left + most } : result,
    )
  }

  async #look({ lookup, match, late, left }: Task, author: string | null): Promise<LookupResult> {
    const now = this.#clock.now()
    const result = (outcome: LookupOutcome, more: Partial<LookupResult> = {}): LookupResult => ({
      ...{ lookup, match, outcome, facts: [], at: now, detail: '', left },
      ...more,
    })
    if (late) return result('failed', { detail: 'the pattern takes too long on this mail' })
    if (match === '') return result('no-match')
    const isPublic = lookup.ownedBy === null
    // The owner's system is not queried for a sender who is not proven.
    if (!isPublic && author === null) return result('unproven')
    try {
      return result('found', await this.#judged(lookup, match, isPublic ? null : author))
    } catch (error) {
      const detail = wordsOf(error)
      this.#log.warn({ event: 'lookup.failed', lookup: lookup.name, reason: detail })
      return result('failed', { detail })
    }
  }

  async #judged(lookup: LookupSettings, match: string, author: string | null): Promise<Judged> {
    const key = [this.#settings.indexOf(lookup), match, author ?? ''].join('\0')
    const known = this.#cache.get(key)
    const at = this.#clock.now()
    if (known && at.getTime() - known.at.getTime() < lookup.cacheMs) return known
    const documents = (await this.#readers.get(lookup)?.read({ match, sender: author })) ?? []
    const judged = { facts: [], detail: '', at, ...judgedOf(documents, lookup, author) }
    // An order may be placed a moment after somebody asked about it.
    if (judged.outcome !== 'not-found' && lookup.cacheMs > 0) this.#cache.set(key, judged)
    return judged
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#readers.values()].map((reader) => reader[Symbol.asyncDispose]()))
  }
}

/** @throws PermanentError when the answer says that the system failed */
function judgedOf(
  documents: Documents,
  lookup: LookupSettings,
  author: string | null,
): Pick<Judged, 'outcome'> & Partial<Judged> {
  const { ownedBy } = lookup
  if (documents.length === 0) return { outcome: 'not-found' }
  const isNamed = ownedBy === null || namesOwner(documents, ownedBy)
  if (ownedBy !== null && isNamed) {
    const paths = lookup.fields.map(({ path }) => path)
    if (!isOwnedBy(documents, ownedBy, author ?? '', paths)) return { outcome: 'not-owned' }
  }
  // No owner proves that this is a record: the answer may describe a failure.
  if (ownedBy === null && reportsFailure(documents)) throw new PermanentError('the answer reports an error')
  const { facts, odd } = isNamed ? factsOf(documents, lookup) : { facts: [], odd: [] }
  if (odd.length > 0) return { outcome: 'odd', detail: odd.join('; ') }
  if (facts.length > 0) return { outcome: 'found', facts }
  if (reportsFailure(documents)) throw new PermanentError('the answer reports an error')
  return isNamed ? { outcome: 'not-found' } : { outcome: 'not-owned', detail: `nothing at ${ownedBy}` }
}

interface Task {
  lookup: LookupSettings
  match: string
  left: number
  late: boolean
}

function tasksOf({ lookup, matches, left, late }: Wanted): Task[] {
  const named = matches.length === 0 ? [''] : matches
  return named.map((match, at) => ({ lookup, match, late, left: at === 0 ? left : 0 }))
}

/** An unforeseen error may repeat an answer or a secret from the request. */
const wordsOf = (error: unknown) =>
  error instanceof TemporaryError || error instanceof PermanentError
    ? reasonOf(error).slice(0, 200)
    : 'the answer could not be read'
