/**
 * The owner's reference texts: a folder of Markdown and text files, searched by BM25.
 *
 * Each search first compares the files' times and sizes with the index and reads again what has changed. That takes less than a
 * millisecond for a few hundred files, against seconds for the model call that follows; it needs no watcher that can miss
 * a change (network file systems, mounted volumes and editors that replace files all defeat fs.watch) or keep the process alive.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import MiniSearch from 'minisearch'
import { ConfigError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { decodeUnlabelled } from '../mail/mime/charset.ts'
import { passagesOf } from './passages.ts'
import { foldTerm, tokenize } from './tokens.ts'

export interface Passage {
  /** Relative to the folder, with `/`. */
  file: string
  /** Headings above it, joined by ` > `; empty for none. */
  heading: string
  text: string
  /** Higher is better; 0 for one that is given since all of a small folder is. */
  score: number
}

export interface Knowledge {
  /**
   * The passages that fit best, best first. All of them when there are no more than the limit: a small folder is used
   * whole, whatever its language.
   * @param query any text, for example the mail; its first 2,000 characters count
   */
  search(query: string, limit: number): Passage[]
  /** Of the files as they were at the last search, 16 hex digits: stored with each reply. */
  readonly hash: string
  /** Number of passages. */
  readonly size: number
  close(): void
}

const readable = /\.(md|markdown|txt|text)$/i
/** Octets of one file, and number of files: what is beyond is named in the log and left out. */
const largestFile = 2_000_000
const mostFiles = 2000
const queryLength = 2000
/** A passage that fits less than this part of the best one's score only distracts. */
const worthwhile = 0.2

interface Entry extends Omit<Passage, 'score'> {
  id: string
}

interface IndexedFile {
  /** mtime, size and inode. */
  stamp: string
  digest: string
  ids: string[]
}

/** @throws ConfigError when the folder is missing or not a folder */
export function openKnowledge(folder: string, log: Log): Knowledge {
  const index = new FolderIndex(folder, log)
  index.refresh()
  log.info({ event: 'knowledge.opened', files: index.files.size, passages: index.entries.size })
  return {
    search(query, limit) {
      index.refreshOrKeep()
      return index.search(query, limit)
    },
    get hash() {
      return index.hash()
    },
    get size() {
      return index.entries.size
    },
    close: () => index.clear(),
  }
}

class FolderIndex {
  readonly files = new Map<string, IndexedFile>()
  readonly entries = new Map<string, Entry>()
  readonly #folder: string
  readonly #log: Log
  readonly #search = new MiniSearch<Entry>({ fields: ['heading', 'text'], tokenize, processTerm: foldTerm })
  /** So that a fault is logged once, not at every search. */
  #complaints = new Set<string>()
  #serial = 0

  constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  /** Brings the index up to the folder's state. */
  refresh(): void {
    const present = this.#list()
    for (const name of this.files.keys()) if (!present.has(name)) this.#remove(name)
    let changed = 0
    for (const [name, stamp] of present) {
      if (this.files.get(name)?.stamp === stamp) continue
      this.#read(name, stamp)
      changed++
    }
    if (changed > 0) this.#log.info({ event: 'knowledge.indexed', changed, passages: this.entries.size })
  }

  /** A folder that vanishes while replyd runs is a fault to report, not a reason to hold all mail. */
  refreshOrKeep(): void {
    try {
      this.refresh()
    } catch (error) {
      this.#complain('knowledge.unreadable', this.#folder, error)
    }
  }

  search(query: string, limit: number): Passage[] {
    const hits = this.#search.search(query.slice(0, queryLength), {
      boost: { heading: 2 },
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 5 ? 0.2 : false),
      weights: { prefix: 0.5, fuzzy: 0.3 },
      combineWith: 'OR',
    })
    const best = hits[0]?.score ?? 0
    const found = hits
      .filter(({ score }) => score >= best * worthwhile)
      .slice(0, limit)
      .flatMap(({ id, score }) => this.#passage(id, score))
    if (this.entries.size > limit) return found
    const shown = new Set(hits.slice(0, found.length).map(({ id }) => id))
    return [
      ...found,
      ...[...this.entries.keys()].filter((id) => !shown.has(id)).flatMap((id) => this.#passage(id, 0)),
    ]
  }

  hash(): string {
    const hash = createHash('sha256')
    for (const name of [...this.files.keys()].sort())
      hash.update(`${name}\0${this.files.get(name)?.digest}\n`)
    return hash.digest('hex').slice(0, 16)
  }

  clear(): void {
    this.#search.removeAll()
    this.files.clear()
    this.entries.clear()
  }

  #passage(id: string, score: number): Passage[] {
    const entry = this.entries.get(id)
    return entry ? [{ file: entry.file, heading: entry.heading, text: entry.text, score }] : []
  }

  /** Relative names and stamps of the readable files, subfolders included, hidden ones not. */
  #list(): Map<string, string> {
    let names: string[]
    try {
      names = namesBelow(this.#folder).map((path) => relative(this.#folder, path))
    } catch (error) {
      throw new ConfigError(`knowledge folder ${this.#folder} cannot be read (${reasonOf(error)})`, {
        cause: error,
      })
    }
    const present = new Map<string, string>()
    for (const name of names.filter((one) => readable.test(one) && !/(^|[\\/])\./.test(one)).sort()) {
      const stats = statSync(join(this.#folder, name), { throwIfNoEntry: false })
      if (!stats?.isFile()) continue
      if (stats.size > largestFile || present.size >= mostFiles)
        this.#complain('knowledge.too-much', name, null)
      else present.set(name.split(sep).join('/'), `${stats.mtimeMs} ${stats.size} ${stats.ino}`)
    }
    return present
  }

  #read(name: string, stamp: string): void {
    let octets: Buffer
    try {
      octets = readFileSync(join(this.#folder, name))
    } catch (error) {
      this.#complain('knowledge.unreadable', name, error)
      return
    }
    this.#remove(name)
    const passages = passagesOf(decodeUnlabelled(octets), !/\.(txt|text)$/i.test(name))
    const entries = passages.map((passage): Entry => ({ ...passage, file: name, id: String(this.#serial++) }))
    for (const entry of entries) this.entries.set(entry.id, entry)
    this.#search.addAll(entries)
    const digest = createHash('sha256').update(octets).digest('hex')
    this.files.set(name, { stamp, digest, ids: entries.map(({ id }) => id) })
  }

  #remove(name: string): void {
    for (const id of this.files.get(name)?.ids ?? []) {
      this.#search.discard(id)
      this.entries.delete(id)
    }
    this.files.delete(name)
  }

  #complain(event: string, file: string, error: unknown): void {
    const key = `${event} ${file}`
    if (this.#complaints.has(key)) return
    this.#complaints.add(key)
    this.#log.warn({ event, file, reason: error === null ? 'too large or too many' : reasonOf(error) })
  }
}

/** Paths of everything but folders. Node 22's recursive readdir follows linked folders in circles, so this walk follows none. */
function namesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? namesBelow(path) : [path]
  })
}
