import type { Owner } from '../account.ts'
import type { Message } from '../message.ts'
import { addresseesOf, originatorOf } from './addressing.ts'
import type { ReplyHeader, ReplyKind } from './reply.ts'
import { replySubject } from './subject.ts'
import { threading } from './threading.ts'

/** The header that a reply would have; null when there is nobody to answer. Pure, builds nothing. */
export function replyHeader(
  original: Pick<Message, 'fields'>,
  owner: Owner,
  kind: ReplyKind,
): ReplyHeader | null {
  const to = addresseesOf(original, owner, kind).map(({ address }) => address)
  if (to.length === 0) return null
  return {
    from: originatorOf(original, owner),
    to,
    subject: replySubject(original),
    ...threading(original),
    autoSubmitted: kind === 'send' ? 'auto-replied' : null,
  }
}
