import { hash } from 'node:crypto'
import { decodeWords, plainLine } from './address.ts'
import { mailboxes } from './correspondents.ts'
import { fieldValues, type Message, type Part } from './message.ts'

type Contents = Pick<Message, 'fields' | 'structure' | 'text' | 'html'>

/**
 * Identifies a mail by its contents: author, date, subject, text, files, and the address for answers. A mail gives the
 * same digest by any route, regardless of trace fields and transfer encodings; a Message-ID proves nothing, because
 * the sender chooses it.
 * @returns its version, and SHA-256, hexadecimal
 */
export function mailDigest(message: Contents): string {
  const answer = ['reply-to', 'sender'].map((name) => [name, ...addressesIn(message, name)])
  const more = [...answer.filter(([, ...addresses]) => addresses.length > 0), ...filesIn(message.structure)]
  return `2:${hashOf([...contentsOf(message), ...more])}`
}

/** As earlier versions stored it: without the files and the address for answers. */
export function earlierDigest(message: Contents): string {
  return hashOf(contentsOf(message))
}

export const isEarlierDigest = (digest: string) => !digest.startsWith('2:')

function contentsOf(message: Contents): unknown[] {
  const values = (name: string) => fieldValues(message, name)
  return [
    addressesIn(message, 'from'),
    values('date').map(oneLine),
    values('subject').map((value) => oneLine(plainLine(decodeWords(value)))),
    oneLine(message.text),
    oneLine(message.html ?? ''),
    leafTypes(message.structure),
  ]
}

const hashOf = (named: readonly unknown[]) => hash('sha256', JSON.stringify(named))

const addressesIn = (message: Contents, name: string) =>
  mailboxes(message, name).map(({ address }) => address)

/** The size stands for the contents, which are not fetched. Text parts are left out: their text itself is compared. */
function filesIn(part: Part): number[] {
  if (part.children.length > 0) return part.children.flatMap(filesIn)
  return part.type.startsWith('text/') && part.disposition !== 'attachment' ? [] : [part.size]
}

/** Servers rewrap and re-encode, so white space is ignored. Single spaces, which are most of it, stay as they are. */
const oneLine = (text: string) => text.replace(/\s{2,}|[^\S ]/g, ' ').trim()

function leafTypes(part: Part): string[] {
  if (part.children.length > 0) return part.children.flatMap(leafTypes)
  return [`${part.type} ${part.filename ?? ''}`]
}
