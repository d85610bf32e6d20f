import { createHash } from 'node:crypto'
import { decodeWords, parseAddressList, plainLine } from './address.ts'
import { fieldValues, type Message, type Part } from './message.ts'

/**
 * Identifies a mail by its contents: author, date, subject and text. Two routes of one mail give the same digest,
 * whatever trace fields and transfer encodings they add; a Message-ID alone proves nothing, because the sender
 * chooses it.
 * @returns SHA-256, hexadecimal
 */
export function mailDigest(message: Pick<Message, 'fields' | 'structure' | 'text' | 'html'>): string {
  const values = (name: string) => fieldValues(message, name)
  const named = [
    values('from').flatMap((value) => parseAddressList(value).map(({ address }) => address)),
    values('date').map(oneLine),
    values('subject').map((value) => oneLine(plainLine(decodeWords(value)))),
    oneLine(message.text),
    oneLine(message.html ?? ''),
    leafTypes(message.structure),
  ]
  return createHash('sha256').update(JSON.stringify(named)).digest('hex')
}

/** Servers rewrap and re-encode, so white space is ignored. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

function leafTypes(part: Part): string[] {
  if (part.children.length > 0) return part.children.flatMap(leafTypes)
  return [`${part.type} ${part.filename ?? ''}`]
}
