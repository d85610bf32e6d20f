/** Finds what to look up for a mail: the owner's patterns, applied to the author's own words. */
import { createContext, Script } from 'node:vm'
import type { LookupSettings } from '../../config/settings.ts'
import { plainDashes, plainDigits } from '../../mail/text/phrases.ts'

/** The parts of a mail that a lookup may use. */
export interface MailWords {
  subject: string
  /** The author's new text. */
  visible: string
  quoted: string
  /** The mail's questions, as triage lists them. */
  asks: readonly string[]
  /** As triage chose it. */
  category: string
}

export interface Wanted {
  lookup: LookupSettings
  /** Each once, in the order of the mail; empty: the mail names none. */
  matches: string[]
  /** Further ones that are not looked up. */
  left: number
  /** The pattern took too long. */
  late: boolean
}

/** Maximum number of matches that each lookup looks up. */
export const mostMatches = 5
/** Characters of a text that are searched. */
const searched = 20_000
const longestMatch = 100
/** The pattern is the owner's, the text a stranger's: some pairs never finish. Milliseconds. */
const searchMs = 200
const longestSearchMs = 3000

/** The lookups for this mail. One without a match counts if a category calls for it: the mail then lacks its number. */
export function wantedLookups(lookups: readonly LookupSettings[], words: MailWords): Wanted[] {
  return lookups
    .filter(({ when: { categories } }) => categories.length === 0 || categories.includes(words.category))
    .map((lookup) => wantedBy(lookup, words))
    .filter(({ lookup, matches, late }) => late || matches.length > 0 || lookup.when.categories.length > 0)
}

function wantedBy(lookup: LookupSettings, words: MailWords): Wanted {
  try {
    const found = matchesOf(lookup, words)
    const left = Math.max(0, found.length - mostMatches)
    return { lookup, matches: found.slice(0, mostMatches), left, late: false }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    return { lookup, matches: [], left: 0, late: true }
  }
}

/**
 * From the author's own text and subject. "Where is it?" with a quoted confirmation is the most common question, so a
 * quotation counts if the author names nothing, it names exactly one, and ownership is checked.
 */
function matchesOf({ when, ownedBy }: LookupSettings, words: MailWords): string[] {
  if (when.in === 'asks') return search(when.match, words.asks.join('\n'))
  const own = search(when.match, `${words.visible.slice(0, searched)}\n${words.subject}`)
  if (own.length > 0 || ownedBy === null) return own
  const quoted = search(when.match, words.quoted)
  return quoted.length === 1 ? quoted : []
}

/** Ignores case; a match is then written in the form that the pattern itself accepts. */
const searching = new Script(`(() => {
  const exact = new RegExp('^(?:' + pattern + ')$', 'u')
  const found = new Set()
  for (const match of text.matchAll(new RegExp(pattern, 'giu'))) {
    const written = [match[0], match[0].toUpperCase(), match[0].toLowerCase()]
    const best = written.map((one) => exact.exec(one)).find((one) => one !== null) ?? match
    found.add(best[1] ?? best[0])
    if (found.size === 50) break
  }
  return JSON.stringify([...found])
})()`)

/** Whether the owner's pattern occurs in a stranger's text, ignoring case. False if the search takes too long. */
export function matchesText(pattern: string, text: string): boolean {
  try {
    return search(pattern, text).length > 0
  } catch {
    return false
  }
}

/** Control characters, and steps that would lead to another path. */
const unsafe = /\p{Cc}|(?:^|[/\\])\.{1,2}(?:[/\\]|$)/u

/** Soft hyphens and direction marks, which programs insert invisibly into numbers. */
const unseen = /\p{Cf}/gu

/** @throws Error with the code ERR_SCRIPT_EXECUTION_TIMEOUT */
function search(pattern: string, text: string): string[] {
  const seen = text.slice(0, searched + 1000).replace(unseen, '')
  const plain = plainDashes(plainDigits(seen.normalize('NFKC')))
  const matches: string[] = JSON.parse(runSearch(pattern, plain))
  return matches.filter(
    (match) => match.length <= longestMatch && /[\p{L}\p{N}]/u.test(match) && !unsafe.test(match),
  )
}

/**
 * In its own context, because only a script can be stopped. The limit is wall-clock time: if this process got hardly
 * any CPU time meanwhile, the machine was busy rather than the pattern slow, so it gets more time.
 * @throws as `search`
 */
function runSearch(pattern: string, text: string): string {
  const context = createContext({ pattern, text })
  for (let timeout = searchMs; ; timeout *= 4) {
    const before = process.cpuUsage()
    try {
      return String(searching.runInContext(context, { timeout }))
    } catch (error) {
      const { user, system } = process.cpuUsage(before)
      if ((user + system) / 1000 >= searchMs / 2 || timeout > longestSearchMs) throw error
    }
  }
}
