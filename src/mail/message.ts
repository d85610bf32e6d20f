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

/** By header: about 150 values are asked for of each mail, which has 50 fields. */
const indexes = new WeakMap<Message['fields'], ReadonlyMap<string, readonly string[]>>()

function indexOf(fields: Message['fields']): ReadonlyMap<string, readonly string[]> {
  const known = indexes.get(fields)
  if (known) return known
  const index = new Map<string, string[]>()
  for (const { name, value } of fields) {
    const values = index.get(name)
    if (values) values.push(value)
    else index.set(name, [value])
  }
  indexes.set(fields, index)
  return index
}

const noValues: readonly string[] = []

/** Values of every field of that name, in order of appearance. */
export function fieldValues(message: Pick<Message, 'fields'>, name: string): readonly string[] {
  return indexOf(message.fields).get(name.toLowerCase()) ?? noValues
}

/** Whether there is a field of that name, even an empty one. @param name lower case */
export function hasField(message: Pick<Message, 'fields'>, name: string): boolean {
  return indexOf(message.fields).has(name)
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

interface NamedIds {
  own: string | null
  /** In-Reply-To and References, each id once. */
  thread: readonly string[]
}

/** By header: the guard asks four times for one mail. */
const named = new WeakMap<Message['fields'], NamedIds>()

/** Ids that a message names: its own, and those of the thread it claims to belong to. */
export function namedIds(message: Pick<Message, 'fields'>): NamedIds {
  const known = named.get(message.fields)
  if (known) return known
  const idsIn = (name: string) => fieldValues(message, name).flatMap(messageIds)
  const thread = [...new Set([...idsIn('in-reply-to'), ...idsIn('references')])]
  const ids = { own: idsIn('message-id')[0] ?? null, thread }
  named.set(message.fields, ids)
  return ids
}
