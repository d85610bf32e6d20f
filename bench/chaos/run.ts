/** Runs a moment in a combination: injects faults, waits until everything is settled, and runs the checker. */
import { type Findings, findings } from './check.ts'
import { later, type Moment } from './moment.ts'
import { type Combination, type Peers, World } from './world.ts'

export interface Outcome extends Findings {
  moment: string
  combination: string
  rounds: number
  /** Faults that were injected. */
  injected: number
  kills: number
  /** From the last fault until everything is settled, seconds. */
  seconds: number
  ok: boolean
  /** The daemon's log, if something went wrong. */
  log: string
}

const INJECT_MS = 120_000
const SETTLE_MS = 240_000
const LOOK_EVERY_MS = 150

const late = (ms: number, what: string) =>
  new Promise<never>((_resolve, reject) =>
    setTimeout(() => reject(new Error(`${what} took over ${ms / 1000} s`)), ms).unref(),
  )

export async function runMoment(
  moment: Moment,
  combination: Combination,
  peers: Peers,
  rounds: number,
): Promise<Outcome> {
  const wanted = Math.min(rounds, moment.mostRounds ?? rounds)
  const problems: string[] = []
  await using world = await World.build(peers, combination, moment.options ?? {})
  world.daemon.start()
  await settled(world, SETTLE_MS)
  let injected = 0
  try {
    for (let round = 1; round <= wanted; round++) {
      await Promise.race([moment.inject(world, round), late(INJECT_MS, `fault ${round}`)])
      injected++
    }
  } catch (error) {
    problems.push(`fault ${injected + 1}: ${error instanceof Error ? error.message : error}`)
  }
  await moment.undo?.(world)
  const startedAt = performance.now()
  const atRest = await settled(world, SETTLE_MS)
  const seconds = (performance.now() - startedAt) / 1000
  if (!atRest) problems.push(`not settled in ${SETTLE_MS / 1000} s: ${JSON.stringify(await world.audit())}`)
  if (moment.pacesLogins) problems.push(...tooClose(world))
  problems.push(...((await moment.check?.(world)) ?? []))
  await world.daemon.stop()
  const died = world.daemon.exits.filter((status) => status !== '0')
  if (died.length > 0) problems.push(`the daemon ended by itself, with status ${died.join(', ')}`)
  const found = await findings(world, moment.alsoFine ?? [])
  const unsure = moment.uncertain ? 0 : found.uncertain
  if (unsure > 0) problems.push(`${unsure} uncertain, although the outcome can be known`)
  const ok =
    problems.length === 0 && found.lost + found.duplicated + found.misplaced + found.other + unsure === 0
  return {
    ...found,
    problems: [...problems, ...found.problems],
    moment: moment.name,
    combination: combination.name,
    rounds: wanted,
    injected,
    kills: world.daemon.kills,
    seconds,
    ok,
    log: ok ? '' : world.daemon.log(),
  }
}

async function settled(world: World, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    if (await world.isSettled()) return true
    await later(LOOK_EVERY_MS)
  }
  return false
}

/** Connections and logins of one account that are less than a second apart. */
function tooClose(world: World): string[] {
  const kinds = { IMAP: world.imap.connectedAt, SMTP: world.smtpLoginsAt }
  return Object.entries(kinds).flatMap(([name, times]) => {
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0))
    // The bench itself is busy and may notice one of the two a little late.
    const close = gaps.filter((gap) => gap < 850)
    return close.length === 0
      ? []
      : [`${close.length} ${name} logins within a second of another: ${close.map(Math.round)} ms`]
  })
}
