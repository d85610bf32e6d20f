/** The result type of the claim check's extractors. */

import type { ClaimKind } from '../../base/reasons.ts'

/** What a text can state. */
export type StatementKind = Exclude<ClaimKind, 'fault' | 'ungrounded' | 'parroted'>

/**
 * Something that a text states. It is supported when one of its keys is among the keys of the sources; keys have a
 * prefix for their kind and are normalised, so that `1.000,50 €` matches `EUR 1,000.50`.
 */
export interface Found {
  claim: string
  kind: StatementKind
  keys: string[]
  /** Position in the text, UTF-16 units. */
  index: number
}

/**
 * The text with the findings blanked out, so that the next extractor does not see them again. Positions stay the
 * same.
 */
export function masked(
  text: string,
  found: readonly Pick<Found, 'claim' | 'index'>[],
  blank: ' ' | '\0' = ' ',
): string {
  if (found.length === 0) return text
  const parts: string[] = []
  let end = 0
  for (const { claim, index } of [...found].sort((one, other) => one.index - other.index)) {
    const until = index + claim.length
    if (until <= end) continue
    parts.push(text.slice(end, Math.max(index, end)), blank.repeat(until - Math.max(index, end)))
    end = until
  }
  return parts.join('') + text.slice(end)
}
