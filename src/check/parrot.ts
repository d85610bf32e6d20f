/**
 * Whether a reply repeats the mail instead of answering it: otherwise the sender would choose what the owner says.
 */

import { runsAmong, runsOf } from './runs.ts'

/** This many words in a row, or characters in scripts without spaces, are a repetition. */
const repeated = { words: 5, characters: 10 }
/** Share of the reply. */
const leastShare = 0.5

const joined = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Thai}ー]/u
const tokenPattern =
  /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Thai}ー]|[\p{L}\p{M}]+|\p{N}+/gu

const tokensOf = (text: string): string[] => text.normalize('NFKC').toLowerCase().match(tokenPattern) ?? []

/** Tags, escaped line ends and Markdown link targets: a model that repeats a mail omits them, or they are removed. */
const markup = /<[^<>]{1,300}>|\\[rnt]|\]\([^()\s]{1,500}\)/g

/**
 * @param given what the owner vouches for: words that also appear there are not a repetition of the mail
 * @param isPart the draft is one sentence of a reply: one that is too short, such as a greeting, repeats nothing
 */
export function parrots(draft: string, mail: string, given: readonly string[], isPart = false): boolean {
  const tokens = tokensOf(draft)
  const single = joined.test(tokens.join('')) ? tokens.filter((token) => joined.test(token)).length : 0
  const wanted = single > tokens.length / 2 ? repeated.characters : repeated.words
  const length = Math.min(tokens.length, wanted)
  if (length === 0 || (isPart && length < wanted)) return false
  const said = new Set(tokens)
  const plain = mail.replace(markup, ' ')
  const known = new Set(runsAmong(said, tokensOf(mail), length))
  if (plain !== mail) for (const run of runsAmong(said, tokensOf(plain), length)) known.add(run)
  if (known.size === 0) return false
  const runs = runsOf(tokens, length)
  if (shareOf(known, runs, length, tokens.length) < leastShare) return false
  for (const text of given) for (const run of runsAmong(said, tokensOf(text), length)) known.delete(run)
  return shareOf(known, runs, length, tokens.length) >= leastShare
}

/** Share of a reply's tokens that belong to known runs. @param length of a run */
function shareOf(
  known: ReadonlySet<string>,
  runs: readonly string[],
  length: number,
  tokens: number,
): number {
  const covered = new Set<number>()
  for (const [at, run] of runs.entries())
    if (known.has(run)) for (let within = at; within < at + length; within++) covered.add(within)
  return covered.size / tokens
}
