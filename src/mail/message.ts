/** A message as replyd sees it: pure values, the same whether they came from a file or from IMAP. */
import { messageIds } from './address.ts'
import type { Fault, FaultCode } from './fault.ts'

/** One header field of the outermost header block (RFC 5322 section 2.2). */
export interface Field {
  /** Lower case, without spaces before the colon (obsolete syntax, RFC 5322 section 4.5). */
  name: string
  /** Unfolded and trimmed, encoded words not decoded. Other octets than ASCII: see decodeUnlabelled. */
  value: string
}

/** A node of the MIME tree (RFC 2045). message/* parts are leaves: their contents are not part of the structure. */
export interface Part {
  /** IMAP section number: `1`, `1.2`; the root of a multipart is `''`, a single-part message is `1`. */
  path: string
  /** Lower-case media type, for example `text/plain`. */
  type: string
  /** Names in lower case, values decoded (RFC 2231). */
  parameters: Readonly<Record<string, string>>
  /** Lower case: `inline`, `attachment`, `reaction` (RFC 9078), or null when absent. */
  disposition: string | null
  /** Decoded, control characters and path separators removed; null when absent. */
  filename: string | null
  /** Content-Transfer-Encoding, lower case; `7bit` when absent. */
  encoding: string
  /** Octets as transferred (encoded). */
  size: number
  children: readonly Part[]
}

export interface Message {
  fields: readonly Field[]
  structure: Part
  /** The text parts as the author wrote them (text/plain preferred, else from HTML), quotes and signature included. */
  text: string
  /** The HTML part, unsanitised; null if there is none. Never display it without cleaning. */
  html: string | null
  /** True if text that a reader would not see (display:none, zero size, white on white) was removed from the HTML. */
  hiddenText: boolean
  /** What could not be read; empty for a sound message. */
  faults: readonly Fault[]
}

/** Values of every field of that name, in order of appearance. */
export function fieldValues(message: Pick<Message, 'fields'>, name: string): string[] {
  const wanted = name.toLowerCase()
  const values: string[] = []
  // Asked about 150 times for each mail, which has 50 fields: a function called for each field would cost more.
  for (const field of message.fields) if (field.name === wanted) values.push(field.value)
  return values
}

/** Value of the first field of that name, or null. */
export function firstField(message: Pick<Message, 'fields'>, name: string): string | null {
  return fieldValues(message, name)[0] ?? null
}

/** Faults that may hide words of the author that were not read. */
const unreadText: ReadonlySet<FaultCode> = new Set<FaultCode>([
  ...(['text-unread', 'text-cut', 'signature-unread', 'fetch-failed', 'no-structure'] as const),
  ...(['message-cut', 'nested-too-deep', 'too-many-parts'] as const),
])

/** Whether some of the text could not be read: such a mail needs a person, regardless of the rest. */
export function isTextUnread(message: Pick<Message, 'faults'>): boolean {
  return message.faults.some(({ code }) => unreadText.has(code))
}

/** Ids that a message names: its own, and those of the thread it claims to belong to. */
export function namedIds(message: Pick<Message, 'fields'>): { own: string | null; thread: string[] } {
  const thread = ['in-reply-to', 'references'].flatMap((name) =>
    fieldValues(message, name).flatMap(messageIds),
  )
  const own = fieldValues(message, 'message-id').flatMap(messageIds)[0] ?? null
  return { own, thread: [...new Set(thread)] }
}
