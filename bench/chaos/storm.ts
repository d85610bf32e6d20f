/** 5,000 mails into ten mailboxes, three processes, and a kill -9 of one of them every two seconds on average. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { findings } from './check.ts'
import { type DaemonChild, programPath } from './child.ts'
import type { Kind } from './mails.ts'
import { later } from './moment.ts'
import { withPeers } from './peers.ts'
import { combinations, World } from './world.ts'

export interface StormSettings {
  mails: number
  /** At least this many kills, even if the mails are done earlier. */
  kills: number
  accounts: number
}

const meanMs = 2_000
const patienceMs = 1_500_000
const batch = 20

/** Few replies are sent automatically: no account may send more than 50 in an hour. */
const mixture: readonly Kind[] = [
  ...Array<Kind>(7).fill('robot'),
  ...Array<Kind>(4).fill('thanks'),
  ...Array<Kind>(2).fill('list'),
  ...Array<Kind>(3).fill('spam'),
  ...Array<Kind>(4).fill('draft'),
]

export async function storm(
  say: (text: string) => void,
  json: boolean,
  name: string,
  mails = 5_000,
): Promise<number> {
  const settings: StormSettings = { mails, kills: 100, accounts: 10 }
  const combination = combinations.find((each) => each.name === (name || 'redis+postgres'))
  if (!combination) throw new Error('no such combination')
  return withPeers(async (peers) => {
    const options = { accounts: settings.accounts, document: { log: { level: 'warn' } } }
    await using world = await World.build(peers, combination, options)
    const configPath = join(world.directory, 'replyd.yaml')
    // Only one process can open a store in a directory, so the daemon is a single process there.
    const more = combination.redis && combination.postgres ? ['worker1', 'worker2'] : []
    const workers = await Promise.all(more.map((name) => world.anotherDaemon(name, 'watch,work')))
    const daemons = [world.daemon, ...workers]
    for (const daemon of daemons) daemon.start()
    const startedAt = performance.now()
    const seconds = () => Math.round((performance.now() - startedAt) / 1000)
    const delivering = deliver(world, settings.mails)
    await killNowAndThen(world, daemons, settings, async () =>
      say(`${seconds()} s: ${await progress(world, daemons)}`),
    )
    await delivering
    const stormSeconds = seconds()
    const settled = await atRest(world, performance.now() + patienceMs)
    const kills = daemons.reduce((sum, daemon) => sum + daemon.kills, 0)
    const audited = await auditByCommand(configPath)
    await Promise.all(daemons.map((daemon) => daemon.stop()))
    const found = await findings(world, ['drafted'])
    for (const problem of found.problems.slice(0, 30)) say(`  ${problem}`)
    const { arrived, handled, lost, duplicated, uncertain, misplaced, other } = found
    const figures = {
      kills,
      stormSeconds,
      seconds: seconds(),
      arrived,
      handled,
      lost,
      duplicated,
      uncertain,
      misplaced,
      other,
    }
    const outcome = { ...figures, auditStatus: audited.status, settled }
    process.stdout.write(
      json ? `${JSON.stringify(outcome)}\n` : `${audited.stdout}${JSON.stringify(outcome, null, 2)}\n`,
    )
    const sound = settled && lost + duplicated + misplaced + other === 0 && audited.status === 0
    return sound && kills >= settings.kills ? 0 : 1
  })
}

/** Asynchronous, because the proxies run in this process. */
function auditByCommand(configPath: string): Promise<{ status: number; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [programPath, 'audit', '--config', configPath], (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout: stdout + stderr })
    })
  })
}

async function deliver(world: World, mails: number): Promise<void> {
  for (let at = 0; at < mails; at += batch) {
    // One automatic reply per batch.
    await world.deliver(mixture.slice(0, batch - 1).concat('send'))
    await later(400)
  }
}

async function killNowAndThen(
  world: World,
  daemons: readonly DaemonChild[],
  settings: StormSettings,
  report: () => Promise<void>,
): Promise<void> {
  let kills = 0
  while (kills < settings.kills || world.delivered.length < settings.mails) {
    await later(-Math.log(1 - Math.random()) * meanMs)
    const daemon = daemons[Math.floor(Math.random() * daemons.length)]
    if (!daemon?.pid) continue
    daemon.kill()
    if (++kills % 10 === 0) await report()
  }
}

async function progress(world: World, daemons: readonly DaemonChild[]): Promise<string> {
  const kills = daemons.reduce((sum, daemon) => sum + daemon.kills, 0)
  return `${world.delivered.length} delivered, ${kills} kills, ${world.accepted.length} accepted by SMTP`
}

async function atRest(world: World, until: number): Promise<boolean> {
  while (performance.now() < until) {
    if (await world.isSettled()) return true
    await later(500)
  }
  return false
}
