/** What the writer and the check are told about lookups, and what a person has to look at. */
import type { Reason } from '../../base/reasons.ts'
import { localTime } from '../../model/prompts/calendar.ts'
import { oneLine } from '../../model/prompts/fields.ts'
import type { PromptPassage } from '../../model/prompts/messages.ts'
import { neutralised } from '../../model/prompts/untrusted.ts'
import type { LookupResult } from './lookups.ts'

/**
 * One passage for each fact, labelled `lookup order AB-12345 > eta`. A number that is not known and one that belongs
 * to somebody else read the same: otherwise anybody could find out which numbers exist.
 */
export function lookupPassages(results: readonly LookupResult[], timeZone: string): PromptPassage[] {
  return results.flatMap((result) => {
    const { lookup, facts, at } = result
    const match = plain(result.match)
    const file = `lookup ${lookup.name}${match === '' ? '' : ` ${match}`}`
    const read = `(read ${localTime(at, timeZone)})`
    if (result.outcome === 'found')
      return facts.map(({ field, value }) => ({
        ...{ file, heading: field, text: `${value}\n${read}`, lookup: true as const },
      }))
    return [{ file, heading: 'result', text: `${toldOf(result)}\n${read}`, lookup: true as const }]
  })
}

/** The pattern is the owner's, the words are a stranger's. */
const plain = (match: string) => oneLine(neutralised(match, ''), 60)

function toldOf({ lookup: { name, ownedBy }, match: written, outcome }: LookupResult): string {
  const match = plain(written)
  if (outcome === 'no-match')
    return `The mail names no ${name} that could be looked up. Please send us the number of the ${name}.`
  if (outcome === 'failed' || outcome === 'odd')
    return `The state of ${name} ${match} can't be read at the moment. It is being looked into.`
  const address = ownedBy === null ? '' : ', and write to us from the address that belongs to it'
  return `We find no ${name} ${match} for this address. Please send us the right number${address}.`
}

/** Why a person has to answer instead; null if the model may write. */
export function lookupPerson(results: readonly LookupResult[]): { reason: Reason; detail: string } | null {
  const person = results.find((result) => reasonFor(result) !== null)
  const reason = person && reasonFor(person)
  if (!person || !reason) return null
  const { lookup, match, detail } = person
  return { reason, detail: [`${lookup.name} ${plain(match)}`.trim(), detail].filter(Boolean).join(': ') }
}

function reasonFor({ outcome, lookup }: LookupResult): Reason | null {
  if (outcome === 'found') return null
  if (outcome === 'odd') return 'lookup-odd'
  if (outcome === 'failed') return lookup.failed === 'person' ? 'lookup-failed' : null
  return lookup.notFound === 'person' ? 'lookup-not-found' : null
}

/** Numbers of the mail that were not looked up, in words. */
export function lookupsLeft(results: readonly LookupResult[]): string[] {
  return results
    .filter(({ left }) => left > 0)
    .map(({ lookup, left }) => `lookups: ${left} more numbers for ${lookup.name}`)
}
