/** The owner approves in their own mail client: the draft is sent as it is in the mailbox, edits included. */

import type { Reason } from '../base/reasons.ts'
import type { Account, StepContext } from '../context.ts'
import { parseAddressList } from '../mail/address.ts'
import { fieldValues, firstField, type Message } from '../mail/message.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { approvedOctets } from '../mail/reply/approved.ts'
import { textHash } from '../mail/reply/build.ts'
import { editShare, unifiedDiff } from '../mail/text/edits.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { MessageRow } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'

/** With more recipients it is a mailing, which belongs in the owner's own client. */
const mostAddressees = 50

/** Fixes the octets and starts the send protocol, in one transaction. True if it may be sent. */
export async function approveAsItStands(
  context: StepContext,
  account: Account,
  { row, reply }: { row: MessageRow; reply: ReplyRow },
  { octets, ...place }: MailInMailbox,
): Promise<boolean> {
  const message = parseOctets(octets)
  const obstacle = obstacleOf(message, octets, account)
  const now = context.clock.now()
  const text = visibleText(message).text
  const messageId = firstField(message, 'message-id') ?? reply.replyMessageId
  const edited = editShare(reply.text, text) > 0
  const change = { id: row.id, at: row.step, actor: 'owner' } as const
  const found = {
    saved: { ...place, size: octets.length },
    ...(edited ? { text, textHash: textHash(text), diff: unifiedDiff(reply.text, text) } : {}),
  }
  if (obstacle !== null) {
    await move(context.db, 'refuseDraft', { ...change, reason: obstacle, reply: found }, now)
    return false
  }
  const fixed = {
    ...found,
    octets: approvedOctets(octets, { messageId, date: now }),
    addressees: addresseesOf(message),
    replyMessageId: messageId,
    kind: 'draft',
    sendAfter: null,
  } as const
  const approved = { ...change, reason: 'approved-by-flag', reply: fixed } as const
  return (await move(context.db, 'approve', approved, now)) !== null
}

/** To, Cc and Bcc as the owner wrote them. */
function addresseesOf(message: Message): string[] {
  const all = ['to', 'cc', 'bcc'].flatMap((name) => fieldValues(message, name).flatMap(parseAddressList))
  return [...new Set(all.map(({ address }) => address))]
}

/** Why it can't be sent from here; the owner's own client can still send it. */
function obstacleOf(message: Message, octets: Buffer, { settings }: Account): Reason | null {
  if (octets.length > longestDraft) return 'draft-too-long'
  const addressees = addresseesOf(message)
  if (addressees.length === 0) return 'draft-without-addressee'
  if (addressees.length > mostAddressees) return 'draft-with-too-many-addressees'
  const from = fieldValues(message, 'from').flatMap(parseAddressList)
  const { address, aliases } = settings.owner
  const own = from.length === 1 && from.every((author) => [address, ...aliases].includes(author.address))
  return own ? null : 'draft-from-another-address'
}

/** A mail as stored in a mailbox. */
export interface MailInMailbox {
  mailbox: string
  uidValidity: string
  uid: number
  octets: Buffer
}

/** Octets. Longer drafts are left to the owner's own client. */
export const longestDraft = 25 * 1024 * 1024
