/**
 * Whether a mail's author is who From says, judged by its signatures alone: for accounts whose own server's results
 * are not available. DKIM (RFC 6376) aligned as the domain's DMARC record requires (RFC 7489 section 3.1), or ARC
 * (RFC 8617) of a forwarder that the owner trusts. SPF does not help: the address that delivered the mail is not
 * known reliably.
 */

import { isDnsName, type ResolveTxt } from '../base/dns.ts'
import { domainPart, organisationalDomain, parseAddressList } from './address.ts'
import { authentication } from './authentication.ts'
import { fieldValues, firstField, type Message } from './message.ts'
import { parseFields, splitHeader } from './mime/octets.ts'
import { isOneForm, isPlainHeader } from './signed-form.ts'

export interface Proof {
  proven: boolean
  /** What was found, in words for the owner. */
  detail: string
}

interface ProofInput {
  /** The whole mail as stored in the mailbox. */
  octets: Buffer
  /** The address that the mail was judged by. */
  author: string
  resolveTxt: ResolveTxt
  /** Domains whose ARC seals are trusted, lower case. */
  arcSealers: readonly string[]
  now: Date
}

/** RFC 5322 section 3.6: some readers show a second instance while the first is signed. */
const once = [
  'from',
  'subject',
  'date',
  'to',
  'cc',
  'reply-to',
  'message-id',
  'sender',
  'content-type',
  'content-transfer-encoding',
  'mime-version',
]
/**
 * What a signature must cover to prove anything (RFC 6376 section 5.4). Without To, a mail that the author wrote to
 * somebody else could be passed on to the owner.
 */
const neededFields = ['from', 'subject', 'date', 'to']
/** A person who passes the mail on can add the owner in these fields. */
const neededIfThere = ['bcc', 'resent-to', 'resent-cc', 'resent-bcc']
/** Maximum number of signatures checked; each may cost a look-up and an RSA operation. */
const mostSignatures = 8
/** An older signed mail may have been sent to somebody else first. Milliseconds. */
const freshForMs = 72 * 3_600_000
/** Tolerated clock skew. Milliseconds. */
const skewMs = 3_600_000
/** Limit for everything together, in milliseconds. */
const deadlineMs = 15_000

const no = (detail: string): Proof => ({ proven: false, detail })
const yes = (detail: string): Proof => ({ proven: true, detail })

/** Never throws: what can't be checked is not proven, and `detail` says why. */
export async function proveAuthor(input: ProofInput): Promise<Proof> {
  const message = { fields: parseFields(splitHeader(input.octets)) }
  const obstacle = obstacleOf(message, input)
  if (obstacle !== null) return no(obstacle)
  const domain = domainPart(input.author).toLowerCase()
  // Loaded only for a mail that would be sent, and before the clock starts: loading can take longer than the check.
  const library = await load()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Proof>((resolve) => {
    timer = setTimeout(() => resolve(no('the signatures could not be checked in time')), deadlineMs)
  })
  try {
    return await Promise.race([checked(library, input, domain), late])
  } catch {
    return no('the signatures could not be read')
  } finally {
    clearTimeout(timer)
  }
}

/** Why there is nothing to check. */
function obstacleOf(message: Pick<Message, 'fields'>, { author, now, octets }: ProofInput): string | null {
  if (!isPlainHeader(octets)) return 'programs may read its header differently'
  const doubled = once.find((name) => fieldValues(message, name).length > 1)
  if (doubled) return `the field ${doubled} appears more than once`
  const authors = parseAddressList(firstField(message, 'from') ?? '')
  if (authors.length !== 1 || authors[0]?.address !== author) return 'there is not exactly one author'
  const signatures = fieldValues(message, 'dkim-signature').length
  if (signatures === 0 && firstField(message, 'arc-seal') === null) return 'the mail is not signed'
  if (signatures > mostSignatures) return `there are more than ${mostSignatures} signatures`
  const age = now.getTime() - Date.parse(firstField(message, 'date') ?? '')
  if (!(age <= freshForMs && age >= -skewMs)) return 'it is not dated within the last three days'
  return null
}

async function load() {
  // CommonJS: its names are properties of the default, also in the bundle.
  const [{ default: verify }, { default: seals }, { default: policies }] = await Promise.all([
    import('mailauth/lib/dkim/verify.js'),
    import('mailauth/lib/arc/index.js'),
    import('mailauth/lib/dmarc/index.js'),
  ])
  return { dkimVerify: verify.dkimVerify, arc: seals.arc, dmarc: policies.dmarc }
}

async function checked(
  { dkimVerify, arc, dmarc }: Awaited<ReturnType<typeof load>>,
  { octets, resolveTxt, arcSealers }: ProofInput,
  domain: string,
): Promise<Proof> {
  const resolver = (name: string, type: string) =>
    type === 'TXT' && isDnsName(name) ? resolveTxt(name) : Promise.reject(new Error('no such look-up'))
  const found = (await dkimVerify(withoutPartial(octets), { resolver, minBitLength: 1024 })) as Verified
  const signers = found.results
    .filter((one) => counts(one, octets))
    .map(({ signingDomain }) => signingDomain.toLowerCase())
  const policy = await dmarc({ headerFrom: domain, dkimDomains: [], spfDomains: [], resolver })
  if (!policy || policy.status.result === 'temperror')
    return no(`the DMARC policy of ${domain} could not be read`)
  // The library reads `adkim= s` and `adkim=S` as relaxed (RFC 7489 section 6.4).
  const strict = policy.status.result === 'none' || /(?:^|;)\s*adkim\s*=\s*s\s*(?:;|$)/i.test(policy.rr ?? '')
  const signer = signers.find((one) => isAligned(one, domain, strict))
  if (signer) return yes(`DKIM signature of ${signer}`)
  const sealed = await sealedBy(await arc(found.arc as never, { resolver, minBitLength: 1024 }), found, {
    octets,
    domain,
  })
  if (sealed && arcSealers.includes(sealed))
    return yes(`ARC seal of ${sealed}, which found its author proven`)
  if (sealed) return no(`only ${sealed}, which is not in arcSealers, says that its author was proven`)
  return no(whyNot(found, signers, domain))
}

/**
 * Without DMARC, or if the record says so, only the exact domain speaks for itself; otherwise any domain of the
 * organisation.
 */
function isAligned(signer: string, author: string, strict: boolean): boolean {
  return strict ? signer === author : organisationalDomain(signer) === organisationalDomain(author)
}

/** What mailauth reports about one signature; its own types omit half of it. */
interface Signature {
  signingDomain: string
  status: { result: string; comment?: string }
  signingHeaders?: { keys: string }
  algo?: string
  canonBodyLengthLimited?: boolean
}

interface Verified {
  results: Signature[]
  arc?: { lastEntry?: SealedEntry }
}

/** A pass over the whole body and the important fields, with an algorithm that is still accepted (RFC 8301). */
function counts(
  { status, signingHeaders, algo, canonBodyLengthLimited }: Signature,
  octets: Buffer,
): boolean {
  if (status.result !== 'pass' || canonBodyLengthLimited === true || /sha1/i.test(algo ?? '')) return false
  const covered = new Set((signingHeaders?.keys ?? '').toLowerCase().split(/\s*:\s*/))
  const fields = parseFields(splitHeader(octets))
  const there = neededIfThere.filter((name) => fieldValues({ fields }, name).length > 0)
  return [...neededFields, ...there].every((name) => covered.has(name)) && isOneForm(octets, fields, covered)
}

/**
 * Signatures over part of the body (`l=`, RFC 6376 section 8.2) prove nothing, and the library prints them to stdout.
 * Other signatures do not cover them (section 5.4).
 */
function withoutPartial(octets: Buffer): Buffer {
  const header = splitHeader(octets)
  const text = header.toString('latin1')
  const kept = text.replace(
    /^(?:dkim-signature|arc-message-signature|arc-seal):[^\n]*(?:\n[ \t][^\n]*)*(?:\n|$)/gim,
    (field) => (/[;:\s]l\s*=/i.test(field) ? '' : field),
  )
  return kept.length === text.length
    ? octets
    : Buffer.concat([Buffer.from(kept, 'latin1'), octets.subarray(header.length)])
}

/**
 * The domain that sealed last, if the chain is valid, it signed the mail in its current form, and it found the author
 * proven; otherwise null.
 */
async function sealedBy(
  result: { status: { result: string } },
  found: Verified,
  { octets, domain }: { octets: Buffer; domain: string },
): Promise<string | null> {
  if (result.status.result !== 'pass') return null
  const last = found.arc?.lastEntry
  if (!last || !counts(last.messageSignature, octets)) return null
  const sealer = last['arc-seal'].parsed.d?.value?.toLowerCase()
  const field = String(last['arc-authentication-results'].original).replace(/^[^:]*:/, '')
  // RFC 8617 section 4.1.1: as Authentication-Results, after the instance.
  const value = field.replace(/^\s*i\s*=\s*\d+\s*;/, '')
  const id = value.trim().split(/[\s;]/, 1)[0] ?? ''
  const results = authentication({ fields: [{ name: 'authentication-results', value }] }, [id], domain)
  return sealer && results === 'pass' ? sealer : null
}

interface SealedEntry {
  messageSignature: Signature
  'arc-seal': { parsed: { d?: { value?: string } } }
  'arc-authentication-results': { original: string | Buffer }
}

function whyNot({ results }: Verified, signers: readonly string[], domain: string): string {
  if (signers.length > 0)
    return `it is signed by ${signers.slice(0, 3).join(', ')}, which does not speak for ${domain}`
  const passed = results.some(({ status }) => status.result === 'pass')
  if (passed) return 'its signature leaves out part of the mail'
  const [first] = results
  return first?.signingDomain
    ? `the signature of ${first.signingDomain} is not valid: ${first.status.comment ?? first.status.result}`
    : 'the mail is not signed'
}
