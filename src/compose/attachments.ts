/**
 * Reads a mail's files for the model once, before triage, as far as `attachments` allows. Their text counts as the
 * sender's words: it is never a source or a proof, and starts no lookup.
 */
import { PermanentError } from '../base/errors.ts'
import { Semaphore } from '../base/semaphore.ts'
import type { Finding } from '../check/prefilter.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { Arrival } from '../context.ts'
import { Converter } from '../knowledge/conversion.ts'
import {
  type AttachedFile,
  attachmentsOf,
  filesIn,
  largestMail,
  type ReadAttachment,
  type TakenFile,
} from '../mail/attachments.ts'
import { mostImages } from '../model/prompts/attachments.ts'
import { cutMiddle } from '../model/prompts/untrusted.ts'
import { loadAttachments, saveAttachments } from '../store/bodies.ts'

type Kinds = AccountSettings['attachments']

/** Octets of one file, files of one mail, and rough tokens of a text that are kept. */
const most = { octets: 10_000_000, files: 5, tokens: 50_000 }
/** Octets. A smaller picture within the text is a logo or a smiley. */
const leastInline = 20_000
/** For one file, and for all of one mail, milliseconds. */
const withinMs = { file: 20_000, mail: 40_000 }

const kinds: Readonly<Record<keyof Kinds, { types: RegExp; names: RegExp; what: string }>> = {
  pdf: { types: /^application\/(?:x-)?pdf$/, names: /\.pdf$/i, what: 'PDF files' },
  office: {
    types: /^application\/vnd\.openxmlformats-officedocument\.wordprocessingml\.document$/,
    names: /\.docx$/i,
    what: 'DOCX files',
  },
  images: {
    types: /^image\/(?:png|jpe?g|gif|webp)$/,
    names: /\.(?:png|jpe?g|gif|webp)$/i,
    what: 'pictures',
  },
}

/** One worker for the mail of all accounts; nothing that strangers send is kept in files. */
const converter = new Converter(null, withinMs.file)
/** Whole mails in memory at the same time. */
const reading = new Semaphore(2)

/**
 * Empty if no kind is switched on, or the mail has no files.
 * @throws IMAP errors that a retry may fix
 */
export async function attachmentsFor(arrival: Arrival): Promise<readonly ReadAttachment[]> {
  const { context, account, mail } = arrival
  const wanted = account.settings.attachments
  const files = attachmentsOf(mail.message)
  if (files.length === 0 || !Object.values(wanted).includes(true)) return []
  const known = await loadAttachments(context.db, mail.row.id)
  if (known !== null) return known
  const leave = await reading.enter()
  try {
    const read = await readAll(arrival, files)
    await saveAttachments(context.db, mail.row.id, read)
    return read
  } finally {
    leave()
  }
}

async function readAll(arrival: Arrival, files: readonly AttachedFile[]): Promise<ReadAttachment[]> {
  const planned = planOf(files, arrival.account.settings.attachments)
  const take = planned.some(({ fault }) => fault === null) ? await sourceOf(arrival) : null
  const end = performance.now() + withinMs.mail
  const read: ReadAttachment[] = []
  for (const { file, kind, fault, byChoice } of planned) {
    const none = { ...file, text: null, image: null, ...(byChoice ? { byChoice } : {}) }
    if (fault !== null || kind === null) read.push({ ...none, fault })
    else if (performance.now() > end)
      read.push({ ...none, fault: 'the files of this mail take too long to read' })
    else read.push({ ...none, ...(await readFile(kind, take?.(file.path) ?? null)) })
  }
  return read
}

interface Planned {
  file: AttachedFile
  kind: keyof Kinds | null
  fault: string | null
  /** See ReadAttachment.byChoice. */
  byChoice: boolean
}

/** Which files are read, and why the others are not. */
export function planOf(files: readonly AttachedFile[], wanted: Kinds): Planned[] {
  let [count, pictures] = [0, 0]
  return files.map((file): Planned => {
    const kind = kindOf(file)
    const leave = (fault: string, byChoice: boolean) => ({ file, kind, fault, byChoice })
    if (kind === null) return leave('files of this kind are not read', true)
    if (!wanted[kind]) return leave(`${kinds[kind].what} are not read`, true)
    if (kind === 'images' && file.isInline && file.size < leastInline)
      return leave('it is a small picture within the text', true)
    if (file.size > most.octets) return leave('it is too large', false)
    if (count >= most.files || (kind === 'images' && pictures >= mostImages))
      return leave('there are too many files', false)
    count++
    if (kind === 'images') pictures++
    return { file, kind, fault: null, byChoice: false }
  })
}

function kindOf({ type, name }: AttachedFile): keyof Kinds | null {
  const names = Object.keys(kinds) as (keyof Kinds)[]
  const byType = names.find((kind) => kinds[kind].types.test(type))
  // Programs that do not know a file's type send application/octet-stream.
  const isUnnamed = type === 'application/octet-stream' || type === 'application/zip'
  return byType ?? (isUnnamed ? names.find((kind) => kinds[kind].names.test(name)) : undefined) ?? null
}

/** Null if the mail is no longer there. */
async function sourceOf({ account, mail: { row } }: Arrival) {
  try {
    const source = await account.imap.fetchSource(row.mailbox, row.uidValidity, row.uid, largestMail)
    return source === null ? null : filesIn(source)
  } catch (error) {
    if (error instanceof PermanentError) return null
    throw error
  }
}

type Read = Pick<ReadAttachment, 'text' | 'image' | 'fault'>

async function readFile(kind: keyof Kinds, taken: TakenFile | null): Promise<Read> {
  const nothing: Read = { text: null, image: null, fault: null }
  if (taken === null) return { ...nothing, fault: 'it is no longer in the mailbox' }
  const { octets } = taken
  if (octets.length > most.octets) return { ...nothing, fault: 'it is too large' }
  if (kind === 'images') return { ...nothing, ...(await converter.scale(octets)) }
  const converted = await converter.convert(kind === 'pdf' ? 'file.pdf' : 'file.docx', octets)
  if ('fault' in converted) return { ...nothing, fault: converted.fault }
  return { ...nothing, text: cutMiddle(converted.markdown, most.tokens).text }
}

/** The words of the files, for checks without a model. */
export const attachedText = (attachments: readonly ReadAttachment[]): string =>
  attachments.flatMap(({ text }) => text ?? []).join('\n')

/**
 * Files that keep a reply from being sent automatically: code cannot compare the reply with a picture, and the content
 * of a file that should have been read, but was not, is unknown.
 */
export const filesInDoubt = (attachments: readonly ReadAttachment[]): Finding[] =>
  attachments.flatMap(({ name, image, fault, byChoice }): Finding[] => {
    if (image !== null) return [{ claim: name, kind: 'picture' }]
    return fault === null || byChoice ? [] : [{ claim: `${name}: ${fault}`, kind: 'unread' }]
  })
