/** What replyd itself knows of a mail, for the prompts: from its header, never from its text. */
import type { Owner } from '../../mail/account.ts'
import { decodeWords, domainPart, parseAddressList, plainLine } from '../../mail/address.ts'
import { authentication } from '../../mail/authentication.ts'
import { fieldValues, firstField, type Message, type Part } from '../../mail/message.ts'
import type { MailFacts } from './messages.ts'

const listFields = ['list-id', 'list-unsubscribe', 'list-post', 'precedence', 'feedback-id', 'auto-submitted']

/**
 * @param receivedAt INTERNALDATE
 * @param guardReason the guard's reason; `ok` when nothing fired
 */
export function mailFacts(
  message: Message,
  owner: Owner,
  known: { receivedAt: Date; firstContact: boolean | null; guardReason: string },
): MailFacts {
  const from = plainLine(decodeWords(firstField(message, 'from') ?? ''))
  const author = parseAddressList(firstField(message, 'from') ?? '')[0]?.address ?? ''
  const found = authentication(message, owner.authservIds, domainPart(author))
  const recipients = ['to', 'cc'].flatMap((name) => fieldValues(message, name).flatMap(parseAddressList))
  return {
    from,
    subject: plainLine(decodeWords(firstField(message, 'subject') ?? '')),
    received: known.receivedAt,
    firstContact: known.firstContact,
    authentication: found === 'dmarc-fail' ? 'fail' : found,
    listHeaders: listFields.filter((name) => firstField(message, name) !== null),
    attachments: attachmentNames(message.structure),
    hiddenText: message.hiddenText,
    guard: known.guardReason === 'ok' ? null : known.guardReason,
    recipients: recipients.length,
  }
}

function attachmentNames(part: Part): string[] {
  const own = part.filename && part.children.length === 0 ? [part.filename] : []
  return [...own, ...part.children.flatMap(attachmentNames)].slice(0, 10)
}
