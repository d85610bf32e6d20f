/**
 * Facts that a person has taught: each is a Markdown file in `taught` in the knowledge folder, whose front matter says
 * when, by whom and from which mail. The index reads them like any other file at its next search.
 */
import { lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { readRegular, writeWhole } from '../base/files.ts'
import { foldTerm, tokenize } from './tokens.ts'

const origin = z.object({
  question: z.string(),
  by: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Ids of the mails that asked for it, the one it was taught from first. */
  mails: z.array(z.string()),
})

export interface TaughtFact extends z.infer<typeof origin> {
  /** The file's name without its ending. */
  id: string
  /** Relative to the knowledge folder, as in `Passage.file`. */
  file: string
  fact: string
}

/** UTF-16 units. */
export const longestTaught = { question: 200, fact: 2_000, by: 120 } as const
/** Files in the folder, ids in one of them, octets of one. */
const most = { files: 1_000, mails: 200, octets: 64 * 1024 } as const

const within = 'taught'
const idPattern = /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9]{1,40}){1,12}$/

export type TaughtFault = 'read-only' | 'too-many' | 'unknown'

/** Nothing was written or removed. */
export class TaughtError extends Error {
  override name = 'TaughtError'
  readonly fault: TaughtFault
  constructor(fault: TaughtFault, options?: ErrorOptions) {
    super(`taught: ${fault}`, options)
    this.fault = fault
  }
}

/**
 * Writes a file atomically, with the rights of the folder.
 * @param unique a few letters and figures that make its name unique
 * @throws TaughtError
 */
export function writeTaught(
  folder: string,
  { fact, ...given }: Omit<TaughtFact, 'id' | 'file'>,
  unique: string,
): TaughtFact {
  const question = oneLine(given.question).slice(0, longestTaught.question).trim()
  const by = oneLine(given.by).slice(0, longestTaught.by)
  const about = { ...given, question, by, mails: given.mails.slice(0, most.mails) }
  const taught = { ...about, fact: plain(fact).slice(0, longestTaught.fact) }
  try {
    const place = placeIn(folder, true)
    if (place === null || namesIn(place).length >= most.files) throw new TaughtError('too-many')
    const id = [taught.at.slice(0, 10), ...wordsOf(question), unique].join('-')
    // The index leaves hidden files out.
    const draft = join(place, `.${id}.md.new`)
    writeWhole(join(place, `${id}.md`), written(taught), { draft, mode: statSync(place).mode & 0o666 })
    return { ...taught, id, file: `${within}/${id}.md` }
  } catch (cause) {
    throw cause instanceof TaughtError ? cause : new TaughtError('read-only', { cause })
  }
}

/** Newest first. Files that are something else are left out. */
export function listTaught(folder: string): TaughtFact[] {
  const place = placeIfReadable(folder)
  if (place === null) return []
  return namesIn(place)
    .sort()
    .reverse()
    .slice(0, most.files)
    .flatMap((name) => parsed(name.slice(0, -'.md'.length), readStart(join(place, name))) ?? [])
    .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0))
}

/** @returns what it said @throws TaughtError */
export function removeTaught(folder: string, id: string): TaughtFact {
  const place = idPattern.test(id) ? placeIfReadable(folder) : null
  const found = place === null ? null : parsed(id, readStart(join(place, `${id}.md`)))
  if (place === null || found === null) throw new TaughtError('unknown')
  try {
    // Removes the name, never the target of a link.
    rmSync(join(place, `${id}.md`))
  } catch (cause) {
    throw new TaughtError('read-only', { cause })
  }
  return found
}

/** The folder of the taught facts; null if it is not there. A link in its place could lead anywhere. */
function placeIn(folder: string, create: boolean): string | null {
  const place = join(realpathSync(folder), within)
  if (create) mkdirSync(place, { recursive: true, mode: statSync(folder).mode & 0o777 })
  const found = lstatSync(place, { throwIfNoEntry: false })
  if (found === undefined) return null
  if (!found.isDirectory()) throw new TaughtError('read-only')
  return place
}

function placeIfReadable(folder: string): string | null {
  try {
    return placeIn(folder, false)
  } catch {
    return null
  }
}

const namesIn = (place: string) =>
  readdirSync(place).filter((name) => name.endsWith('.md') && idPattern.test(name.slice(0, -3)))

/** Empty for a link, for anything but a regular file, and for a file that is too large. */
function readStart(path: string): string {
  try {
    return readRegular(path, most.octets).toString()
  } catch {
    return ''
  }
}

/** Each value is JSON on a separate line, which YAML reads, too. */
function written({ fact, question, ...about }: Omit<TaughtFact, 'id' | 'file'>): string {
  const fields = Object.entries({ question, ...about }).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}`,
  )
  return `---\n${fields.join('\n')}\n---\n# ${question}\n\n${fact}\n`
}

function parsed(id: string, text: string): TaughtFact | null {
  const parts = /^---\n(.*?)\n---\n(?:#[^\n]*\n)?(.*)$/s.exec(text)
  if (parts === null) return null
  try {
    const lines = (parts[1] ?? '').split('\n').map((line) => line.split(/: (.*)/s))
    const about = origin.safeParse(
      Object.fromEntries(lines.map(([key, value]) => [key ?? '', JSON.parse(value ?? 'null')])),
    )
    if (!about.success) return null
    return { ...about.data, id, file: `${within}/${id}.md`, fact: (parts[2] ?? '').trim() }
  } catch {
    return null
  }
}

/** Up to six words of plain letters, for the file's name. */
const wordsOf = (question: string) =>
  tokenize(question)
    .map((word) => foldTerm(word)?.replace(/[^a-z0-9]/g, '') ?? '')
    .filter((word) => word.length > 1)
    .slice(0, 6)
    .map((word) => word.slice(0, 24))

/** Escaped, so that nothing in it becomes a heading, a comment or front matter. */
export const plain = (text: string) =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replace(/<!-*|-->/g, '')
    .replace(/^[ \t]*(?:#{1,6}(?=\s)|={3,}|-{3,})/gm, '')
    .trim()

export const oneLine = (text: string) => plain(text).replace(/\s+/g, ' ')
