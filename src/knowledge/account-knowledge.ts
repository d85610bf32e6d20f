/** The knowledge of one account: its folder, and its web pages, which are read again from time to time. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { AccountSettings } from '../config/settings.ts'
import { type Knowledge, openKnowledge } from './knowledge.ts'
import { ReadingTurn } from './reading-turn.ts'
import { indexFile, readSite, type SiteReport, touch } from './site.ts'

interface Surroundings {
  /** The state directory. */
  directory: string
  log: Log
  clock: Clock
}

type Settings = Pick<AccountSettings, 'owner' | 'knowledge' | 'site'>

/** How often to check whether the pages are due. Milliseconds. */
const lookMs = 60_000
/** A site that does not answer is tried again after this: a machine may start before its network. Milliseconds. */
const retryMs = 600_000

/** Where an account's pages are kept. */
export function pagesFolder(directory: string, { owner }: Pick<Settings, 'owner'>): string {
  const name = createHash('sha256').update(owner.address).digest('hex').slice(0, 16)
  return join(directory, 'pages', name)
}

/**
 * Reads the pages now, unless another process is reading them.
 * @param isWanted asked again when it is this process's turn: another one may just have read them
 * @returns `none`: none are configured or wanted; `busy`: another process is reading them
 */
export async function refreshPages(
  settings: Settings,
  { directory, ...surroundings }: Surroundings,
  signal: AbortSignal,
  isWanted: () => boolean = () => true,
): Promise<SiteReport | 'none' | 'busy'> {
  const { site } = settings
  if (site === null) return 'none'
  const folder = pagesFolder(directory, settings)
  using turn = ReadingTurn.take(folder, surroundings.clock)
  if (turn === null) return 'busy'
  if (!isWanted()) return 'none'
  const report = await readSite(site, folder, { ...surroundings, signal })
  if (!report.reached && !signal.aborted) touch(indexFile(folder), retryAt(site.everyMs, surroundings.clock))
  return report
}

/** The time of a last visit after which the next one is due as soon as a site that did not answer should be tried. */
const retryAt = (everyMs: number, clock: Clock) =>
  new Date(clock.now().getTime() - Math.max(0, everyMs - retryMs))

/**
 * Null if there is neither folder nor pages.
 * @throws ConfigError when the folder is missing
 */
export function openAccountKnowledge(settings: Settings, surroundings: Surroundings): Knowledge | null {
  const { knowledge: folder, site } = settings
  const { directory, log, clock } = surroundings
  if (folder === null && site === null) return null
  const pages = pagesFolder(directory, settings)
  const given = site && { folder: pages, staleMs: site.staleMs, clock }
  return openKnowledge(folder, log, join(directory, 'documents'), given)
}

/** Reads the pages whenever they are due, until it is disposed of. */
export class PageReader implements Disposable {
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #reading = false

  constructor(settings: Settings, surroundings: Surroundings) {
    const look = () => void this.#look(settings, surroundings)
    this.#timer = setInterval(look, lookMs).unref()
    look()
  }

  async #look(settings: Settings, surroundings: Surroundings): Promise<void> {
    if (this.#reading || !isDue(settings, surroundings)) return
    this.#reading = true
    try {
      await refreshPages(settings, surroundings, this.#stop.signal, () => isDue(settings, surroundings))
    } catch (error) {
      surroundings.log.warn({ event: 'knowledge.site', reason: reasonOf(error) })
    } finally {
      this.#reading = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }
}

function isDue(settings: Settings, { directory, clock }: Surroundings): boolean {
  if (settings.site === null) return false
  const index = indexFile(pagesFolder(directory, settings))
  const last = statSync(index, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY
  return clock.now().getTime() - last >= settings.site.everyMs
}
