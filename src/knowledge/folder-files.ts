/** The files of a folder of knowledge, and of the pages of a site. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { ConfigError, reasonOf } from '../base/errors.ts'
import { documentPattern, limits } from './documents/limits.ts'

/** Pages of a web site as files: see site.ts. */
export interface SitePages {
  folder: string
  /** Pages that were last read before that are not used; milliseconds. */
  staleMs: number
  clock: Clock
}

/** What is said about a file that is left out, once. */
export type Complain = (event: string, file: string, error: unknown) => void

export interface FoundFile {
  /** Folder that it is in. */
  root: string
  /** mtime, size and inode. */
  stamp: string
}

const readable = /\.(md|markdown|txt|text)$/i
/** Whether it is read without a conversion, by its name. */
export const isText = (name: string) => readable.test(name)
export const isKnown = (name: string) => isText(name) || documentPattern.test(name)
/** Limits for one text's octets and the number of files; the excess is logged and skipped. */
export const largestText = 2_000_000
const mostFiles = 2000

/**
 * The readable files by their relative names with `/`, subfolders included, hidden ones not.
 * @throws ConfigError when the folder cannot be read
 */
export function filesOf(
  folder: string | null,
  site: SitePages | null,
  complain: Complain,
): Map<string, FoundFile> {
  const present = new Map<string, FoundFile>()
  if (folder !== null) {
    try {
      listIn(folder, present, Number.NEGATIVE_INFINITY, complain)
    } catch (error) {
      throw new ConfigError(`knowledge folder ${folder} cannot be read (${reasonOf(error)})`, {
        cause: error,
      })
    }
  }
  // Nothing was read yet.
  if (site !== null && existsSync(site.folder))
    listIn(site.folder, present, site.clock.now().getTime() - site.staleMs, complain)
  return present
}

/** @param since older files are left out; milliseconds since the epoch */
function listIn(folder: string, present: Map<string, FoundFile>, since: number, complain: Complain): void {
  for (const name of filesBelow(folder, '').sort()) {
    const stats = statSync(`${folder}/${name}`, { throwIfNoEntry: false })
    if (!stats?.isFile()) continue
    if (stats.size > (isText(name) ? largestText : limits.file) || present.size >= mostFiles)
      complain('knowledge.too-much', name, null)
    else if (stats.mtimeMs < since) complain('knowledge.stale', name, null)
    else present.set(name, { root: folder, stamp: `${stats.mtimeMs} ${stats.size} ${stats.ino}` })
  }
}

/** What may be read, by names with `/`. Node 22's recursive readdir follows linked folders in circles, so this walk follows none. */
function filesBelow(folder: string, path: string): string[] {
  return readdirSync(`${folder}/${path}`, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.')) return []
    const name = `${path}${entry.name}`
    if (entry.isDirectory()) return filesBelow(folder, `${name}/`)
    return isKnown(name) ? [name] : []
  })
}
