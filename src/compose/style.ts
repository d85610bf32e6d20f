/** How the owner writes: learned from mails that they wrote themselves, and stored as templates without names. */
import type { Mailbox } from '../mail/address.ts'
import type { LearnedStyle } from '../store/styles.ts'
import { greetingTemplate } from './greeting.ts'

/** One mail of the owner's. */
export interface OwnMail {
  /** Its new text. */
  text: string
  to: readonly Mailbox[]
}

/** With fewer mails in a language, no style is derived. */
const leastEvidence = 10
/** Anything that occurs in this share of the mails is a habit. */
const habit = 0.4
/** And in mails to this many people: a phrase that only one person received is not a habit. */
const leastPeople = 3
const longestClosing = 40

/** Forms of address, if words alone distinguish them. Case matters in German and Italian. */
const manners: Readonly<Record<string, readonly [formal: [string, RegExp], informal: [string, RegExp]]>> = {
  de: [
    ['Sie', /(?<!\p{L})(?:Ihnen|Ihre?[nmrs]?|(?<=[\p{Ll},] )Sie)(?!\p{L})/u],
    ['du', /(?<!\p{L})(?:du|dich|dir|deine?[nmrs]?|euch|eure?[nmrs]?)(?!\p{L})/iu],
  ],
  fr: [
    ['vous', /(?<!\p{L})(?:vous|votre|vos)(?!\p{L})/iu],
    ['tu', /(?<!\p{L})(?:tu|toi|ton|tes)(?!\p{L})/iu],
  ],
  es: [
    ['usted', /(?<!\p{L})(?:ustede?s?|usted)(?!\p{L})/iu],
    ['tú', /(?<!\p{L})(?:tú|ti|contigo|tienes|puedes|quieres)(?!\p{L})/iu],
  ],
  it: [
    ['Lei', /(?<=[\p{Ll},] )(?:Lei|Le|Suo|Sua|Suoi|Sue)(?!\p{L})/u],
    ['tu', /(?<!\p{L})(?:tu|tuo|tua|tuoi|tue)(?!\p{L})/iu],
  ],
  nl: [
    ['u', /(?<!\p{L})(?:u|uw)(?!\p{L})/iu],
    ['je', /(?<!\p{L})(?:je|jij|jou|jouw)(?!\p{L})/iu],
  ],
}

/** Scripts without spaces, in which words are not counted. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/**
 * @param mails of one language
 * @param language BCP 47 primary tag
 * @returns null with fewer than `leastEvidence`
 */
export function styleOf(mails: readonly OwnMail[], language: string): LearnedStyle | null {
  if (mails.length < leastEvidence) return null
  const greetings = mails.map(({ text, to }) => [greetingTemplate(firstLines(text), to), to] as const)
  return {
    greeting: habitOf(greetings.map(([greeting, to]) => [greeting === null ? [] : [greeting], to])),
    closing: closingOf(mails),
    words: medianWords(mails),
    manner: mannerOf(mails, language),
    evidence: mails.length,
  }
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function firstLines(text: string): [first: string, alone: boolean] {
  const [first = '', second = ''] = text.trimStart().split('\n')
  return [first.trim(), second.trim() === '']
}

/** What occurs in most of the mails, if it is a habit and not specific to one or two people. */
function habitOf(
  found: readonly (readonly [lines: readonly string[], to: readonly Mailbox[]])[],
): string | null {
  const seen = new Map<string, { count: number; people: Set<string> }>()
  for (const [lines, to] of found) {
    for (const line of new Set(lines)) {
      const entry = seen.get(line) ?? { count: 0, people: new Set<string>() }
      entry.count++
      for (const { address } of to) entry.people.add(address.toLowerCase())
      seen.set(line, entry)
    }
  }
  const [best] = [...seen].sort(([, one], [, other]) => other.count - one.count)
  if (!best || best[1].count < habit * found.length || best[1].people.size < leastPeople) return null
  return best[0]
}

/** The closing formula and, if it is always the same, the name below it. */
function closingOf(mails: readonly OwnMail[]): string | null {
  const tails = mails.map(({ text, to }) => [linesOf(text).slice(1).slice(-3).filter(isClosing), to] as const)
  const closing = habitOf(tails.map(([lines, to]) => [lines.slice(0, -1), to])) ?? habitOf(tails)
  if (closing === null) return null
  const below = tails.map(([lines, to]) => {
    const at = lines.indexOf(closing)
    return [at < 0 ? [] : lines.slice(at + 1, at + 2), to] as const
  })
  const name = habitOf(below)
  return name === null ? closing : `${closing} / ${name}`
}

/** Short, and without any content. */
const isClosing = (line: string) =>
  line.length <= longestClosing && line.split(/\s+/).length <= 5 && !/[?\p{N}@:/]/u.test(line)

function medianWords(mails: readonly OwnMail[]): number | null {
  const counts = mails
    .filter(({ text }) => !unspaced.test(text))
    .map(({ text }) => text.split(/\s+/).filter(Boolean).length)
    .sort((one, other) => one - other)
  return counts.length < leastEvidence ? null : (counts[Math.floor(counts.length / 2)] ?? null)
}

/** Only if the mails are clear: at least five with forms of address, four of five alike. */
function mannerOf(mails: readonly OwnMail[], language: string): string | null {
  const forms = manners[language]
  if (!forms) return null
  const [formal, informal] = forms.map(([, mark]) => mails.map(({ text }) => mark.test(text)))
  const count = (one: boolean[] | undefined, other: boolean[] | undefined) =>
    one?.filter((found, at) => found && !other?.[at]).length ?? 0
  const [polite, familiar] = [count(formal, informal), count(informal, formal)]
  if (polite + familiar < leastEvidence / 2) return null
  if (polite >= 0.8 * (polite + familiar)) return `formal (${forms[0][0]})`
  return familiar >= 0.8 * (polite + familiar) ? `informal (${forms[1][0]})` : null
}
