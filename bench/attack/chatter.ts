/** Runs in a separate process (`apart.ts`): a server that chatters below every limit, and keeps its clients busy. */
import { serveApart } from './apart.ts'
import { type Chatter, TalkativeServer } from './hostile-imap.ts'

/** Milliseconds between two notices that make the client look again. */
const stirMs = 20

/** Null: only notices. */
export const chatters: [string, Chatter | null][] = [
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

export interface ChatterApi {
  [name: string]: (...args: never[]) => unknown
  port: () => number
  /** Octets of chatter and commands so far, and the number of answers that chatter is delaying at the moment. */
  counts: () => { said: number; commands: number; chatting: number }
  begin: (at: number) => void
  rest: () => void
}

async function open(): Promise<ChatterApi> {
  const server = await TalkativeServer.start()
  let stirring: NodeJS.Timeout | undefined
  return {
    port: () => server.port,
    counts: () => ({ said: server.said, commands: server.commands, chatting: server.chatting }),
    begin: (at) => {
      server.chatter = chatters[at]?.[1] ?? null
      stirring = setInterval(() => server.stir(), stirMs)
    },
    rest: () => {
      clearInterval(stirring)
      server.chatter = null
    },
  }
}

// Importing it for its list starts nothing.
if (process.argv[1] === import.meta.filename) serveApart(await open())
