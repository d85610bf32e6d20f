/**
 * How long another account waits while a server chatters below every limit, so that it is never cut off. Mails with and
 * without the chatter alternate, so that the load of the machine affects both alike.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { deliverAll } from '../../test/live/servers/index.ts'
import { Apart } from './apart.ts'
import type { Area, Attack } from './attack.ts'
import { type ChatterApi, chatters } from './chatter.ts'
import { letter } from './letter.ts'
import { accountAt, type Servers, startServers, until, Victim } from './victim.ts'

const quiet = 'quiet@replyd.test'
/** Pairs of mails, fewer if they take long. The first mails are not counted: no code is compiled yet. */
const [most, fewest, warmUps] = [15, 7, 5]
/** Milliseconds: for one kind of chatter, and to wait for the end of the chatter after a pair. */
const [longestMs, restMs] = [60_000, 20_000]
const mostRatio = 1.5
/** Milliseconds from a change to the next mail. */
const settleMs = 100

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

export const fairness: Area = {
  name: 'fairness',
  open: async () => {
    const waiting = new Map<string, (at: number) => void>()
    const servers = await startServers({
      behaviour: ({ question: { mail, task } }) => {
        const token = /This is mail (\w+)\./.exec(mail)?.[1] ?? ''
        if (task === 'triage') waiting.get(token)?.(performance.now())
        return undefined
      },
    })
    const hostile = await Apart.start<ChatterApi>('chatter.ts')
    const victim = await Victim.start(servers, {
      accounts: [
        accountAt(servers, quiet, { since: 'now' }),
        accountAt(servers, 'loud@replyd.test', { imap: { port: await hostile.call('port') } }),
      ],
    })
    await victim.logged('"watch.baseline"')
    const react = reactions(servers, waiting)
    for (let mail = 0; mail < warmUps; mail++) await react()
    return {
      attacks: chatters.map(([name], at) => attackOf(name, at, hostile, react)),
      async [Symbol.asyncDispose]() {
        await victim[Symbol.asyncDispose]()
        await Promise.all([hostile, servers].map((each) => each[Symbol.asyncDispose]()))
      },
    }
  },
}

/** Milliseconds from the end of a delivery to the first question to the model. */
function reactions(servers: Servers, waiting: Map<string, (at: number) => void>): () => Promise<number> {
  let serial = 0
  return async () => {
    const token = `t${++serial}x`
    const asked = new Promise<number>((resolve) => waiting.set(token, resolve))
    const { octets } = letter({
      to: quiet,
      text: `Hello,\r\n\r\nwhen do you open?\r\nThis is mail ${token}.\r\n`,
    })
    await deliverAll(servers.dovecot, [{ user: quiet, octets }])
    const stored = performance.now()
    return (await asked) - stored
  }
}

function attackOf(
  name: string,
  at: number,
  hostile: Apart<ChatterApi>,
  react: () => Promise<number>,
): Attack {
  return {
    name: `reaction of another account beside a server that says ${name}`,
    holds: 'each server is read for 15 % of the time (`src/imap/fair-share.ts`)',
    run: async () => {
      const [alone, beside]: [number[], number[]] = [[], []]
      const before = await hostile.call('counts')
      const end = performance.now() + longestMs
      while (alone.length < most && (performance.now() < end || alone.length < fewest)) {
        await delay(settleMs)
        alone.push(await react())
        await hostile.call('begin', at)
        await delay(settleMs)
        beside.push(await react())
        await hostile.call('rest')
        await until('it chatters on', async () => (await hostile.call('counts')).chatting === 0, restMs)
      }
      const after = await hostile.call('counts')
      if (after.commands === before.commands) return 'the server was not asked at all'
      if (chatters[at]?.[1] && after.said === before.said) return 'the server did not chatter'
      const ratio = median(beside) / median(alone)
      const figure = `${ratio.toFixed(2)} times as long (medians of ${alone.length}: ${Math.round(median(beside))} and ${Math.round(median(alone))} ms)`
      return ratio < mostRatio ? { figure } : figure
    },
  }
}
