/** What must not be in any outgoing text, whether a model or a person wrote it. */
import { memoized } from '../../base/lru.ts'
import { runsAmong, runsOf } from '../runs.ts'
import { findAddresses, findLinks, normalisedLink, undisguised } from './links.ts'
import { distances, folded, readingsOf } from './readings.ts'

const bracketed =
  /\[(?!\s*\])[^\][\n]{1,60}\](?!\()|\{\{?[^{}\n]{1,60}\}\}?|<(?!https?:|mailto:|[^<>\s]+@)[\p{L}][^<>\n]{0,50}>|【[^【】\n]{1,30}】/gu
const filler =
  /_{3,}|\.{6,}|(?<![\p{L}\p{N}])(?:X{3,}|TBD|TBC|TODO|FIXME|DD[./-]MM[./-](?:YY){1,2}|TT[./-]MM[./-]J{2,4}|lorem ipsum)(?![\p{L}\p{N}])|[〇○◯]{2,}|%[A-Z_]{3,}%|\$\{?[A-Z_]{3,}\}?/giu

/**
 * Gaps to be filled in: `[Name]`, `{{date}}`, `<Your name>`, `____`, `XX.XX.`, `〇〇様`. Footnote marks and figures in
 * brackets do not count.
 */
export function placeholders(text: string): string[] {
  const found = [
    ...(text.match(bracketed) ?? []).filter((gap) => /\p{L}{2}/u.test(gap)),
    ...(text.match(filler) ?? []),
  ]
  return [...new Set(found)]
}

export interface OutboundCheck {
  /** Words planted in the prompt; empty for none. */
  canaries: readonly string[]
  /**
   * Links that may be sent: those of the knowledge, the owner's side of the thread and the settings. Compared without
   * scheme and `www.`.
   */
  knownLinks: readonly string[]
  /** Mail addresses that may be named, any case. */
  knownAddresses: readonly string[]
  /** The fixed text of the prompt; eight of its words in a row are a leak. Null to skip the check. */
  promptText: string | null
  /** The owner's instructions, which only the writer may see; five of their words in a row are a leak. */
  instructions: string
  /** Texts that may be repeated, even if the instructions contain the same words. */
  quotable: readonly string[]
  /** The salt of the markers; empty for none. */
  salt: string
}

export interface OutboundFault {
  fault: 'link' | 'address' | 'canary' | 'marker' | 'prompt' | 'instructions'
  /** What was found; for a canary not the canary itself. */
  found: string
}

const letters = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')

const reversed = (text: string) => [...text].reverse().join('')

/** Base64 depends on the offset: returns the inner part common to each of the three encodings. */
function base64Parts(text: string): string[] {
  const shifted = Buffer.from(`  ${text}`)
  return [0, 1, 2].map((offset) => {
    const octets = shifted.subarray(2 - offset)
    // Drop characters that share bits with the unknown neighbouring octets.
    return octets.toString('base64').slice([0, 2, 3][offset], Math.floor((octets.length * 8) / 6))
  })
}

/**
 * The canary as is, spelled out, backwards, in Base64 or in hex, in any case and with anything between its letters.
 */
function leaks(text: string, canary: string): boolean {
  const plain = letters(canary)
  if (plain === '') return false
  const within = letters(text)
  // Base64 without spaces and line ends, in either alphabet (RFC 4648 sections 4 and 5).
  const dense = text
    .replace(/[^A-Za-z0-9+/_-]+/g, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/')
  const cases = [canary, canary.toLowerCase(), canary.toUpperCase(), plain, plain.toUpperCase()]
  const spellings = [...new Set(cases.flatMap((one) => [one, reversed(one)]))]
  return (
    within.includes(plain) ||
    within.includes(reversed(plain)) ||
    spellings.some((one) => within.includes(Buffer.from(one).toString('hex'))) ||
    spellings.some((one) => base64Parts(one).some((part) => part.length >= 8 && dense.includes(part)))
  )
}

const leakLength = 8

const words = (source: string) => source.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** Caches the last prompt: most installations have one. */
let prompt = { text: '', words: new Set<string>(), parts: new Set<string>() }

/** Its words, and every run of `leakLength` of them. */
function partsOf(promptText: string): typeof prompt {
  if (prompt.text === promptText) return prompt
  const spoken = words(promptText)
  prompt = { text: promptText, words: new Set(spoken), parts: new Set(runsOf(spoken, leakLength)) }
  return prompt
}

function promptLeak(text: string, promptText: string): string | null {
  const known = partsOf(promptText)
  return runsAmong(known.words, words(text), leakLength).find((part) => known.parts.has(part)) ?? null
}

const instructionLength = 5

/** Five words with fewer letters than this may occur in another text by chance. */
const tellingLetters = 15

/** The runs of the instructions, each also as it is compared with a disguised text. */
const toldOf = memoized((instructions: string) =>
  runsOf(words(instructions), instructionLength).map((run) => ({
    run,
    plain: folded(run),
    shifted: distances(run),
  })),
)

/** The first words that are in the instructions, in any disguise, and in nothing that may be repeated. */
function instructionLeak(text: string, { instructions, quotable }: OutboundCheck): string | null {
  if (instructions === '') return null
  const told = new Set(runsOf(words(text), instructionLength))
  // No run contains a line end.
  const readings = readingsOf(text).join('\n')
  const steps = distances(text)
  const leaked = toldOf(instructions).filter(
    ({ run, plain, shifted }) =>
      told.has(run) ||
      (plain.length >= tellingLetters && readings.includes(plain)) ||
      (shifted.length >= tellingLetters && steps.includes(shifted)),
  )
  if (leaked.length === 0) return null
  const quoted = new Set(quotable.flatMap((each) => runsOf(words(each), instructionLength)))
  return leaked.find(({ run }) => !quoted.has(run))?.run ?? null
}

const marker =
  /<<<|>>>|(?:MAIL|KNOWLEDGE|THREAD|EARLIER|CORRECTIONS|FORWARDED|QUOTED|ASKS|RULES|REPLY):[A-Za-z0-9]{6,}|<\|[\w ]+\|>|\[\/?INST\]/g

/** Most texts have no link and no address, so the known ones are collected only for those that do. */
function foreignLinks(text: string, check: OutboundCheck): string[] {
  const found = findLinks(text).map(({ claim }) => claim)
  if (found.length === 0) return found
  const known = new Set(check.knownLinks.map(normalisedLink))
  return found.filter((link) => !known.has(normalisedLink(link)))
}

function foreignAddresses(text: string, check: OutboundCheck): string[] {
  const found = findAddresses(text).map(({ claim }) => claim)
  if (found.length === 0) return found
  const known = new Set(check.knownAddresses.map((address) => address.toLowerCase()))
  return found.filter((address) => !known.has(address.toLowerCase()))
}

/** Everything that must prevent a text from being sent although a model wrote it. Empty: it may be sent. */
export function outboundFaults(text: string, check: OutboundCheck): OutboundFault[] {
  const leak = check.promptText === null ? null : promptLeak(text, check.promptText)
  const instruction = instructionLeak(text, check)
  const plain = undisguised(text)
  const marks = [
    ...(text.match(marker) ?? []),
    ...(check.salt !== '' && text.includes(check.salt) ? ['salt'] : []),
  ]
  return [
    ...foreignLinks(plain, check).map((found) => ({ fault: 'link' as const, found })),
    ...foreignAddresses(plain, check).map((found) => ({ fault: 'address' as const, found })),
    ...check.canaries.flatMap((canary, at) =>
      leaks(text, canary) ? [{ fault: 'canary' as const, found: `canary ${at + 1}` }] : [],
    ),
    ...marks.map((found) => ({ fault: 'marker' as const, found })),
    ...(leak === null ? [] : [{ fault: 'prompt' as const, found: leak }]),
    ...(instruction === null ? [] : [{ fault: 'instructions' as const, found: instruction }]),
  ]
}

/** The links of texts that may be repeated, for OutboundCheck.knownLinks. */
export function linksOf(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => findLinks(text).map(({ claim }) => claim)))]
}

/** The mail addresses of texts that may be repeated, for OutboundCheck.knownAddresses. */
export function addressesOf(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => findAddresses(text).map(({ claim }) => claim.toLowerCase())))]
}
