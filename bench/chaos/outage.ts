/**
 * Ten thousand mails arrive while IMAP, SMTP and Redis are down; the daemon is killed once in the meantime, and once
 * while it catches up.
 */
import { findings } from './check.ts'
import type { Kind } from './mails.ts'
import { later } from './moment.ts'
import { withPeers } from './peers.ts'
import { type Combination, combinations, World } from './world.ts'

const patienceMs = 1_800_000
const batch = 500

/** Few replies are sent automatically: an account sends at most 50 in an hour. */
function kindOf(number: number): Kind {
  if (number % 500 === 0) return 'send'
  const kinds: readonly Kind[] = [
    'robot',
    'thanks',
    'list',
    'robot',
    'thanks',
    'list',
    'robot',
    'spam',
    'draft',
    'robot',
  ]
  return kinds[number % kinds.length] ?? 'robot'
}

/** @param name of one combination; both ends of the range when empty */
export async function outage(
  say: (text: string) => void,
  json: boolean,
  name: string,
  mails: number,
): Promise<number> {
  const wanted = name === '' ? ['embedded', 'redis+postgres'] : [name]
  return withPeers(async (peers) => {
    const outcomes = []
    for (const combination of combinations.filter((each) => wanted.includes(each.name))) {
      await using world = await World.build(peers, combination, { document: { log: { level: 'warn' } } })
      outcomes.push(await survive(world, combination, mails, say))
    }
    process.stdout.write(`${JSON.stringify(outcomes, null, json ? 0 : 2)}\n`)
    return outcomes.length > 0 && outcomes.every(({ ok }) => ok) ? 0 : 1
  })
}

async function survive(
  world: World,
  combination: Combination,
  mails: number,
  say: (text: string) => void,
): Promise<Record<string, unknown> & { ok: boolean }> {
  world.daemon.start()
  await world.deliver(['draft'])
  await settled(world)
  await Promise.all([world.imap.down(), world.smtp.cutAll(), world.redis?.down()])
  world.smtpFault = (moment) => (moment === 'greeting' ? 'drop' : undefined)
  for (let at = 0; at < mails; at += batch) {
    const some = Math.min(batch, mails - at)
    await world.deliver(Array.from({ length: some }, (_, index) => kindOf(at + index)))
    if (at === batch) world.daemon.kill()
  }
  say(`${combination.name}: ${mails} mails wait`)
  world.smtpFault = () => undefined
  const startedAt = performance.now()
  await Promise.all([world.imap.up(), world.redis?.up()])
  await world.reached((rows) => rows > mails / 10)
  world.daemon.kill()
  const atRest = await settled(world)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  await world.daemon.stop()
  const { problems, ...found } = await findings(world, [])
  for (const problem of problems.slice(0, 30)) say(`  ${problem}`)
  // The kill may fall between the claim of a reply and the server's answer: then the outcome can't be known.
  const ok = atRest && found.lost + found.duplicated + found.misplaced + found.other === 0
  return { ok, combination: combination.name, kills: world.daemon.kills, seconds, ...found }
}

async function settled(world: World): Promise<boolean> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    if (await world.isSettled()) return true
    await later(500)
  }
  return false
}
