import type { Owner } from '../account.ts'
import { type Mailbox, plainLine, withoutTag } from '../address.ts'
import { canonical, correspondents, distinct, mailboxes } from '../correspondents.ts'
import type { Message } from '../message.ts'
import type { ReplyKind } from './reply.ts'

/** The longest display name that is repeated, in characters. */
const longestName = 100

/**
 * To (section 5.3): the foreign Reply-To addresses, otherwise the first From address. Never Sender, Return-Path or
 * Resent-From, never Cc. A sent reply has exactly one; several Reply-To addresses only for a draft. Empty if there is
 * nobody to answer.
 */
export function addresseesOf(original: Pick<Message, 'fields'>, owner: Owner, kind: ReplyKind): Mailbox[] {
  const { foreignReplyTo, target } = correspondents(original, owner)
  if (kind === 'draft' && foreignReplyTo.length > 0) return distinct(foreignReplyTo)
  return target === null ? [] : [target]
}

/** Fields that may contain one of our addresses, most significant first. */
const deliveryFields = ['to', 'cc', 'resent-to', 'resent-cc', 'delivered-to', 'x-original-to', 'envelope-to']

/** From (section 5.3): the address that was written to, without tag; else the account address. */
export function originatorOf(original: Pick<Message, 'fields'>, owner: Owner): string {
  const { isOwn } = correspondents(original, owner)
  for (const name of deliveryFields) {
    const written = mailboxes(original, name).find(({ address }) => isOwn(address))
    if (written) return withoutTag(canonical(written.address))
  }
  return withoutTag(canonical(owner.address))
}

/** With the names that may be repeated. */
export const named = (list: readonly Mailbox[]): Mailbox[] =>
  list.map(({ name, address }) => ({ name: displayName(name), address }))

/**
 * A display name that is safe to repeat in a header: one line, no quotes, and nothing that looks like an address,
 * which would show a different recipient. Empty if nothing is left.
 */
export function displayName(name: string): string {
  const plain = plainLine(name.replace(/"|=(?=\?)/g, ' '))
  if (/[@＠﹫]/u.test(plain) || [...plain].length > longestName) return ''
  return plain
}
