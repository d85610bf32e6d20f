/**
 * How long another account waits while a server chatters below every limit, so that it is never cut off. Mails with and
 * without the chatter alternate, so that both see the same machine.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { deliverAll } from '../../test/live/servers/index.ts'
import type { Area, Attack } from './attack.ts'
import { type Chatter, TalkativeServer } from './hostile-imap.ts'
import { letter } from './letter.ts'
import { accountAt, type Servers, startServers, Victim } from './victim.ts'

const quiet = 'quiet@replyd.test'
/** Mails of each kind; the first ones find nothing compiled yet. */
const [samples, warmUps] = [15, 5]
const mostRatio = 1.5
/** Milliseconds between two notices that make the client look again, and from a change to the next mail. */
const [stirMs, settleMs] = [20, 100]

const chatters: [string, Chatter | null][] = [
  ['nothing but notices, fifty a second', null],
  ['16,000 short responses before each answer', { text: '* 7 EXISTS\r\n', octets: 200_000 }],
  ['7 MB of long responses before each answer', { text: `* OK ${'a'.repeat(50_000)}\r\n`, octets: 7 << 20 }],
  [
    '7 MB of flags before each answer',
    { text: `* 1 FETCH (FLAGS (${'\\Seen '.repeat(60).trim()}))\r\n`, octets: 7 << 20 },
  ],
  [
    '60 MB of literals before each answer',
    { text: `* 1 FETCH (BODY[] {60000}\r\n${'a'.repeat(60_000)})\r\n`, octets: 60 << 20 },
  ],
]

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
    const hostile = await TalkativeServer.start()
    const victim = await Victim.start(servers, {
      accounts: [
        accountAt(servers, quiet, { since: 'now' }),
        accountAt(servers, 'loud@replyd.test', { imap: { port: hostile.port } }),
      ],
    })
    await victim.logged('"watch.baseline"')
    const react = reactions(servers, waiting)
    for (let mail = 0; mail < warmUps; mail++) await react()
    return {
      attacks: chatters.map(([name, chatter]) => strikeOf(name, chatter, hostile, react)),
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

function strikeOf(
  name: string,
  chatter: Chatter | null,
  hostile: TalkativeServer,
  react: () => Promise<number>,
): Attack {
  return {
    name: `reaction of another account beside a server that says ${name}`,
    holds: 'each server is read for 15 % of the time (`src/imap/fair-share.ts`)',
    strike: async () => {
      const [alone, beside]: [number[], number[]] = [[], []]
      const before = hostile.commands
      for (let mail = 0; mail < samples; mail++) {
        hostile.chatter = null
        await delay(settleMs)
        alone.push(await react())
        hostile.chatter = chatter
        const stirring = setInterval(() => hostile.stir(), stirMs)
        await delay(settleMs)
        beside.push(await react())
        clearInterval(stirring)
      }
      if (hostile.commands === before) return 'the server was not asked at all'
      const ratio = median(beside) / median(alone)
      const figure = `${ratio.toFixed(2)} times as long (medians of ${samples}: ${Math.round(median(beside))} and ${Math.round(median(alone))} ms)`
      return ratio < mostRatio ? { figure } : figure
    },
  }
}
