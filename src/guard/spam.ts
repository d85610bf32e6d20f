import { organisationalDomain } from '../mail/address.ts'
import { type Field, fieldValues, hasField, type Message } from '../mail/message.ts'
import { fieldKeyword } from '../mail/mime/keyword.ts'
import { isSpamSubject } from './subjects.ts'

const junkKeywords = new Set('$junk junk $phishing'.split(' '))
const notJunkKeywords = new Set('$notjunk notjunk nonjunk'.split(' '))

const flagFields = 'x-spam-flag x-spam-status x-spam x-barracuda-spam-flag x-barracuda-spam-status'.split(' ')
const verdictFields = 'x-ses-spam-verdict x-ses-virus-verdict'.split(' ')
const markFields = [
  ...flagFields,
  ...verdictFields,
  'x-forefront-antispam-report',
  'x-ms-exchange-organization-scl',
]
const forefrontVerdicts = new Set('spm sks skb blk'.split(' '))
const forefrontCategories = new Set('spm hspm phsh hphish hphsh malw spoof'.split(' '))

/**
 * Section 8.1: the mailbox, then the owner's keywords, then the filters' marks. Only positive marks are believed;
 * `X-Spam-Flag: NO` can be written by the sender and proves nothing. Marks of a filter on the sender's side are
 * ignored.
 * @param subjects decoded and folded
 */
export function isSpamFlagged(
  message: Pick<Message, 'fields'>,
  subjects: readonly string[],
  specialUse: string | null,
  flags: readonly string[],
): boolean {
  if (specialUse?.toLowerCase() === '\\junk') return true
  const keywords = flags.map((flag) => flag.toLowerCase())
  const junk = keywords.some((keyword) => junkKeywords.has(keyword))
  const notJunk = keywords.some((keyword) => notJunkKeywords.has(keyword))
  // Both set: as if neither were (IANA registration of $Junk). Only one: the owner's keyword outranks the filter's.
  if (junk !== notJunk) return junk
  return subjects.some(isSpamSubject) || hasFilterMark(message)
}

function hasFilterMark(message: Pick<Message, 'fields'>): boolean {
  if (!markFields.some((name) => hasField(message, name))) return false
  const believed = believedFields(message.fields)
  const values = (names: readonly string[]) =>
    names.flatMap((name) => fieldValues({ fields: believed }, name))
  return (
    values(flagFields).some((value) => /^\s*(?:yes|true)\b/i.test(value)) ||
    values(verdictFields).some((value) => fieldKeyword(value) === 'fail') ||
    values(['x-forefront-antispam-report']).some(isForefrontSpam) ||
    values(['x-ms-exchange-organization-scl']).some((value) => Number.parseInt(value, 10) >= 5)
  )
}

/**
 * Providers that write their verdicts anywhere in the header and remove other servers': recognised by their own
 * Received fields.
 */
const anywhere: readonly (readonly [mark: RegExp, server: RegExp])[] = [
  [
    /^x-(?:forefront-antispam-report|ms-exchange-organization-scl)$/,
    /\b(?:outlook|office365)\.com\b|microsoft smtp server/i,
  ],
  [/^x-ses-(?:spam|virus)-verdict$/, /\bby \S*\.amazonaws\.com\b/i],
]

/**
 * The fields that a filter on our own servers may have written. The topmost Received field that names an outside host
 * was written by our own server that accepted the mail; everything below comes from the sender's side. A mail that
 * came straight from its author's machine has no foreign filter behind it, and milters write at the end of the
 * header; there our own filter's `no` decides.
 */
function believedFields(fields: readonly Field[]): readonly Field[] {
  const entry = fields.findIndex(({ name, value }) => name === 'received' && !isInternalHop(value))
  if (entry < 0) return fields
  const above = fields.slice(0, entry)
  const below = fields.slice(entry + 1)
  const hops = fields.slice(0, entry + 1).filter(({ name }) => name === 'received')
  const isDirect = !below.some(({ name }) => name === 'received') && !above.some(isFilterField)
  const own = below.filter(({ name }) =>
    anywhere.some(([mark, server]) => mark.test(name) && hops.some(({ value }) => server.test(value))),
  )
  return isDirect ? fields : [...above, ...own]
}

function isFilterField({ name }: Field): boolean {
  return flagFields.includes(name) || name === 'x-spamd-result' || name === 'x-rspamd-action'
}

/** Passed on within one machine or network: no outside host is named (RFC 5321 section 4.4). */
function isInternalHop(received: string): boolean {
  const from = /^\s*from\s+(\S+)([^;]{0,500}?)\bby\s+(\S+)/i.exec(received)
  if (!from) return true
  const [, host = '', more = '', by = ''] = from
  const literal = /\[(?:ipv6:)?([0-9a-f.:]{2,45})\]/i.exec(`${host} ${more}`)?.[1]
  if (literal !== undefined) return isPrivateAddress(literal)
  if (/^(?:localhost|127\.|unknown$)/i.test(host)) return true
  return host.includes('.') && organisationalDomain(host) === organisationalDomain(by)
}

/** RFC 1918, RFC 4193, loopback and link-local addresses. */
function isPrivateAddress(address: string): boolean {
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd][0-9a-f]{2}:|fe80:)/i.test(
    address,
  )
}

/** `CIP:192.0.2.1;SFV:SPM;CAT:HSPM;...`, written by Exchange Online. */
function isForefrontSpam(value: string): boolean {
  return value
    .toLowerCase()
    .split(';')
    .some((entry) => {
      const [key = '', verdict = ''] = entry.split(':').map((piece) => piece.trim())
      return (
        (key === 'sfv' && forefrontVerdicts.has(verdict)) ||
        (key === 'cat' && forefrontCategories.has(verdict))
      )
    })
}
