/**
 * The owner's reference texts: a folder of Markdown, text and other documents. A small folder is given in full, a
 * larger one is searched.
 *
 * Each step first compares the files' times and sizes with the index and reads changed files again. That takes less
 * than a millisecond for a few hundred files, against seconds for the model call that follows. It needs no watcher,
 * which could miss changes (network file systems, mounted volumes and editors that replace files all defeat fs.watch)
 * or keep the process alive.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { readRegular } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import { decodeUnlabelled } from '../mail/mime/charset.ts'
import { Complaints } from './complaints.ts'
import { type Converted, Converter } from './conversion.ts'
import {
  type FoundFile,
  faults,
  filesOf,
  isText,
  type KnowledgeFile,
  largestOf,
  mostText,
  pageOf,
  type SitePages,
  type SourcePage,
} from './folder-files.ts'
import { labelled, type Outline, outlineOf, placeOf, plainLabel } from './folder-outline.ts'

import type { Knowledge, Passage, Wanted } from './interface.ts'
import { inFolder, type KeptPassage, keptPassages } from './kept-passages.ts'
import { Ranking } from './ranking.ts'

export type { Outline } from './folder-outline.ts'
export * from './interface.ts'

/** With this many files or more, checking the folder takes at most this share of the time. */
const often = { files: 500, share: 0.05 }
/** Octets read and indexed without a pause: when a folder is opened (about a second), and later (50 ms). */
const atOnce = { first: 4_000_000, later: 200_000 }

interface IndexedFile {
  /** As FoundFile.stamp. */
  stamp: string
  /** Empty while it is converted, and if it was not read. */
  digest: string
  ids: string[]
  /** Of its text. */
  octets: number
  fault: string | null
  page?: SourcePage | undefined
}

type Seen = Pick<IndexedFile, 'stamp' | 'digest'> & Pick<FoundFile, 'at'>

/**
 * @param folder null: there are only pages
 * @param cache folder for converted documents; null: nothing is kept
 * @param now milliseconds of a clock that only moves forward
 * @throws ConfigError when the folder is missing or not a folder
 */
export function openKnowledge(
  folder: string | null,
  log: Log,
  cache: string | null = null,
  site: SitePages | null = null,
  now = () => performance.now(),
): Knowledge {
  const index = new FolderIndex(folder, log, new Converter(cache), site, now)
  index.refresh()
  log.info({ event: 'knowledge.opened', files: index.files.size, passages: index.entries.size })
  return {
    find(wanted) {
      index.refreshOrKeep(wanted.withinMs)
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
    settled: (withinMs) => index.settled(withinMs),
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
  readonly #complaints: Complaints
  readonly #ranking = new Ranking()
  #outline: { hash: string; outline: Outline } | null = null
  #serial = 0
  readonly #converter: Converter
  readonly #converting = new Set<Promise<void>>()
  /** Files that are still to be read, and their reading. */
  #waiting = new Map<string, FoundFile>()
  #reading: Promise<void> | null = null
  #tokens = 0
  /** Of all texts. */
  #octets = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #nextLook = 0
  /** Files and headings by their labels; null: not known since the last change. */
  #labels: ReturnType<typeof labelled> | null = null
  /** The same for the hash. */
  #hash: string | null = null

  readonly #now: () => number

  constructor(
    folder: string | null,
    log: Log,
    converter: Converter,
    site: SitePages | null,
    now: () => number,
  ) {
    this.#now = now
    this.#folder = folder
    this.#site = site
    this.#log = log
    this.#complaints = new Complaints(log)
    this.#converter = converter
  }

  async settled(withinMs?: number): Promise<void> {
    this.refreshOrKeep(withinMs)
    // Another may have arrived during the conversion.
    while (this.#converting.size > 0 || this.#reading !== null)
      await Promise.all([...this.#converting, this.#reading])
  }

  listed(): KnowledgeFile[] {
    return [...this.files]
      .map(([file, { ids, fault, page }]) => ({
        ...{ file, passages: ids.length, fault },
        ...(page ? { page } : {}),
      }))
      .sort((one, other) => (one.file < other.file ? -1 : 1))
  }

  /** Updates the index to the folder's current state. */
  refresh(): void {
    const present = filesOf(this.#folder, this.#site)
    for (const name of this.files.keys()) if (!present.has(name)) this.#remove(name)
    const changed = [...present].filter(([name, { stamp }]) => this.#isChanged(name, stamp))
    if (changed.length === 0) return
    this.#waiting = new Map(changed)
    this.#readSome(atOnce.first)
    if (this.#waiting.size > 0) this.#reading ??= this.#readRest()
    else this.#complaints.leftOut(this.files)
    this.#log.info({ event: 'knowledge.indexed', changed: changed.length, passages: this.entries.size })
  }

  /** Also true for a file that did not fit before but fits now. */
  #isChanged(name: string, stamp: string): boolean {
    const known = this.files.get(name)
    if (known?.stamp !== stamp) return true
    return known.fault === faults.crowded && this.#octets + known.octets <= mostText
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
    this.#complaints.leftOut(this.files)
  }

  /** Comparing thousands of files takes longer than the search. */
  #isJustSeen(at: number, withinMs: number): boolean {
    return at - this.#lookedAt < withinMs || (this.files.size >= often.files && at < this.#nextLook)
  }

  /** A folder that vanishes while replyd is running is a fault to report, not a reason to hold all mail. */
  refreshOrKeep(withinMs = 0): void {
    const begun = this.#now()
    if (this.#isJustSeen(begun, withinMs)) return
    try {
      this.refresh()
    } catch (error) {
      this.#complaints.once('knowledge.unreadable', this.#folder ?? '', error)
    }
    const ended = this.#now()
    this.#lookedAt = begun
    this.#nextLook = ended + (ended - begun) / often.share
  }

  find(wanted: Wanted): Passage[] {
    if (this.tokens() <= wanted.whole) return this.#inOrder().map((entry) => this.#asPassage(entry, 0))
    const scores = new Map<string, number>()
    let left = wanted.tokens
    for (const { id, score } of this.#ranking.rank(wanted.queries)) {
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
      .map(({ entry, score }) => this.#asPassage(entry, score))
  }

  named(label: string): Passage[] {
    const wanted = plainLabel(label)
    if (wanted === '') return []
    this.#labels ??= labelled(this.entries.values())
    const places = this.#labels.get(wanted)
    if (places === undefined) return []
    return this.#inOrder()
      .filter((entry) => places.has(placeOf(entry)))
      .map((entry) => this.#asPassage(entry, 0))
  }

  #asPassage({ file, heading, text }: KeptPassage, score: number): Passage {
    const page = this.files.get(file)?.page
    return { file, heading, text, score, ...(page ? { page } : {}) }
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
    this.#hash ??= this.#newHash()
    return this.#hash
  }

  #newHash(): string {
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
    this.#octets = 0
    this.#forgetDerived()
    this.files.clear()
    this.entries.clear()
  }

  /** @returns octets that were read */
  #read(name: string, { root, stamp, at, fault }: FoundFile): number {
    let octets: Buffer
    if (fault !== null) return this.#leaveOut(name, { stamp, digest: '' }, fault)
    try {
      // Links within the folder are fine: Kubernetes mounts files that way.
      const path = realpathSync(join(root, name))
      if (!path.startsWith(realpathSync(root) + sep)) {
        this.#complaints.once('knowledge.outside', name, faults.outside)
        return this.#leaveOut(name, { stamp, digest: '' }, faults.outside)
      }
      octets = readRegular(path, largestOf(name))
    } catch (error) {
      this.#complaints.once('knowledge.unreadable', name, error)
      return 0
    }
    this.#remove(name)
    const seen = { stamp, at, digest: createHash('sha256').update(octets).digest('hex') }
    if (isText(name)) {
      this.#index(name, seen, decodeUnlabelled(octets))
      return octets.length
    }
    const kept = this.#converter.kept(octets)
    if (kept) this.#indexConverted(name, seen, kept)
    else this.#convert(name, seen, octets)
    return octets.length
  }

  #convert(name: string, seen: Seen, octets: Buffer): void {
    this.files.set(name, { stamp: seen.stamp, digest: '', ids: [], octets: 0, fault: null })
    const converting = this.#converter.convert(name, octets).then((converted) => {
      this.#converting.delete(converting)
      // The file was changed or removed in the meantime.
      if (this.files.get(name)?.stamp === seen.stamp) this.#indexConverted(name, seen, converted)
      if (this.#converting.size === 0) this.#complaints.leftOut(this.files)
    })
    this.#converting.add(converting)
  }

  #indexConverted(name: string, seen: Seen, converted: Converted): void {
    if ('markdown' in converted) {
      this.#index(name, seen, converted.markdown)
      return
    }
    this.#leaveOut(name, seen, converted.fault)
    this.#log.warn({ event: 'knowledge.left-out', file: name, reason: converted.fault })
  }

  /** @param octets of its text, if that is known @returns none were read */
  #leaveOut(
    name: string,
    { stamp, digest }: Pick<IndexedFile, 'stamp' | 'digest'>,
    fault: string,
    octets = 0,
  ): 0 {
    this.#remove(name)
    this.files.set(name, { stamp, digest, ids: [], octets, fault })
    return 0
  }

  #index(name: string, { stamp, digest, at }: Seen, text: string): void {
    const octets = Buffer.byteLength(text)
    if (this.#octets + octets > mostText) {
      this.#leaveOut(name, { stamp, digest }, faults.crowded, octets)
      return
    }
    this.#octets += octets
    const entries = keptPassages(name, text, this.#serial)
    this.#serial += entries.length
    for (const entry of entries) {
      this.entries.set(entry.id, entry)
      this.#tokens += entry.tokens
    }
    this.#forgetDerived()
    this.#ranking.add(entries)
    const ids = entries.map(({ id }) => id)
    this.files.set(name, { stamp, digest, ids, octets, fault: null, page: pageOf(text, at) })
  }

  /** The files have changed, or are about to. */
  #forgetDerived(): void {
    this.#labels = null
    this.#hash = null
  }

  #remove(name: string): void {
    const { ids = [], fault, octets = 0 } = this.files.get(name) ?? {}
    if (fault === null) this.#octets -= octets
    for (const id of ids) {
      this.#ranking.discard(id)
      this.#tokens -= this.entries.get(id)?.tokens ?? 0
      this.entries.delete(id)
    }
    this.#forgetDerived()
    this.files.delete(name)
  }
}
