import type { Owner } from '../mail/account.ts'
import {
  decodeWords,
  domainPart,
  localWord,
  type Mailbox,
  messageIds,
  organisationalDomain,
  plainLine,
} from '../mail/address.ts'
import { type Authentication, authentication } from '../mail/authentication.ts'
import {
  type Correspondents,
  canonical,
  comparable,
  correspondents,
  mailboxes,
} from '../mail/correspondents.ts'
import { isMailboxProvider } from '../mail/local-parts.ts'
import { fieldValues, firstField, hasField, type Message, type Part } from '../mail/message.ts'
import { stripComments } from '../mail/mime/keyword.ts'
import { loopMarks } from './marks.ts'
import { partsOf } from './structure.ts'

/** What the rules need of the mail, read once from the outermost header block and the structure. */
export interface Facts extends Correspondents {
  message: Message
  owner: Owner
  parts: readonly Part[]
  /** Decoded, folded, trimmed; NFC (section 2.10). */
  subjects: readonly string[]
  /** Of every Message-ID field. */
  ownIds: readonly string[]
  /** In-Reply-To or References is not empty (section 2.11). */
  inThread: boolean
  /** Addresses of every Return-Path, as written, lower case. */
  reversePaths: readonly string[]
  /** Addresses by recipient field: To, Cc, then the rest of rule `not-addressed`. */
  to: readonly Mailbox[]
  cc: readonly Mailbox[]
  otherRecipients: readonly Mailbox[]
  words: Words
  lists: ListMarks
  loop: ReturnType<typeof loopMarks>
  /** Our own web form wrote it, as us or as its visitor (rule `contact-form`). */
  isContactForm: boolean
  /** The same, recognised by one of our addresses in From; such mail is not `self-sent`. */
  isFormAsOwner: boolean
  authentication: Authentication
}

/** Local part words (section 2.8): most rules about an address look at its word. */
interface Words {
  authors: readonly string[]
  senders: readonly string[]
  replyTo: readonly string[]
  /** Null if there is no target. */
  target: string | null
}

/** The guard judges a mail up to three times: when it arrives, before its reply is sent, and once that is claimed. */
const known = new WeakMap<Message, Facts>()

/** The same object each time. */
export function factsOf(message: Message, owner: Owner): Facts {
  const found = known.get(message)
  if (found?.owner === owner) return found
  const facts = readMail(message, owner)
  known.set(message, facts)
  return facts
}

function readMail(message: Message, owner: Owner): Facts {
  const people = correspondents(message, owner)
  const { authors, senders, replyTo, foreignReplyTo, visitor, target, targetElsewhere, isOwn } = people
  const reversePaths = mailboxes(message, 'return-path').map(({ address }) => comparable(address))
  const literallyOwn = new Set([owner.address, ...owner.aliases].map(canonical))
  const [author] = authors
  // Including the tag: the envelope of a forwarder, me+caf_=...@, is not a form.
  const isFormByEnvelope = isForeign(authors, isOwn) && reversePaths.some((path) => literallyOwn.has(path))
  const isFormAsOwner = writesAsOwner(people)
  // Written out, because copying an object and adding properties costs a quarter of the reading.
  return {
    authors,
    senders,
    replyTo,
    foreignReplyTo,
    visitor,
    target,
    targetElsewhere,
    isOwn,
    message,
    owner,
    parts: partsOf(message),
    subjects: fieldValues(message, 'subject').map(decodedSubject),
    ownIds: fieldValues(message, 'message-id').flatMap(idsOf),
    inThread: isFilled(message, 'in-reply-to') || isFilled(message, 'references'),
    reversePaths,
    to: mailboxes(message, 'to'),
    cc: mailboxes(message, 'cc'),
    otherRecipients: ['bcc', 'resent-to', 'resent-cc', 'resent-bcc'].flatMap((name) =>
      mailboxes(message, name),
    ),
    words: {
      authors: wordsOf(authors),
      senders: wordsOf(senders),
      replyTo: wordsOf(replyTo),
      target: target === null ? null : localWord(target.address),
    },
    lists: listMarks(message, owner),
    loop: loopMarks(message, isOwn),
    isFormAsOwner,
    isContactForm: isFormAsOwner || isFormByEnvelope || writesAsVisitor(people),
    authentication: authentication(message, owner.authservIds, domainPart(author?.address ?? '')),
  }
}

/** A form that writes as the owner, with its one visitor in Reply-To or Sender. */
function writesAsOwner({ authors, foreignReplyTo, visitor, isOwn }: Correspondents): boolean {
  const [author] = authors
  if (author === undefined || authors.length > 1 || !isOwn(author.address)) return false
  return foreignReplyTo.length === 1 || visitor !== null
}

/** A form that writes as its visitor and directs answers to the owner, or sends for the visitor. */
function writesAsVisitor({ authors, senders, replyTo, isOwn }: Correspondents): boolean {
  const own = ({ address }: Mailbox) => isOwn(address)
  return isForeign(authors, isOwn) && (senders.some(own) || (replyTo.length > 0 && replyTo.every(own)))
}

/** True when there are addresses and none of them is the owner's. */
export function isForeign(list: readonly Mailbox[], isOwn: (address: string) => boolean): boolean {
  return list.length > 0 && !list.some(({ address }) => isOwn(address))
}

function decodedSubject(value: string): string {
  return plainLine(decodeWords(value)).normalize('NFC')
}

const isFilled = (message: Pick<Message, 'fields'>, name: string) =>
  fieldValues(message, name).some((value) => value.trim() !== '')

/** The ids of a Message-ID field; a bare one gets its brackets. */
function idsOf(value: string): string[] {
  const found = messageIds(value)
  if (found.length > 0) return found
  const bare = stripComments(value).trim()
  return /^[^\s<>]+$/.test(bare) ? [`<${bare}>`] : []
}

/** Ids with and without brackets are equal. */
export function holdsId(ids: ReadonlySet<string>, id: string): boolean {
  return ids.has(id) || ids.has(id.slice(1, -1))
}

function wordsOf(list: readonly Mailbox[]): string[] {
  return list.map(({ address }) => localWord(address))
}

/** Whether two addresses belong to one organisation. Addresses at a mailbox provider belong to strangers. */
export function sameOrganisation(left: string, right: string): boolean {
  const organisation = organisationalDomain(domainPart(left))
  return organisation === organisationalDomain(domainPart(right)) && !isMailboxProvider(organisation)
}

/**
 * The local part words of Sender and Reply-To, including those without a domain: `Sender: mailer-daemon` is not an
 * address, but it is telling (RFC 7103).
 */
export function bareWords(message: Pick<Message, 'fields'>, name: string): string[] {
  return fieldValues(message, name)
    .filter((value) => !value.includes('@'))
    .map((value) => localWord(stripComments(value).replace(/[<>]/g, '').trim()))
}

export function firstReversePathWord(message: Pick<Message, 'fields'>): string | null {
  const value = firstField(message, 'return-path')
  const [mailbox] =
    value === null ? [] : mailboxes({ fields: [{ name: 'return-path', value }] }, 'return-path')
  return mailbox ? localWord(mailbox.address) : null
}

/** RFC 2369, RFC 2919 and their predecessors. With any value: `List-Post: NO` is a list field, too. */
const listFields = (
  'list-id list-post list-owner list-subscribe list-help list-archive mailing-list x-mailing-list x-ml-name ' +
  'x-beenthere x-mailman-version x-google-group-id'
).split(' ')

/** Fields that mass mailers add for their statistics and complaints (CFBL-Address: RFC 9477). */
const campaignFields = (
  'feedback-id x-campaign x-campaignid x-campaign-id x-csa-complaints x-msfbl cfbl-address cfbl-feedback-id ' +
  'x-mailing-id x-mailingid x-mailjet-campaign x-mc-user x-mailchimp-campaign x-bulkmail x-massmail x-newsletter x-sib-id ' +
  'x-rpcampaign x-cmail-gameid x-emarsys-identify x-mailer-recptid x-job'
).split(' ')

interface ListMarks {
  /** Any list field except List-Unsubscribe, which senders also add to personal letters. */
  isList: boolean
  /** It came through one of the owner's own lists and no other. */
  isOwnList: boolean
  /** List-Unsubscribe (RFC 8058). */
  canUnsubscribe: boolean
  /** A field that mass mailers add. */
  isCampaign: boolean
}

function listMarks(message: Pick<Message, 'fields'>, owner: Owner): ListMarks {
  const has = (name: string) => hasField(message, name)
  const ids = fieldValues(message, 'list-id').map(listIdentifier)
  const own = ids.length > 0 ? owner.ownLists.map(listIdentifier) : []
  return {
    isList: listFields.some(has),
    isOwnList: ids.length > 0 && ids.every((id) => own.includes(id)),
    canUnsubscribe: has('list-unsubscribe'),
    isCampaign: campaignFields.some(has),
  }
}

/** The text of the last angle brackets, otherwise the whole value (RFC 2919 section 3 puts it last). */
function listIdentifier(value: string): string {
  const open = value.lastIndexOf('<')
  const close = value.indexOf('>', open)
  return (open >= 0 && close > open ? value.slice(open + 1, close) : value).trim().toLowerCase()
}
