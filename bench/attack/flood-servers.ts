/**
 * Runs in a separate process (`apart.ts`): every server that floods the daemon. First argument: the model to forward
 * to.
 */
import { type Flood, FloodingServer } from '../../test/imap/flooding-server.ts'
import { type Answer, type Moment, ScriptedServer } from '../../test/smtp/scripted-server.ts'
import { serveApart } from './apart.ts'
import { type Count, forwarded, HostileHttp, json, type Manner } from './hostile-http.ts'
import { type Mood, NameServer } from './name-server.ts'

const most = 192 * 2 ** 20

export const imapFloods: [string, Flood][] = [
  ['before its greeting', { most, at: 'greeting', text: '* NOTHING\r\n' }],
  ['instead of its capabilities', { most, at: 'CAPABILITY', text: '* 7 EXISTS\r\n' }],
  ['while it is asked to select', { most, at: 'EXAMINE', text: '* 7 EXISTS\r\n' }],
  ['while the client idles', { most, at: 'IDLE', text: '* 7 EXISTS\r\n' }],
  ['in one line without end', { most, at: 'EXAMINE', text: 'a' }],
  ['in long lines', { most, at: 'EXAMINE', text: `* OK ${'a'.repeat(100_000)}\r\n` }],
  ['in literals', { most, at: 'EXAMINE', text: `* 1 FETCH (BODY[] {65500}\r\n${'a'.repeat(65_500)})\r\n` }],
  ['in brackets without end', { most, at: 'CAPABILITY', text: '(' }],
  [
    'in lines of small brackets',
    { most, at: 'EXAMINE', text: `* 1 FETCH (BODYSTRUCTURE (${'()'.repeat(300_000)}))\r\n` },
  ],
  ['with a literal of two gigabytes', { most, at: 'LOGIN', text: `* 1 FETCH (BODY[] {2000000000}\r\n` }],
]

export const smtpFloods: [Moment, Answer][] = [
  ['greeting', 'flood'],
  ['EHLO', 'flood'],
  ['AUTH', 'flood'],
  ['RCPT', 'flood'],
  ['dot', 'flood'],
  ['greeting', 'endless line'],
  ['EHLO', 'endless line'],
  ['dot', 'endless line'],
  ['greeting', 'drip'],
  ['greeting', 'an octet a second'],
  ['EHLO', 'an octet a second'],
  ['EHLO', 'silence'],
]

export const httpFloods: Manner[] = [
  'endless body',
  'endless chunks of one octet',
  'endless header',
  'endless interim answers',
  'a bomb of gzip',
  'an octet a second',
  'a header an octet a second',
]

export const clients = ['model', 'provider', 'hook', 'lookup', 'page'] as const
export type Client = (typeof clients)[number]

export interface FloodApi {
  [name: string]: (...args: never[]) => unknown
  ports: () => { imap: number[]; smtp: number[]; http: Record<Client, string>; dns: number }
  /** Resolves with whether the client ended the flood. */
  imapCutOff: (at: number) => Promise<boolean>
  smtp: (at: number) => { connections: number; flooded: number; open: number }
  http: (client: Client, at: number) => Count
  mood: (mood: Mood) => void
}

async function open(modelUrl: string): Promise<FloodApi> {
  const dns = await NameServer.start()
  const imap = await Promise.all(imapFloods.map(([, flood]) => FloodingServer.start(flood)))
  const smtp = await Promise.all(
    smtpFloods.map(([at, answer]) => ScriptedServer.start((moment) => (moment === at ? answer : undefined))),
  )
  const counts = new Map<string, Count>()
  const countOf = (client: Client, at: number) => {
    const key = `${client} ${at}`
    const count = counts.get(key) ?? { asked: 0, flooded: 0, open: 0 }
    counts.set(key, count)
    return count
  }
  const start = (client: Client) =>
    HostileHttp.start((request) => {
      const wanted = /flood number (\d)|^[A-Z]+ \/(\d)/.exec(request)
      if (!wanted) return client === 'model' ? forwarded(request, modelUrl) : json({}, '404 Not Found')
      const at = Number(wanted[1] ?? wanted[2])
      return { manner: httpFloods[at] ?? 'silence', count: countOf(client, at) }
    })
  const http = Object.fromEntries(
    await Promise.all(clients.map(async (client) => [client, await start(client)] as const)),
  ) as Record<Client, HostileHttp>
  return {
    ports: () => ({
      imap: imap.map(({ port }) => port),
      smtp: smtp.map(({ port }) => port),
      http: {
        model: http.model.url,
        provider: http.provider.url,
        hook: http.hook.url,
        lookup: http.lookup.url,
        page: http.page.url,
      },
      dns: dns.port,
    }),
    imapCutOff: async (at) => (await imap[at]?.cutOff) ?? false,
    smtp: (at) => {
      const { connections = 0, flooded = 0, open: still = 0 } = smtp[at] ?? {}
      return { connections, flooded, open: still }
    },
    http: countOf,
    mood: (mood) => {
      dns.mood = mood
    },
  }
}

// Importing it for its lists starts nothing.
if (process.argv[1] === import.meta.filename) serveApart(await open(process.argv[2] ?? ''))
