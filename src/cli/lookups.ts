import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { canonicalAddress } from '../config/fields.ts'
import type { LookupSettings } from '../config/settings.ts'
import { type LookupOutcome, type LookupResult, openLookups } from '../knowledge/lookups/lookups.ts'
import { accountOf } from './eval.ts'
import { UsageError } from './failure.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface TryOptions {
  as?: string
  config?: string
  account?: string
  json?: boolean
}

const words: Readonly<Record<LookupOutcome, string>> = {
  found: 'found',
  'not-found': 'not found',
  'not-owned': 'belongs to another address: the reply says the same as for "not found"',
  unproven: 'not read: the author is not proven (see --as)',
  failed: 'could not be read',
  odd: 'read, but a person has to look',
  'no-match': 'the text has nothing that `match` accepts',
}

/** Exit status 1 when the source could not be read. */
export async function tryLookup(
  name: string,
  text: string,
  options: TryOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const account = accountOf(readConfig(options.config, terminal), options.account)
  const lookup = account.lookups.find((each) => each.name === name)
  if (!lookup) {
    const known = account.lookups.map((each) => each.name).join(', ') || 'none'
    throw new UsageError(`lookups try: no lookup "${name}" is configured (known: ${known})`)
  }
  const sender = options.as === undefined ? null : canonicalAddress(options.as)
  if (options.as !== undefined && sender === null)
    throw new UsageError(`lookups try: "${options.as}" is not a bare address`)
  const results = await resultsOf(lookup, text, sender)
  for (const result of results)
    await writeLine(terminal.stdout, options.json ? JSON.stringify(plain(result)) : shown(result))
  return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

async function resultsOf(
  lookup: LookupSettings,
  text: string,
  sender: string | null,
): Promise<LookupResult[]> {
  await using lookups = openLookups([lookup], { log: silentLog, clock: systemClock })
  const [category = 'other'] = lookup.when.categories
  const mail = { subject: '', visible: text, quoted: '', asks: [text], category }
  return await lookups.find(mail, async () => sender)
}

const plain = ({ lookup, match, outcome, facts, at, detail }: LookupResult) => ({
  ...{ lookup: lookup.name, match, outcome, at, detail },
  facts: Object.fromEntries(facts.map(({ field, value }) => [field, value])),
})

function shown({ lookup, match, outcome, facts, detail }: LookupResult): string {
  const heading = [`${lookup.name} ${match}`.trim(), words[outcome], detail].filter(Boolean).join(': ')
  return [heading, ...facts.map(({ field, value }) => `  ${field}: ${value}`)]
    .map((line) => printable(line))
    .join('\n')
}
