import { reasonOf } from '../base/errors.ts'
import type { GuardCode } from '../base/reasons.ts'
import { applyGuard, type Ceiling, freshContext, guardError } from '../guard/ceiling.ts'
import type { Owner } from '../mail/account.ts'
import { domainPart } from '../mail/address.ts'
import { authentication } from '../mail/authentication.ts'
import { comparable, mailboxes, ownAddressTest } from '../mail/correspondents.ts'
import type { Message } from '../mail/message.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { replyHeader } from '../mail/reply/build.ts'
import type { ReplyHeader } from '../mail/reply/reply.ts'
import { matterOf } from '../mail/text/passed-on.ts'

/** What replyd would do with a message, without a model and without history. */
export interface Explanation {
  file: string
  decision: Ceiling
  /** The deciding code; `ok` if no rule fires. */
  reason: GuardCode
  /** Every code that fired, in the order of the tables. */
  codes: readonly GuardCode[]
  /** What the trusted Authentication-Results say about the author's domain; `none` also if no server is trusted. */
  authentication: 'pass' | 'fail' | 'none'
  /** The author's own words, and below them what they forward: quotes and signature cut. */
  text: string
  /** The header that a reply would have; null if there is nobody to answer. */
  reply: ReplyHeader | null
}

/**
 * Explains a message as if it had just arrived in the inbox. Never throws: an unreadable one gets a draft at most.
 * @param file a name to show
 */
export function explainOctets(file: string, octets: Buffer, owner: Owner, now: Date): Explanation {
  try {
    const message = parseOctets(octets)
    const { decision, reason, codes } = applyGuard(message, owner, freshContext(now))
    const reply = replyHeader(message, owner, decision === 'may' ? 'send' : 'draft')
    const found = authenticationOf(message, owner)
    const text = matterOf(message, ownAddressTest(owner))
    return { file, decision, reason, codes, authentication: found, text, reply }
  } catch (error) {
    return {
      file,
      decision: 'draft',
      reason: guardError,
      codes: [guardError],
      authentication: 'none',
      text: reasonOf(error),
      reply: null,
    }
  }
}

function authenticationOf(message: Message, owner: Owner): Explanation['authentication'] {
  const author = mailboxes(message, 'from')[0]?.address ?? ''
  const found = authentication(message, owner.authservIds, domainPart(author))
  return found === 'pass' ? 'pass' : found === 'dmarc-fail' ? 'fail' : 'none'
}

/** Fields that name the recipient of a message, most trustworthy first. */
const deliveryFields = ['delivered-to', 'x-original-to', 'envelope-to', 'to', 'cc']

/**
 * Guesses the owner of a message: the first address that it was delivered or written to and that did not write it.
 */
export function guessOwner(message: Pick<Message, 'fields'>): Owner {
  const authors = new Set(mailboxes(message, 'from').map(({ address }) => comparable(address)))
  const addressees = deliveryFields
    .flatMap((name) => mailboxes(message, name))
    .map(({ address }) => comparable(address))
  const address = addressees.find((one) => !authors.has(one)) ?? addressees[0] ?? 'owner@example.invalid'
  return { address, aliases: [], displayName: null, authservIds: [], ownLists: [] }
}
