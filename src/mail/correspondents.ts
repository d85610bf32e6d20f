import { memoizedAddresses } from '../base/lru.ts'
import type { Owner } from './account.ts'
import {
  domainPart,
  localWord,
  type Mailbox,
  organisationalDomain,
  parseAddressList,
  withoutTag,
} from './address.ts'
import {
  isLooseNoReply,
  isMailboxProvider,
  isRobotWord,
  isStrictNoReply,
  isSystemAuthor,
} from './local-parts.ts'
import { fieldValues, type Message } from './message.ts'

/** Who wrote a message, who received it, and where an answer would go. */
export interface Correspondents {
  /** The addresses of every From field. */
  authors: readonly Mailbox[]
  /** The addresses of Sender. */
  senders: readonly Mailbox[]
  replyTo: readonly Mailbox[]
  /** The Reply-To addresses that are not the owner's, without duplicates. */
  foreignReplyTo: readonly Mailbox[]
  /** The person who filled in a form that writes as the owner and has no Reply-To; null for other mail. */
  visitor: Mailbox | null
  /** The only address that an automatic reply would go to (section 2.9); null if there is none. */
  target: Mailbox | null
  /** True if the target is in Reply-To and not in From. */
  targetElsewhere: boolean
  isOwn: (address: string) => boolean
}

/** The normal form for comparing addresses: lower case, tags kept (section 2.5). */
export function comparable(address: string): string {
  return address.toLowerCase()
}

/** The same for an address from outside the message, which may contain quotes, or letters that need A-labels. */
export function canonical(address: string): string {
  return comparable(parseAddressList(address)[0]?.address ?? address)
}

/** By header: guard, reply and recheck ask for the same fields of one message, some of them several times. */
const read = new WeakMap<Message['fields'], Map<string, readonly Mailbox[]>>()

function listsOf(fields: Message['fields']): Map<string, readonly Mailbox[]> {
  const known = read.get(fields)
  if (known) return known
  const lists = new Map<string, readonly Mailbox[]>()
  read.set(fields, lists)
  return lists
}

/** The mailboxes in every field of that name, group members included (RFC 5322 section 3.4). */
export function mailboxes({ fields }: Pick<Message, 'fields'>, name: string): readonly Mailbox[] {
  const lists = listsOf(fields)
  const known = lists.get(name)
  if (known) return known
  const values = fieldValues({ fields }, name)
  const [value] = values
  // There is nearly always just one.
  const list =
    values.length === 1 && value !== undefined
      ? parseAddressList(value)
      : values.flatMap((each) => parseAddressList(each))
  lists.set(name, list)
  return list
}

/**
 * Returns a test for the owner's addresses: account address and aliases, whole, in any case, `+tag` removed on both
 * sides (section 2.6). harbor.example.evil.example is not harbor.example.
 */
export function ownAddressTest(owner: Owner): (address: string) => boolean {
  const known = tests.get(owner)
  if (known) return known
  const own = new Set([owner.address, ...owner.aliases].map((address) => bare(canonical(address))))
  const test = (address: string) => own.has(bare(address))
  tests.set(owner, test)
  return test
}

const tests = new WeakMap<Owner, (address: string) => boolean>()

function bare(address: string): string {
  return comparable(withoutTag(address))
}

/** Each address once, in order of appearance. */
export function distinct(list: readonly Mailbox[]): Mailbox[] {
  const seen = new Set<string>()
  return list.filter(({ address }) => {
    const key = comparable(address)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Every step asks for them, some several times. */
const lastRead = new WeakMap<Message['fields'], { owner: Owner; found: Correspondents }>()

export function correspondents(message: Pick<Message, 'fields'>, owner: Owner): Correspondents {
  const last = lastRead.get(message.fields)
  if (last?.owner === owner) return last.found
  const found = readCorrespondents(message, owner)
  lastRead.set(message.fields, { owner, found })
  return found
}

function readCorrespondents(message: Pick<Message, 'fields'>, owner: Owner): Correspondents {
  const isOwn = ownAddressTest(owner)
  const authors = mailboxes(message, 'from')
  const replyTo = mailboxes(message, 'reply-to')
  const foreignReplyTo = distinct(replyTo.filter(({ address }) => !isOwn(address)))
  const senders = mailboxes(message, 'sender')
  const visitor = foreignReplyTo.length > 0 ? null : visitorInSender(authors, senders, isOwn)
  // Not Return-Path, as RFC 3834 section 4 wants for notices: an answer is for the author, and today's
  // envelopes are VERP or SRS addresses that would read it as a bounce (section 5.3).
  const target = foreignReplyTo[0] ?? visitor ?? authors[0] ?? null
  const targetElsewhere =
    foreignReplyTo[0] !== undefined &&
    !authors.some(({ address }) => comparable(address) === comparable(foreignReplyTo[0]?.address ?? ''))
  return { authors, senders, replyTo, foreignReplyTo, visitor, target, targetElsewhere, isOwn }
}

/**
 * Who filled in a form that writes as the owner and names its visitor in Sender. A colleague who sends for the owner is
 * not a visitor, and neither is the service that sends the owner's newsletter.
 */
function visitorInSender(
  authors: readonly Mailbox[],
  senders: readonly Mailbox[],
  isOwn: (address: string) => boolean,
): Mailbox | null {
  const [author] = authors
  const [sender] = senders
  if (!author || !sender || authors.length > 1 || senders.length > 1) return null
  if (!isOwn(author.address) || isOwn(sender.address)) return null
  if (organisationOf(author.address) === organisationOf(sender.address)) return null
  const word = localWord(sender.address)
  const isProgram = isSystemAuthor(word) || isStrictNoReply(word) || isLooseNoReply(word) || isRobotWord(word)
  return isProgram ? null : sender
}

function organisationOf(address: string): string {
  return organisationalDomain(domainPart(address))
}

/** One key for all spellings of an address that reach one mailbox: lower case, without tag or ignored characters. */
export const limitKey: (address: string) => string = memoizedAddresses((address) => {
  const bare = withoutTag(canonical(address))
  return oneMailbox(localWord(bare), domainPart(bare)) ?? bare
})

/**
 * One key for all addresses that one person can create at will: numbered ones of a domain, and all of a subdomain,
 * which at a provider belongs to one mailbox (`x@kim.fastmail.com`).
 */
export function personKey(address: string): string {
  const key = limitKey(address)
  const domain = domainPart(key)
  const organisation = organisationalDomain(domain)
  const isShared = sharedSubdomain.test(domain)
  if (domain !== organisation && !isShared) return domain
  if (isShared || isMailboxProvider(organisation)) return key
  return `${localWord(key).replace(/[\d._-]*\d+[\d._-]*/g, '')}@${domain}`
}

/**
 * Subdomains that many people share: those of mailbox providers, some with one for each region, and those of
 * marketplaces and relays, which assign an address to each customer.
 */
const sharedSubdomain = new RegExp(
  `^(?:${[
    String.raw`vip\.(?:qq|163|126|sina)\.com`,
    String.raw`i\.softbank\.jp|[a-z]\.vodafone\.ne\.jp|[a-z0-9]+\.(?:ocn|so-net|biglobe|home|zaq|dion|odn|plala|eonet)\.(?:ne|or)\.jp`,
    String.raw`marketplace\.amazon\.(?:com|(?:com?\.)?[a-z]{2}|com\.[a-z]{2})|members\.ebay\.(?:com|(?:com?\.)?[a-z]{2})`,
    String.raw`guest\.booking\.com|guest\.airbnb\.com|m\.expediapartnercentral\.com|mail\.kleinanzeigen\.de|privaterelay\.appleid\.com`,
  ].join('|')})$`,
)

/** Which addresses of a large provider lead to one mailbox, from the providers' help pages. */
interface Spelling {
  /** Domains, or first labels of a provider's domains. */
  domains: readonly string[]
  /** An account has its address in each of the domains. */
  together: boolean
  /** Characters of the local part that do not count. */
  ignored?: RegExp
  /** What begins a tag, in addition to `+`. */
  tag?: string
}

const spellings: readonly Spelling[] = [
  { domains: ['gmail.com', 'googlemail.com'], together: true, ignored: /\./g },
  { domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'], together: true, ignored: /[._-]/g },
  { domains: ['icloud.com', 'me.com', 'mac.com'], together: true },
  // A dot and a hyphen are the same there.
  { domains: ['yandex.ru', 'ya.ru', 'yandex'], together: true, ignored: /[.-]/g },
  // Its user names contain no hyphen: a hyphen starts the keyword of a disposable address.
  { domains: ['yahoo', 'ymail', 'rocketmail.com'], together: false, tag: '-' },
]

/** The same text for all addresses of one mailbox; null if nothing is known. @param local lower case, without `+tag` */
function oneMailbox(local: string, domain: string): string | null {
  const [label = ''] = isMailboxProvider(domain) ? domain.split('.') : []
  const found = spellings.find(({ domains }) => domains.includes(domain) || domains.includes(label))
  if (!found) return null
  const { domains, together, ignored, tag } = found
  const name = tag === undefined ? local : (local.split(tag, 1)[0] ?? local)
  return `${ignored ? name.replace(ignored, '') : name}@${together ? domains[0] : domain}`
}
