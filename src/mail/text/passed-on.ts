/** What a mail passes on besides its author's own words: a forwarded mail, or a quotation. */
import { decodeWords, parseAddressList } from '../address.ts'
import { fieldValues, firstField, type Message } from '../message.ts'
import { visibleText } from './visible.ts'

export interface PassedOnText {
  kind: 'FORWARDED' | 'QUOTED'
  text: string
}

/** Prefixes that mail programs put before the subject of a forwarded mail, in the languages they are translated to. */
const forwarding =
  /^\s*(?:fwd?|wg|tr|rv|rif|i|doorst|vb|vs|vl|pd|továbbítás|továbbított|ilt|İlt|enc|trs|fs|转发|轉寄|転送|전달|пересл|пер)\s*(?:\[\d+\])?\s*[:：]/iu

/**
 * Null if it passes nothing on. A text that answers nothing and quotes somebody other than the owner is forwarded.
 * @param isOwn tests for the owner's addresses
 */
export function passedOn(
  message: Pick<Message, 'fields' | 'text'>,
  isOwn: (address: string) => boolean,
): PassedOnText | null {
  const text = visibleText(message).quoted.trim()
  if (!/[\p{L}\p{N}]/u.test(text)) return null
  const subject = decodeWords(firstField(message, 'subject') ?? '')
  const answers = ['in-reply-to', 'references'].some((name) => fieldValues(message, name).length > 0)
  const head = text.split('\n').slice(0, 8).join('\n')
  const quotesOwner = (head.match(/[^\s<>":;,]+@[^\s<>":;,]+/g) ?? [])
    .flatMap((address) => parseAddressList(address))
    .slice(0, 1)
    .some(({ address }) => isOwn(address))
  const forwarded = forwarding.test(subject) || (!answers && !quotesOwner)
  return { kind: forwarded ? 'FORWARDED' : 'QUOTED', text }
}
