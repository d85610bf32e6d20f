/** Finds mails: new ones by UID, known ones by Message-ID. A missing answer is never treated as "none". */
import type { ImapFlow, SearchObject } from 'imapflow'
import { TemporaryError } from '../base/errors.ts'
import { fieldValues } from '../mail/message.ts'
import { parseFields } from '../mail/mime/header.ts'

const DAY_MS = 86_400_000

/** SEARCH that throws where imapflow returns false (refused) or undefined (nothing selected). Ascending. */
export async function search(client: ImapFlow, query: SearchObject): Promise<number[]> {
  const uids = await client.search(query, { uid: true })
  if (!Array.isArray(uids)) throw new TemporaryError('IMAP SEARCH gave no answer')
  return uids
}

/** `N:*` also names the last mail when N is beyond it (RFC 3501 section 6.4.8), so the result is filtered. */
export async function uidsAfter(client: ImapFlow, after: number): Promise<number[]> {
  const uids = await search(client, { uid: `${after + 1}:*` })
  return uids.filter((uid) => uid > after)
}

/** Without those that are marked `\Deleted` and wait to be expunged (RFC 3501 section 2.3.2). */
export function uidsUndeleted(client: ImapFlow): Promise<number[]> {
  return search(client, { deleted: false })
}

/** A day earlier than asked: SINCE compares days in the server's time zone. */
export function uidsSince(client: ImapFlow, date: Date): Promise<number[]> {
  return search(client, { since: new Date(date.getTime() - DAY_MS) })
}

/** RFC 3501 section 6.4.4. */
export function uidsWithKeyword(client: ImapFlow, keywords: readonly string[]): Promise<number[]> {
  const wanted: SearchObject[] = keywords.map((keyword) => ({ keyword }))
  return search(client, wanted.length === 1 ? { ...wanted[0] } : { or: wanted })
}

/** A Message-ID without angle brackets and without the spaces that folding may have left inside. */
export function bareId(messageId: string): string {
  return messageId.replace(/\s+/g, '').replace(/^<|>$/g, '')
}

/** The ids in a field; one without angle brackets counts as a whole. */
export const idsIn = (value: string): string[] => (value.match(/<[^<>]*>/g) ?? [value]).map(bareId)

/**
 * UIDs of the mails that have exactly this id in one of these fields: HEADER in SEARCH matches substrings.
 * @param since only mails of that day or later
 */
export async function findById(
  client: ImapFlow,
  fields: readonly string[],
  messageId: string,
  since: Date | undefined,
): Promise<number[]> {
  const id = bareId(messageId)
  // HEADER with an empty string would match every mail that has the field.
  if (id === '') return []
  const wanted: SearchObject[] = fields.map((field) => ({ header: { [field]: id } }))
  const query: SearchObject = wanted.length === 1 ? { ...wanted[0] } : { or: wanted }
  if (since) query.since = new Date(since.getTime() - DAY_MS)
  const candidates = await search(client, query)
  if (candidates.length === 0) return []
  const found = new Set<number>()
  for (const row of await client.fetchAll(candidates, { uid: true, headers: [...fields] }, { uid: true })) {
    const header = { fields: parseFields(row.headers ?? Buffer.alloc(0)) }
    const ids = fields.flatMap((field) => fieldValues(header, field).flatMap(idsIn))
    if (row.uid && ids.includes(id)) found.add(row.uid)
  }
  return [...found].sort((a, b) => a - b)
}
