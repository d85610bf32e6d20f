/** Blocks of quoted matter shared by several prompts. */
import { localTime } from './calendar.ts'
import { oneLine } from './fields.ts'
import type { PassedOn, PromptPassage, ThreadEntry } from './messages.ts'
import { cutMiddle, neutralised, quoted, roughTokens } from './untrusted.ts'

/** Rough tokens of one earlier message of the thread. */
const entryTokens = 250

/** The lines of a block, or nothing if it is empty. */
export function block(kind: Parameters<typeof quoted>[0], parts: readonly string[], salt: string): string[] {
  return parts.length > 0 ? [quoted(kind, parts.join('\n\n'), salt)] : []
}

/** `file > heading`, on one line. */
export function labelOf({ file, heading }: Pick<PromptPassage, 'file' | 'heading'>): string {
  return oneLine(heading === '' ? file : `${file} > ${heading}`, 160)
}

/**
 * The passages that fit, in order; at least the first, cut if necessary.
 * @param name prefix of a passage's label, for example its number
 */
export function passagesWithin(
  passages: readonly PromptPassage[],
  tokens: number,
  salt: string,
  name: (at: number) => string = () => '',
): string[] {
  const kept: string[] = []
  let left = tokens
  for (const passage of passages) {
    const text = `[${name(kept.length)}${labelOf(passage)}]\n${unlabelled(neutralised(passage.text, salt))}`
    const size = roughTokens(text)
    if (size > left && kept.length > 0) break
    kept.push(size > left ? cutMiddle(text, left).text : text)
    left -= size
    if (left <= 0) break
  }
  return kept
}

/** Rough tokens of looked-up facts: a few short values, which the knowledge never displaces. */
export function lookupTokens(passages: readonly PromptPassage[]): number {
  return passages
    .filter(({ lookup }) => lookup)
    .reduce((sum, passage) => sum + roughTokens(`[K99 ${labelOf(passage)}]\n${passage.text}\n\n`), 0)
}

/** What a model has to know about looked-up facts; nothing if there are none. */
export function lookupLines(passages: readonly PromptPassage[]): string[] {
  return passages.some(({ lookup }) => lookup)
    ? [
        'KNOWLEDGE under "lookup …" was read from the owner\'s records for the sender of MAIL, at the time in brackets; state nothing about such a record that is not there. Where it says that nothing is found, or asks for something, the reply says so and asks for it: that answers the ask.',
      ]
    : []
}

/** A document must not show a line that looks like the label of something that was looked up. */
const unlabelled = (text: string) => text.replace(/^\s*\[(?=\s*(?:K\d+\s+)?lookup\b)/gim, '(')

export interface FittedThread {
  lines: string[]
  /** Earlier messages that were left out. */
  omitted: number
}

/** The beginning and the end of the thread: messages in the middle are dropped first. */
export function threadWithin(
  thread: readonly ThreadEntry[],
  { tokens, salt, timeZone, name = '' }: { tokens: number; salt: string; timeZone: string; name?: string },
): FittedThread {
  const lines = thread.map(({ author, at, text }, index) => {
    const cut = cutMiddle(neutralised(text, salt), Math.min(entryTokens, tokens))
    const label = name === '' ? '' : `${name}${index + 1} `
    return `${label}${author}, ${localTime(at, timeZone)}:\n${cut.text}`
  })
  const first = lines[0]
  if (first === undefined) return { lines, omitted: 0 }
  const latest: string[] = []
  let left = tokens - roughTokens(first)
  for (const line of lines.slice(1).reverse()) {
    const size = roughTokens(line)
    if (size > left) break
    latest.unshift(line)
    left -= size
  }
  const omitted = lines.length - 1 - latest.length
  const note = omitted > 0 ? [`[… ${omitted} messages left out …]`] : []
  return { lines: [first, ...note, ...latest], omitted }
}

/** What the sender forwards, or quotes without a thread that confirms it. */
export function passedOnBlock(passedOn: PassedOn | null | undefined, tokens: number, salt: string): string[] {
  if (!passedOn) return []
  return block(passedOn.kind, [cutMiddle(neutralised(passedOn.text, salt), tokens).text], salt)
}

/** Questions that an earlier call extracted from the mail: also a stranger's words. */
export function asksBlock(asks: readonly string[], salt: string): string[] {
  const lines = asks.map((ask, at) => `A${at + 1}: ${oneLine(neutralised(ask, salt), 300)}`)
  return lines.length > 0 ? [quoted('ASKS', lines.join('\n'), salt)] : []
}

/** Rough tokens of one reply from another thread. */
const earlierTokens = 80

/** @param name put before the number of each; empty: no number */
export function earlierText(
  earlier: readonly ThreadEntry[],
  salt: string,
  timeZone: string,
  name = '',
): string[] {
  return earlier.map(({ at, text }, index) => {
    const label = name === '' ? '' : `${name}${index + 1} `
    return `${label}owner, ${localTime(at, timeZone)}:\n${cutMiddle(neutralised(text, salt), earlierTokens).text}`
  })
}
