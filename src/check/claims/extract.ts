/** Reads all that a text states, each figure once. */
import { memoized } from '../../base/lru.ts'
import { findDates } from './dates.ts'
import { type Found, masked } from './found.ts'
import { findAddresses, findLinks, findTelephones } from './links.ts'
import { findDurations, findPercentages, findPrices, withAsciiDigits } from './numbers.ts'

/** In this order: later extractors do not see what an earlier one found. */
const extractors = [
  findLinks,
  findAddresses,
  findDates,
  findTelephones,
  findPrices,
  findPercentages,
  findDurations,
]

/** What a text states, and the text in which that is blanked. */
export const extract = memoized((text: string): { found: Found[]; rest: string } => {
  const found: Found[] = []
  let rest = withAsciiDigits(text)
  for (const extractor of extractors) {
    const more = extractor(rest)
    found.push(...more)
    rest = masked(rest, more)
  }
  return { found, rest }
})
