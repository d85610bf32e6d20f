/**
 * Files of the knowledge folder, as a person changes them on the page. Every change names the content that it starts
 * from, is written to a temporary file and renamed, and can be undone. Nothing outside the folder is reached, and no
 * link is followed.
 */
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { readRegular, writeWhole } from '../base/files.ts'
import type { StepContext } from '../context.ts'
import { isKnown, isListed, isText, largestOf, largestText } from '../knowledge/folder-files.ts'
import { decodeUnlabelled, isUtf16 } from '../mail/mime/charset.ts'
import { Refusal } from './review.ts'

type Teaching = Pick<StepContext, 'config' | 'clock' | 'newId' | 'log' | 'accounts'>

/** Octets of a file that comes from a browser. */
export const longestUpload = 10_000_000
/** Changes that can still be undone, and for how long in milliseconds. */
const kept = { most: 50, ms: 7 * 86_400_000 }
const newFileMode = 0o644

export interface FolderText {
  text: string
  /** Of its octets. */
  hash: string
}

interface FileChange {
  account: string
  /** Relative to the folder, with `/`. */
  file: string
  /** `hash` of the content that the change starts from; null: there must be no such file. */
  seen: string | null
  /** Null removes it. */
  octets: Buffer | null
}

const hashOf = (octets: Buffer) => createHash('sha256').update(octets).digest('hex').slice(0, 32)

/** A file of the folder that can be edited here; null for documents, pages of the site, links and what is not there. */
export function folderText(context: Teaching, account: string, file: string): FolderText | null {
  const path = isText(file) ? placeOf(context, account, file) : null
  const octets = path && contentOf(path)
  if (!octets || octets.length > largestText) return null
  return { text: decodeUnlabelled(octets), hash: hashOf(octets) }
}

/** The hash of a file of the folder, of any kind; null as for `folderText`. */
export function folderHash(context: Teaching, account: string, file: string): string | null {
  const path = placeOf(context, account, file)
  const octets = path && contentOf(path)
  return octets && hashOf(octets)
}

/** @returns the id under which it can be undone @throws Refusal */
export function changeFile(context: Teaching, change: FileChange, by: string): string {
  if (change.seen === null) fittingName(change.file)
  fittingContent(change)
  return write(context, change, by)
}

/** Puts back what was there before, unless it was changed again. @throws Refusal */
export function undoFileChange(
  context: Teaching,
  id: string,
  by: string,
): Pick<FileChange, 'account' | 'file'> {
  const done = changesIn(context).find((each) => each.id === id)
  if (done === undefined) throw new Refusal('nothing-to-undo')
  const { account, file, before, after } = done
  const octets = before === null ? null : Buffer.from(before, 'base64')
  write(context, { account, file, seen: after, octets }, by)
  rmSync(join(changesPlace(context), `${id}.json`), { force: true })
  return { account, file }
}

/** Makes a removal that was done elsewhere undoable. @returns its id, as `changeFile` does */
export const noteRemoval = (
  context: Teaching,
  removed: Pick<FileChange, 'account' | 'file'> & { before: Buffer },
): string => keepChange(context, { ...removed, after: null })

function write(context: Teaching, { account, file, seen, octets }: FileChange, by: string): string {
  const path = placeOf(context, account, file)
  if (path === null) throw new Refusal('unknown-file')
  const before = contentOf(path)
  if (before === null && isThere(path)) throw new Refusal('file-elsewhere')
  if (before !== null && seen === null) throw new Refusal('file-exists')
  if ((before && hashOf(before)) !== seen) throw new Refusal('file-changed')
  const id = keepChange(context, { account, file, before, after: octets && hashOf(octets) })
  try {
    if (octets === null) rmSync(path)
    else replace(path, octets, context.newId(context.clock.now()))
  } catch (cause) {
    throw new Refusal('knowledge-read-only', { cause })
  }
  context.log.info({ event: 'knowledge.changed', account, actor: by, removed: octets === null })
  return id
}

/** The draft's name begins with a dot, so that no search reads it. */
function replace(path: string, octets: Buffer, id: string): void {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? newFileMode) & 0o777
  writeWhole(path, octets, { draft: join(dirname(path), `.replyd-${id}`), mode })
}

/** Null if nothing of that name can be in the folder. @throws Refusal when there is no account or folder */
function placeOf({ accounts }: Pick<Teaching, 'accounts'>, address: string, file: string): string | null {
  const account = accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  const folder = account.settings.knowledge
  if (folder === null) throw new Refusal('no-knowledge')
  const steps = file.split('/')
  const isPlain = steps.every((step) => step !== '' && !step.startsWith('.') && !/[\\\p{Cc}]/u.test(step))
  if (!isPlain || !isListed(file)) return null
  try {
    const path = join(realpathSync(folder), ...steps)
    return realpathSync(dirname(path)) === dirname(path) ? path : null
  } catch {
    return null
  }
}

/** Null if there is no regular file. */
function contentOf(path: string): Buffer | null {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return null
  return readRegular(path, Math.max(longestUpload, largestOf(path)))
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Letters of any script, but nothing invisible, nothing that changes the text direction or is special to a shell. */
function fittingName(name: string): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._()&+,'’-]{0,99}$/u.test(name.normalize('NFC')) || !isKnown(name))
    throw new Refusal('unfit-file-name')
}

function fittingContent({ file, octets }: FileChange): void {
  if (octets === null) return
  const most = isText(file) ? largestText : longestUpload
  if (octets.length === 0 || octets.length > most) throw new Refusal('unfit-file')
  if (isText(file) && octets.includes(0) && !isUtf16(octets)) throw new Refusal('unfit-file')
}

const storedChange = z.object({
  id: z.string(),
  account: z.string(),
  file: z.string(),
  /** Base64. */
  before: z.string().nullable(),
  after: z.string().nullable(),
})

const changesPlace = ({ config }: Pick<Teaching, 'config'>) =>
  join(config.state.directory, 'knowledge-changes')

interface Change extends Pick<FileChange, 'account' | 'file'> {
  before: Buffer | null
  after: string | null
}

function keepChange(context: Teaching, { before, ...change }: Change): string {
  const now = context.clock.now()
  const id = context.newId(now)
  const place = changesPlace(context)
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const stored = { id, ...change, before: before?.toString('base64') ?? null }
  writeFileSync(join(place, `${id}.json`), JSON.stringify(stored), { mode: 0o600, flag: 'wx' })
  const names = readdirSync(place).sort().reverse()
  const isOld = (name: string) => now.getTime() - statSync(join(place, name)).mtimeMs > kept.ms
  for (const [at, name] of names.entries())
    if (at >= kept.most || isOld(name)) rmSync(join(place, name), { force: true })
  return id
}

function changesIn(context: Teaching): z.infer<typeof storedChange>[] {
  const place = changesPlace(context)
  if (!isThere(place)) return []
  return readdirSync(place).flatMap((name) => {
    const read = storedChange.safeParse(contentAsJson(join(place, name)))
    return read.success && name === `${read.data.id}.json` ? [read.data] : []
  })
}

/** Undefined for a file that is incomplete, because the disk was full, or gone. The others can still be undone. */
function contentAsJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
