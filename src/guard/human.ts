/** Who answers HUMAN to a reply that was sent by itself gets a person, and no such reply in that thread any more. */
import { parseAddressList } from '../mail/address.ts'
import { fieldValues } from '../mail/message.ts'
import { asksForHuman } from '../mail/reply/automatic.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { StoredMail } from '../store/bodies.ts'
import { namedIds } from '../store/guard-context.ts'
import type { GuardContext } from './ceiling.ts'

/** Whether a person is wanted by somebody who was written to automatically: lately, or in the thread that they answer. */
export function wantsPerson({ message }: StoredMail, { autoSent }: GuardContext): boolean {
  if (autoSent.length === 0 || !asksForHuman(visibleText(message).text)) return false
  const authors = new Set(
    fieldValues(message, 'from')
      .flatMap(parseAddressList)
      .map(({ address }) => address),
  )
  const { thread } = namedIds(message)
  return autoSent.some(({ to, messageId }) => authors.has(to) || thread.includes(messageId ?? ''))
}
