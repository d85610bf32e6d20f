/** The web pages that the configuration of a set names, read once for one run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { ConfigError } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import { openKnowledge } from '../../knowledge/knowledge.ts'
import { readSite } from '../../knowledge/site.ts'
import type { EvalSet } from './read.ts'

export class PagesOfSet implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'replyd-pages-'))

  /**
   * The set with its pages among its knowledge, if it names any.
   * @throws ConfigError when a page could not be read: a figure would be about something else
   */
  async added(set: EvalSet): Promise<EvalSet> {
    const { site, knowledge: folder } = set.account
    if (site === null) return set
    const clock = systemClock
    const { signal } = new AbortController()
    const { pages, failed } = await readSite(site, this.#folder, { clock, log: silentLog, signal })
    if (failed > 0 || pages === 0)
      throw new ConfigError(`knowledge.urls: ${pages} pages were read, ${failed} could not be read`)
    set.knowledge?.close()
    const given = { folder: this.#folder, staleMs: site.staleMs, clock }
    return { ...set, knowledge: openKnowledge(folder, silentLog, null, given) }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
