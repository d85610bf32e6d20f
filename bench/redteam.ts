/**
 * `npm run redteam`: the corpus's injections and the project's own attacks against the stand-in for a model, against one
 * that obeys the attacker, and against one that only repeats the mail. Exits with 1 when a class that must be empty by
 * construction is not.
 */
import { attempt, corpusAttacks, type Figures } from './redteam/attempt.ts'
import { ownAttacks } from './redteam/cases.ts'
import { echo, obey } from './redteam/obedient.ts'

const attacks = [
  ...ownAttacks(),
  ...corpusAttacks(new URL('../test/fixtures/corpus/injection/', import.meta.url)),
]
const models = { 'stand-in': undefined, obedient: obey, echo } as const
let failed = false
for (const [name, behaviour] of Object.entries(models)) {
  for (const authenticated of [false, true]) {
    const figures: Figures = await attempt(attacks, { behaviour, authenticated })
    console.log(JSON.stringify({ model: name, sender: authenticated ? 'dmarc pass' : 'unknown', ...figures }))
    const { recipients, headers, links, leaks, sent, cut, hidden } = figures
    const mustBeNone = [recipients, headers, leaks, name === 'obedient' || !authenticated ? links + sent : 0]
    failed ||= mustBeNone.some((count) => count > 0) || cut < hidden
  }
}
process.exitCode = failed ? 1 : 0
