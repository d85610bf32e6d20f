/**
 * The owner's reference texts: a folder of Markdown, text and other documents. A small folder is given in full, a larger one is
 * searched.
 *
 * Each search first compares the files' times and sizes with the index and reads changed files again. That takes less
 * than a millisecond for a few hundred files, against seconds for the model call that follows. It needs no watcher,
 * which could miss changes (network file systems, mounted volumes and editors that replace files all defeat fs.watch)
 * or keep the process alive.
 */
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { decodeUnlabelled } from '../mail/mime/charset.ts'
import { type Converted, Converter } from './conversion.ts'
import { type FoundFile, filesOf, isText, type SitePages } from './folder-files.ts'
import { labelsOf, type Outline, outlineOf, plainLabel } from './folder-outline.ts'

export { isKnown, isText, largestText, type SitePages } from './folder-files.ts'
export type { Outline } from './folder-outline.ts'

import { type KeptPassage, keptPassages } from './kept-passages.ts'
import { Ranking } from './ranking.ts'

export interface Passage {
  /** Relative to the folder, with `/`. */
  file: string
  /** Headings above it, joined by ` > `; empty for none. */
  heading: string
  text: string
  /** Higher is better; 0 if the whole folder is given. */
  score: number
}

export interface Wanted {
  /** Search phrases, questions of the mail, its subject: short texts, all with equal weight. */
  queries: readonly string[]
  /** Rough tokens that there is room for. */
  tokens: number
  /** A folder of at most this many rough tokens is given in full, without a search. */
  whole: number
}

export interface Knowledge {
  /** The whole folder if it is small, otherwise the best matching passages that fit. In the folder's order. */
  find(wanted: Wanted): Passage[]
  /** Passages that a source label names: `file > heading`, the file alone, or the last heading. */
  named(label: string): Passage[]
  readonly outline: Outline
  /** Rough tokens of the whole folder, headings included. */
  readonly tokens: number
  /** Hash of the files as of the last search, 16 hex digits: stored with each reply. */
  readonly hash: string
  /** Number of passages. */
  readonly size: number
  /** Looks at the folder, and resolves when every document in it is converted or given up. Never rejects. */
  settled(): Promise<void>
  /** Every file, also those that are left out. */
  files(): KnowledgeFile[]
  close(): void
}

export interface KnowledgeFile {
  /** Relative to the folder, with `/`. */
  file: string
  passages: number
  /** Why it is left out; null if it is not. */
  fault: string | null
}

/** A folder of so many files is looked at for at most this share of the time. */
const often = { files: 500, share: 0.05 }
/** Octets that are read and indexed without a pause: of a folder when it is opened, and then. About a second, and 50 ms. */
const atOnce = { first: 4_000_000, later: 200_000 }
const faults: Readonly<Record<string, string>> = {
  'knowledge.too-much': 'too large or too many',
  'knowledge.outside': 'a link that leads out of the folder',
  'knowledge.stale': 'the page has not been read for too long',
}

interface IndexedFile {
  /** mtime, size and inode. */
  stamp: string
  /** Empty while it is converted. */
  digest: string
  ids: string[]
  fault: string | null
}

/**
 * @param folder null: there are only pages
 * @param cache folder for what documents were converted to; null: nothing is kept
 * @throws ConfigError when the folder is missing or not a folder
 */
export function openKnowledge(
  folder: string | null,
  log: Log,
  cache: string | null = null,
  site: SitePages | null = null,
): Knowledge {
  const index = new FolderIndex(folder, log, new Converter(cache), site)
  index.refresh()
  log.info({ event: 'knowledge.opened', files: index.files.size, passages: index.entries.size })
  return {
    find(wanted) {
      index.refreshOrKeep()
      return index.find(wanted)
    },
    named(label) {
      return index.named(label)
    },
    get outline() {
      return index.outline()
    },
    get tokens() {
      return index.tokens()
    },
    get hash() {
      return index.hash()
    },
    get size() {
      return index.entries.size
    },
    settled: () => index.settled(),
    files: () => index.listed(),
    close: () => index.clear(),
  }
}

class FolderIndex {
  readonly files = new Map<string, IndexedFile>()
  readonly entries = new Map<string, KeptPassage>()
  readonly #folder: string | null
  readonly #site: SitePages | null
  readonly #log: Log
  readonly #ranking = new Ranking()
  #outline: { hash: string; outline: Outline } | null = null
  /** Faults already logged, so that they are not logged at every search. */
  #complaints = new Set<string>()
  #serial = 0
  readonly #converter: Converter
  readonly #converting = new Set<Promise<void>>()
  /** Files that are still to be read, and their reading. */
  #waiting = new Map<string, FoundFile>()
  #reading: Promise<void> | null = null
  #tokens = 0
  #nextLook = 0
  /** Files and headings by their labels; null: not known since the last change. */
  #labels: Map<string, Set<string>> | null = null

  constructor(folder: string | null, log: Log, converter: Converter, site: SitePages | null) {
    this.#folder = folder
    this.#site = site
    this.#log = log
    this.#converter = converter
  }

  async settled(): Promise<void> {
    this.refreshOrKeep()
    // Another may have arrived during the conversion.
    while (this.#converting.size > 0 || this.#reading !== null)
      await Promise.all([...this.#converting, this.#reading])
  }

  listed(): KnowledgeFile[] {
    return [...this.files]
      .map(([file, { ids, fault }]) => ({ file, passages: ids.length, fault }))
      .sort((one, other) => (one.file < other.file ? -1 : 1))
  }

  /** Updates the index to the folder's current state. */
  refresh(): void {
    const present = filesOf(this.#folder, this.#site, (...said) => this.#complain(...said))
    for (const name of this.files.keys()) if (!present.has(name)) this.#remove(name)
    const changed = [...present].filter(([name, { stamp }]) => this.files.get(name)?.stamp !== stamp)
    if (changed.length === 0) return
    this.#waiting = new Map(changed)
    this.#readSome(atOnce.first)
    if (this.#waiting.size > 0) this.#reading ??= this.#readRest()
    this.#log.info({ event: 'knowledge.indexed', changed: changed.length, passages: this.entries.size })
  }

  /** @param most octets, and one file at least */
  #readSome(most: number): void {
    let octets = 0
    for (const [name, file] of this.#waiting) {
      this.#waiting.delete(name)
      octets += this.#read(name, file)
      if (octets >= most) return
    }
  }

  /** A large folder must not keep everything else from running. */
  async #readRest(): Promise<void> {
    while (this.#waiting.size > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      this.#readSome(atOnce.later)
    }
    this.#reading = null
  }

  /** Comparing thousands of files takes longer than the search. */
  #isJustSeen(): boolean {
    return this.files.size >= often.files && performance.now() < this.#nextLook
  }

  /** A folder that vanishes while replyd is running is a fault to report, not a reason to hold all mail. */
  refreshOrKeep(): void {
    if (this.#isJustSeen()) return
    const begun = performance.now()
    try {
      this.refresh()
    } catch (error) {
      this.#complain('knowledge.unreadable', this.#folder ?? '', error)
    }
    const ended = performance.now()
    this.#nextLook = ended + (ended - begun) / often.share
  }

  find({ queries, tokens, whole }: Wanted): Passage[] {
    if (this.tokens() <= whole) return this.#inOrder().map((entry) => asPassage(entry, 0))
    const scores = new Map<string, number>()
    let left = tokens
    for (const { id, score } of this.#ranking.rank(queries)) {
      const size = this.entries.get(id)?.tokens ?? 0
      if (size > left && scores.size > 0) continue
      scores.set(id, score)
      left -= size
    }
    return [...scores]
      .flatMap(([id, score]) => {
        const entry = this.entries.get(id)
        return entry ? [{ entry, score }] : []
      })
      .sort((one, other) => inFolder(one.entry, other.entry))
      .map(({ entry, score }) => asPassage(entry, score))
  }

  named(label: string): Passage[] {
    const wanted = plainLabel(label)
    if (wanted === '') return []
    const places = this.#labelled().get(wanted)
    if (places === undefined) return []
    return this.#inOrder()
      .filter((entry) => places.has(placeOf(entry)))
      .map((entry) => asPassage(entry, 0))
  }

  #labelled(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.#labels !== null) return this.#labels
    const labels = new Map<string, Set<string>>()
    const seen = new Set<string>()
    for (const entry of this.entries.values()) {
      const place = placeOf(entry)
      if (seen.has(place)) continue
      seen.add(place)
      for (const label of labelsOf(entry)) labels.set(label, (labels.get(label) ?? new Set()).add(place))
    }
    this.#labels = labels
    return labels
  }

  tokens(): number {
    return this.#tokens
  }

  outline(): Outline {
    const hash = this.hash()
    if (this.#outline?.hash !== hash) this.#outline = { hash, outline: outlineOf(this.#inOrder()) }
    return this.#outline.outline
  }

  /** In file order: prices and hours are easier to read next to their neighbours. */
  #inOrder(): KeptPassage[] {
    return [...this.files.keys()]
      .sort()
      .flatMap((name) => this.files.get(name)?.ids ?? [])
      .flatMap((id) => this.entries.get(id) ?? [])
  }

  hash(): string {
    const hash = createHash('sha256')
    for (const name of [...this.files.keys()].sort())
      hash.update(`${name}\0${this.files.get(name)?.digest}\n`)
    return hash.digest('hex').slice(0, 16)
  }

  clear(): void {
    this.#converter.close()
    this.#waiting.clear()
    this.#ranking.clear()
    this.#tokens = 0
    this.#labels = null
    this.files.clear()
    this.entries.clear()
  }

  /** @returns octets that were read */
  #read(name: string, { root, stamp }: FoundFile): number {
    let octets: Buffer
    try {
      // Links within the folder are fine: Kubernetes mounts each file of a ConfigMap as one. Others would expose files of the
      // machine to strangers.
      const path = realpathSync(join(root, name))
      if (!path.startsWith(realpathSync(root) + sep)) {
        this.#remove(name)
        this.#complain('knowledge.outside', name, null)
        return 0
      }
      octets = readFileSync(path)
    } catch (error) {
      this.#complain('knowledge.unreadable', name, error)
      return 0
    }
    this.#remove(name)
    const digest = createHash('sha256').update(octets).digest('hex')
    if (isText(name)) {
      this.#index(name, stamp, digest, decodeUnlabelled(octets))
      return octets.length
    }
    const kept = this.#converter.kept(octets)
    if (kept) this.#indexConverted(name, { stamp, digest }, kept)
    else this.#convert(name, { stamp, digest }, octets)
    return octets.length
  }

  #convert(name: string, { stamp, digest }: Pick<IndexedFile, 'stamp' | 'digest'>, octets: Buffer): void {
    this.files.set(name, { stamp, digest: '', ids: [], fault: null })
    const converting = this.#converter.convert(name, octets).then((converted) => {
      this.#converting.delete(converting)
      // It was changed or removed in the meantime.
      if (this.files.get(name)?.stamp === stamp) this.#indexConverted(name, { stamp, digest }, converted)
    })
    this.#converting.add(converting)
  }

  #indexConverted(
    name: string,
    { stamp, digest }: Pick<IndexedFile, 'stamp' | 'digest'>,
    converted: Converted,
  ): void {
    if ('markdown' in converted) {
      this.#index(name, stamp, digest, converted.markdown)
      return
    }
    this.files.set(name, { stamp, digest, ids: [], fault: converted.fault })
    this.#log.warn({ event: 'knowledge.left-out', file: name, reason: converted.fault })
  }

  #index(name: string, stamp: string, digest: string, text: string): void {
    const entries = keptPassages(name, text, this.#serial)
    this.#serial += entries.length
    for (const entry of entries) {
      this.entries.set(entry.id, entry)
      this.#tokens += entry.tokens
    }
    this.#labels = null
    this.#ranking.add(entries)
    this.files.set(name, { stamp, digest, ids: entries.map(({ id }) => id), fault: null })
  }

  #remove(name: string): void {
    for (const id of this.files.get(name)?.ids ?? []) {
      this.#ranking.discard(id)
      this.#tokens -= this.entries.get(id)?.tokens ?? 0
      this.entries.delete(id)
    }
    this.#labels = null
    this.files.delete(name)
  }

  #complain(event: string, file: string, error: unknown): void {
    const key = `${event} ${file}`
    if (this.#complaints.has(key)) return
    this.#complaints.add(key)
    this.#log.warn({ event, file, reason: error === null ? faults[event] : reasonOf(error) })
  }
}

/** By file, and as in the file. */
function inFolder(one: KeptPassage, other: KeptPassage): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1
  return one.number - other.number
}

const placeOf = ({ file, heading }: KeptPassage) => `${file}\0${heading}`

const asPassage = ({ file, heading, text }: KeptPassage, score: number): Passage => ({
  file,
  heading,
  text,
  score,
})
