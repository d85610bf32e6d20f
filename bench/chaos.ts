/**
 * The chaos bench: breaks every connection and kills the daemon at named moments, and counts lost and duplicated mails.
 * `npm run chaos [-- --rounds N --only NAME --combination NAME --parallel N --seed S --json --write]`; exit status 1 when
 * a mail was lost, duplicated or misplaced.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Moment } from './chaos/moment.ts'
import { moments } from './chaos/moments/index.ts'
import { withPeers } from './chaos/peers.ts'
import { line, tableOf, writeReliability } from './chaos/report.ts'
import { type Outcome, runMoment } from './chaos/run.ts'
import { seedRandom } from './chaos/seed.ts'
import { type Combination, combinations } from './chaos/world.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    combination: { type: 'string', default: '' },
    /** Mails in the runs `storm` and `outage`. */
    mails: { type: 'string', default: '' },
    parallel: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
    /** Each moment in one of its combinations, in turn: all moments in a quarter of the time. */
    spread: { type: 'boolean', default: false },
    /** Writes docs/reliability.md. */
    write: { type: 'boolean', default: false },
    /** Folder for the logs of failed runs. */
    logs: { type: 'string', default: '' },
  },
})

const seed = Number(values.seed)
seedRandom(seed)
if (values.logs !== '') mkdirSync(values.logs, { recursive: true })
const say = (text: string) => process.stderr.write(`${text}\n`)

async function main(): Promise<number> {
  const mails = values.mails === '' ? undefined : Number(values.mails)
  if (values.only === 'storm')
    return (await import('./chaos/storm.ts')).storm(say, values.json, values.combination, mails)
  if (values.only === 'outage')
    return (await import('./chaos/outage.ts')).outage(say, values.json, values.combination, mails ?? 10_000)
  if (values.only === 'fuzz') return (await import('./chaos/fuzz.ts')).fuzz(say, Number(values.rounds), seed)
  const chosen = moments.filter(({ name }) => name.includes(values.only))
  const runs = chosen.flatMap((moment, at) => {
    const possible = combinations
      .filter((each) => each.name === values.combination || values.combination === '')
      .filter((each) => moment.where?.(each) ?? true)
    const wanted = values.spread ? possible.slice(at % possible.length).slice(0, 1) : possible
    return wanted.map((combination) => ({ moment, combination }))
  })
  if (runs.length === 0) throw new Error(`no moment is named ${values.only}`)
  say(`seed ${seed}, ${runs.length} runs`)
  const outcomes = await withPeers(async (peers) => {
    const one = async ({ moment, combination }: Run) => {
      const outcome = await runOrFail(moment, combination, () =>
        runMoment(moment, combination, peers, Number(values.rounds)),
      )
      tell(outcome)
      return outcome
    }
    // A bench that runs eight worlds notices some connections late; when their times matter, it runs one.
    const [timed, others] = [runs.filter(isTimed), runs.filter((run) => !isTimed(run))]
    return [...(await inParallel(others, Number(values.parallel), one)), ...(await inParallel(timed, 1, one))]
  })
  process.stdout.write(values.json ? `${JSON.stringify({ seed, outcomes })}\n` : `${tableOf(outcomes)}\n`)
  if (values.write) writeReliability(outcomes, seed)
  return outcomes.every(({ ok }) => ok) ? 0 : 1
}

interface Run {
  moment: Moment
  combination: Combination
}

const isTimed = ({ moment }: Run) => moment.pacesLogins === true

function tell(outcome: Outcome): void {
  say(line(outcome))
  for (const problem of outcome.problems.slice(0, 12)) say(`    ${problem}`)
  if (outcome.ok || !values.logs) return
  const name = `${outcome.moment} ${outcome.combination}`.replace(/\W+/g, '-')
  writeFileSync(`${values.logs}/${name}.log`, outcome.log)
}

async function runOrFail(
  moment: Moment,
  combination: Combination,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    const problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
    const none = {
      arrived: 0,
      handled: 0,
      lost: 0,
      duplicated: 0,
      uncertain: 0,
      misplaced: 0,
      other: 0,
      log: '',
    }
    const run = { rounds: 0, injected: 0, kills: 0, seconds: 0, ok: false }
    return { ...none, ...run, moment: moment.name, combination: combination.name, problems }
  }
}

async function inParallel<T, R>(
  all: readonly T[],
  width: number,
  work: (each: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const at = next++
      results[at] = await work(all[at] as T)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
process.exitCode = await main()
