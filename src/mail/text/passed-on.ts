/** What a mail passes on in addition to its author's own words: a forwarded mail, or a quotation. */
import { decodeWords, parseAddressList } from '../address.ts'
import { fieldValues, firstField, type Message } from '../message.ts'
import { headerRole } from './phrases.ts'
import { visibleText } from './visible.ts'

interface PassedOnText {
  kind: 'FORWARDED' | 'QUOTED'
  text: string
}

/** Prefixes that mail programs put before the subject of a forwarded mail, in the languages they are translated into. */
const forwarding =
  /^\s*(?:\[[^\]]{1,40}\]\s*){0,3}(?:fwd?|wg|tr|rv|rif|i|doorst|vb|vs|vl|pd|továbbítás|továbbított|ilt|İlt|enc|trs|fs|转发|轉寄|転送|전달|пересл|пер)\s*(?:\[\d+\])?\s*[:：]/iu

/** Words in the first lines of a forwarded mail, in those languages. */
const forwarded =
  /forward|\bfwd\b|weitergeleitet|transféré|réexpédié|reenviad|inoltrat|encaminhad|doorgestuurd|vidarebefordra|videresend|välitetty|edelleenlähetetty|przekazan|přeposlan|preposlan|пересл|пересыла|переадрес|переслан|转发|轉寄|転送|전달|iletil|továbbított|προωθημ|redirecționat|proslijeđen|posredovan/iu

/**
 * What the mail is about: the author's own words, and below them the mail of somebody else that they pass on. A forward
 * of the owner's own mail is history.
 * @param isOwn tests for the owner's addresses
 */
export function matterOf(
  message: Pick<Message, 'fields' | 'text'>,
  isOwn: (address: string) => boolean,
): string {
  const { text, quoted } = visibleText(message)
  const head = quoted
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 2)
    .join('\n')
  const isForward = forwarding.test(subjectOf(message)) || forwarded.test(head)
  if (!isForward || !hasBody(quoted) || quotesOwner(quoted, isOwn)) return text
  return `${text}\n\n${unmarked(quoted)}`.trim()
}

/** False when only the header is quoted: the forwarded text is what the mail says, as its author adds nothing. */
function hasBody(quoted: string): boolean {
  const lines = quoted.split('\n').map((line) => line.replace(/^[\s>]+/, ''))
  const lastLabel = lines.slice(0, 15).findLastIndex((line) => headerRole(line) !== null)
  return lines.slice(Math.max(lastLabel, 0) + 1).some((line) => /[\p{L}\p{N}]/u.test(line))
}

/** In HTML mail, a forwarded mail has quote marks. */
function unmarked(quoted: string): string {
  const lines = quoted.split('\n')
  const isMarked = lines.every((line) => line.trim() === '' || line.startsWith('>'))
  return isMarked ? lines.map((line) => line.replace(/^> ?/, '')).join('\n') : quoted
}

const subjectOf = (message: Pick<Message, 'fields'>) => decodeWords(firstField(message, 'subject') ?? '')

/** The first address in it, which is its author's, is the owner's. */
function quotesOwner(quoted: string, isOwn: (address: string) => boolean): boolean {
  const head = quoted.split('\n').slice(0, 8).join('\n')
  return (head.match(/[^\s<>":;,]+@[^\s<>":;,]+/g) ?? [])
    .flatMap((address) => parseAddressList(address))
    .slice(0, 1)
    .some(({ address }) => isOwn(address))
}

type IsOwn = (address: string) => boolean

/** Every question about a mail asks for it, and so does the check of a draft. */
const read = new WeakMap<object, { isOwn: IsOwn; found: PassedOnText | null }>()

/**
 * Null if it passes nothing on. A text that answers nothing and quotes somebody other than the owner is forwarded.
 * @param isOwn tests for the owner's addresses
 */
export function passedOn(message: Pick<Message, 'fields' | 'text'>, isOwn: IsOwn): PassedOnText | null {
  const known = read.get(message)
  if (known?.isOwn === isOwn) return known.found
  const found = readPassedOn(message, isOwn)
  read.set(message, { isOwn, found })
  return found
}

function readPassedOn(message: Pick<Message, 'fields' | 'text'>, isOwn: IsOwn): PassedOnText | null {
  const text = visibleText(message).quoted.trim()
  if (!/[\p{L}\p{N}]/u.test(text)) return null
  const answers = ['in-reply-to', 'references'].some((name) => fieldValues(message, name).length > 0)
  const isForward = forwarding.test(subjectOf(message)) || (!answers && !quotesOwner(text, isOwn))
  return { kind: isForward ? 'FORWARDED' : 'QUOTED', text }
}
