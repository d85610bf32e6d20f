import { messageIds, stripComments } from '../address.ts'
import { fieldValues, firstField, type Message } from '../message.ts'

/** Characters; a longer id would not fit a line of RFC 5322 section 2.1.1. */
const longestId = 900
const mostReferences = 20

/** In-Reply-To and References of a reply (RFC 5322 section 3.6.4, docs/rules.md section 5.5). */
export function threading(original: Pick<Message, 'fields'>): {
  inReplyTo: string | null
  references: string[]
} {
  const inReplyTo = parentId(original)
  const chain = ancestors(original)
  if (inReplyTo === null) return { inReplyTo, references: shortened(unique(chain)) }
  const others = unique(chain).filter((id) => id !== inReplyTo)
  return { inReplyTo, references: shortened([...others, inReplyTo]) }
}

/** The first id of the first Message-ID field; a bare `left@right` is given its brackets. */
function parentId(original: Pick<Message, 'fields'>): string | null {
  const value = firstField(original, 'message-id') ?? ''
  const bare = stripComments(value).trim()
  const id = messageIds(value)[0] ?? messageIds(`<${bare}>`)[0]
  return id !== undefined && isWritable(id) ? id : null
}

/** The ids of References; without any, that of In-Reply-To if it is the only one. */
function ancestors(original: Pick<Message, 'fields'>): string[] {
  const references = fieldValues(original, 'references').flatMap(messageIds).filter(isWritable)
  if (references.length > 0) return references
  const parents = fieldValues(original, 'in-reply-to').flatMap(messageIds)
  return parents.length === 1 ? parents.filter(isWritable) : []
}

/** Ids outside ASCII (RFC 6532) could only be written to a server with SMTPUTF8: passed over. */
function isWritable(id: string): boolean {
  return id.length <= longestId && /^[\x21-\x7e]+$/.test(id)
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)]
}

/** The root of the thread and the latest ids: what mail programs thread by. */
function shortened(ids: readonly string[]): string[] {
  return [...ids.slice(0, 1), ...ids.slice(1).slice(1 - mostReferences)]
}
