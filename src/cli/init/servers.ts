/** Asks where the mail is: shows what was found, otherwise the owner types it in. Each server is probed. */
import { isIP } from 'node:net'
import type { ServerAddress } from '../../base/providers.ts'
import { domainPart } from '../../mail/address.ts'
import { UsageError } from '../failure.ts'
import { type Say, type Terminal, waiting } from '../terminal.ts'
import { type Asker, orEnter } from './asker.ts'
import { discover, type FoundServers, type Network } from './discover.ts'
import type { Probe } from './probe.ts'

export interface Given {
  /** An option, which is not asked for: there is no question to go back to. */
  address?: string | undefined
  imap?: string | undefined
  smtp?: string | undefined
}

interface Talk {
  asker: Asker
  say: Say
  network: Network
  terminal?: Terminal
}

type Kind = 'imap' | 'smtp'

/** @param key names the mailbox in the memory */
export async function servers(address: string, given: Given, talk: Talk, key = '1'): Promise<FoundServers> {
  const { asker, say, network } = talk
  const typed = (kind: Kind) => given[kind] ?? asker.settled(`${key}.${kind}`) ?? undefined
  const looked = !(typed('imap') && typed('smtp'))
  if (looked) await say(`Looking for the mail servers of ${domainPart(address)} …`)
  const found = looked ? await waiting(discover(address, network), 'asking', talk.terminal) : null
  if (found)
    await say(`${capitalized(found.source)}:\n  IMAP ${shown(found.imap)}\n  SMTP ${shown(found.smtp)}`)
  else if (looked) await say(`No servers were found for ${address}. Your provider's help pages name them.`)
  if (found?.unproven) await say(unprovenWords)
  // With --yes nobody checks an unproven result, so the servers have to be given as options.
  if (found && (await asker.confirm('Use these?', !found.unproven, `${key}.use`))) {
    const place = async (kind: Kind) => {
      const other = typed(kind)
      return other === undefined ? found[kind] : (await lookedAt(other, kind, talk)).place
    }
    return { ...found, imap: await place('imap'), smtp: await place('smtp') }
  }
  const proposed = found?.unproven ? null : found
  const back = given.address === undefined
  const place = (kind: Kind, proposal: string | null) =>
    askPlace(kind, given[kind], proposed?.[kind].host ?? proposal, talk, key, back)
  const imap = await place('imap', null)
  return {
    imap,
    // Most mail servers offer both IMAP and SMTP.
    smtp: await place('smtp', asker.asks ? imap.host : null),
    source: 'as you entered them',
    hint: '',
    oauth2: null,
  }
}

const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

const unprovenWords =
  'These hosts belong to another domain, and only DNS, which can be forged, names them. They would get your password: compare them with what your provider says.'

/**
 * Asks again for a server that can't be reached or is of another kind, and proposes what was typed. The same answer twice
 * is accepted.
 * @param given an option of the command line, which is not asked for
 * @param back whether two empty answers go back
 */
export async function askPlace(
  kind: Kind,
  given: string | undefined,
  proposal: string | null,
  talk: Talk,
  key: string,
  back = false,
): Promise<ServerAddress> {
  if (given !== undefined) return (await lookedAt(given, kind, talk)).place
  let last = ''
  let looked: Looked | null = null
  const fault = async (text: string) => {
    const wrong = placeFault(text, kind)
    if (wrong !== null) return wrong
    looked = await lookedAt(text, kind, talk)
    const insisted = text === last
    last = text
    return insisted || looked.fault === null ? null : `${looked.fault}${orEnter}`
  }
  const question = `${kind.toUpperCase()} server (host or host:port)`
  const answer = await talk.asker.ask(question, proposal, {
    ...{ fault, back },
    key: `${key}.${kind}`,
    option: `--${kind}`,
  })
  return (looked ?? (await lookedAt(answer, kind, talk))).place
}

/** The default port, and those that use STARTTLS. */
const ports: Record<Kind, { usual: number; startTls: number[] }> = {
  imap: { usual: 993, startTls: [143] },
  smtp: { usual: 465, startTls: [587, 25] },
}

const shown = ({ host, port, secure }: ServerAddress) => `${host}:${port} (${secure ? 'TLS' : 'STARTTLS'})`

const parts = (text: string) => /^([^\s:]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? []

const label = '[\\p{L}\\p{N}_](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}_])?'
const hostName = new RegExp(`^${label}(?:\\.${label})*\\.?$`, 'u')

/** An IPv4 address, or a name, whose last part is no number (RFC 1123 section 2.1). */
const isHost = (text: string) => isIP(text) === 4 || (hostName.test(text) && !/(^|\.)\d+\.?$/.test(text))

function placeFault(text: string, kind: Kind): string | null {
  const [, host = '', port = '1'] = parts(text)
  if (!isHost(host)) return `${text} is not a host name, such as ${kind}.example.com`
  return Number(port) > 0 && Number(port) < 65_536 ? null : 'the port must be a number from 1 to 65535'
}

interface Looked {
  place: ServerAddress
  fault: string | null
}

/** The port suggests how TLS starts there, but the server decides. Without a port the usual ones are tried. */
async function lookedAt(text: string, kind: Kind, { say, network, terminal }: Talk): Promise<Looked> {
  const wrong = placeFault(text, kind)
  if (wrong !== null) throw new UsageError(wrong)
  const [, host = '', given] = parts(text)
  const { usual, startTls } = ports[kind]
  const port = Number(given ?? usual)
  const [other = port] = startTls
  if (network.probe) await say(`Looking at ${host}${given ? `:${given}` : ''} …`)
  const unknown: Probe = { starts: null, fault: null }
  const ask = async (at: number) => (await network.probe?.(host, at, kind)) ?? unknown
  const [first, second] = await waiting(
    Promise.all([ask(port), given ? unknown : ask(other)]),
    'connecting',
    terminal,
  )
  const secure = first.starts ? first.starts === 'tls' : !startTls.includes(port)
  if (first.starts === null && second.starts === 'starttls')
    return { place: { host, port: other, secure: false }, fault: null }
  return { place: { host, port, secure }, fault: first.fault }
}
