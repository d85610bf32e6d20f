/** The files of a folder of knowledge, and of the pages of a site. */
import { type Dirent, existsSync, readdirSync, type Stats, statSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { ConfigError, reasonOf } from '../base/errors.ts'
import { localTime } from '../model/prompts/calendar.ts'
import { documentPattern, limits } from './documents/limits.ts'

/** Pages of a web site as files: see site.ts. */
export interface SitePages {
  folder: string
  /** Pages that have not been read for this long are not used. Milliseconds. */
  staleMs: number
  clock: Clock
}

export interface KnowledgeFile {
  /** Relative to the folder, with `/`. */
  file: string
  passages: number
  /** Why it is left out; null if it is not. */
  fault: string | null
  /** Only for a web page. */
  page?: SourcePage
}

export interface FoundFile {
  /** Folder that it is in. */
  root: string
  /** mtime, size, inode and fault. */
  stamp: string
  /** Of its mtime. */
  at: Date
  /** Why it is left out, by its size or time alone; null if it is read. */
  fault: string | null
}

const readable = /\.(md|markdown|txt|text)$/i
/** Whether it is read without a conversion, by its name. */
export const isText = (name: string) => readable.test(name)
export const isKnown = (name: string) => isText(name) || documentPattern.test(name)
/** Documents of other programs: an owner who puts one here expects it to be read. */
const isForeign = (name: string) =>
  /\.(?:doc|docm|dotx?|rtf|odt|ods|odp|xlsx?|xlsm|xlsb|pptx?|pages|numbers|key|epub)$/i.test(name)
/** Whether a file of that name is listed, even if it is left out. */
export const isListed = (name: string) => isKnown(name) || isForeign(name)
/** Limits for the octets of one text, the number of files, and the octets of all texts; the excess is left out. */
export const largestText = 2_000_000
/** Octets of a file of that name that are read. */
export const largestOf = (name: string) => (isText(name) ? largestText : limits.file)
const mostFiles = 2000
export const mostText = 50_000_000

export const faults = {
  large: 'it is too large',
  many: `there are more than ${mostFiles} files`,
  crowded: `all texts together have more than ${mostText / 1_000_000} MB`,
  stale: 'the page has not been read for too long',
  foreign: 'replyd does not read this kind of file: save it as PDF, DOCX, CSV or text',
  closed: 'the folder may not be read by the user that runs replyd',
  outside: 'it is a link that leads out of the folder',
} as const

/**
 * The readable files by their relative names with `/`, subfolders included, hidden ones not.
 * @throws ConfigError when the folder cannot be read
 */
export function filesOf(folder: string | null, site: SitePages | null): Map<string, FoundFile> {
  const present = new Map<string, FoundFile>()
  if (folder !== null) {
    try {
      listIn(folder, present, Number.NEGATIVE_INFINITY)
    } catch (error) {
      throw new ConfigError(`knowledge folder ${folder} cannot be read (${reasonOf(error)})`, {
        cause: error,
      })
    }
  }
  // Nothing was read yet.
  if (site !== null && existsSync(site.folder))
    listIn(site.folder, present, site.clock.now().getTime() - site.staleMs)
  return present
}

/** @param since older files are left out; milliseconds since the epoch */
function listIn(root: string, present: Map<string, FoundFile>, since: number): void {
  let count = [...present.values()].filter(({ fault }) => fault === null).length
  for (const name of filesBelow(root, '').sort()) {
    const stats = statOf(`${root}/${name}`)
    if (!stats?.isFile() && !stats?.isDirectory()) continue
    const checks: [string, boolean][] = [
      [faults.closed, stats.isDirectory()],
      [faults.foreign, !isKnown(name)],
      [faults.large, stats.size > largestOf(name)],
      [faults.stale, stats.mtimeMs < since],
      [faults.many, count >= mostFiles],
    ]
    const fault = checks.find(([, applies]) => applies)?.[0] ?? null
    if (fault === null) count++
    const stamp = `${stats.mtimeMs} ${stats.size} ${stats.ino} ${fault ?? ''}`
    present.set(name, { root, stamp, at: stats.mtime, fault })
  }
}

/** Null if it is gone, or a link that leads nowhere: a folder is read without it. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

/** Null for a folder within the folder that may not be read, such as lost+found. */
function entriesOf(folder: string, path: string): Dirent[] | null {
  try {
    return readdirSync(`${folder}/${path}`, { withFileTypes: true })
  } catch (error) {
    if (path === '') throw error
    return null
  }
}

/**
 * Files that are read, or that one expects to be read, named with `/`. Node 22's recursive readdir follows links in
 * circles, so this walk follows none.
 */
function filesBelow(folder: string, path: string): string[] {
  const entries = entriesOf(folder, path)
  // It is listed itself.
  if (entries === null) return [path.slice(0, -1)]
  return entries.flatMap((entry) => {
    // Word marks a file that is open with a second one.
    if (/^(?:\.|~\$)/.test(entry.name)) return []
    const name = `${path}${entry.name}`
    if (entry.isDirectory()) return filesBelow(folder, `${name}/`)
    return isListed(name) ? [name] : []
  })
}

/** The web page that a passage comes from; stored with a reply. Its address is in the front matter of its file. */
export interface SourcePage {
  url: string
  /** When it was last read, or found to be unchanged; ISO 8601. */
  readAt: string
}

const written = /^---\nurl: (\S{1,600})\n---\n/

/** Undefined for a file that is not a page. @param at when it was read */
export function pageOf(text: string, at: Date): SourcePage | undefined {
  const url = written.exec(text)?.[1]
  return url === undefined ? undefined : { url, readAt: at.toISOString() }
}

export const withAddress = (url: string, markdown: string): string => `---\nurl: ${url}\n---\n${markdown}`

/** For people: address and date. Empty for a passage that is not from a page. */
export function pageWords(page: SourcePage | undefined, timeZone: string): string {
  return page === undefined ? '' : `${page.url}, read ${localTime(new Date(page.readAt), timeZone)}`
}
