/** Asks where the mail is: shows what was found, otherwise the owner types it in. */
import type { ServerAddress } from '../../base/providers.ts'
import { UsageError } from '../failure.ts'
import type { Say } from '../terminal.ts'
import type { Asker } from './asker.ts'
import { discover, type FoundServers, type Network } from './discover.ts'

export interface Given {
  imap?: string
  smtp?: string
}

export async function servers(
  address: string,
  options: Given,
  asker: Asker,
  say: Say,
  network: Network,
): Promise<FoundServers> {
  const given = options.imap && options.smtp
  const found = given ? null : await discover(address, network)
  if (found) await say(`Found by ${found.source}:\n  IMAP ${shown(found.imap)}\n  SMTP ${shown(found.smtp)}`)
  else if (!given) await say(`No servers were found for ${address}. Your provider's help pages name them.`)
  if (found?.unproven) await say(unprovenWords)
  // With --yes nobody looks: then these have to be given.
  if (found && (await asker.confirm('Use these?', !found.unproven))) {
    const imap = options.imap ? await placeFrom(options.imap, 'imap', network) : found.imap
    const smtp = options.smtp ? await placeFrom(options.smtp, 'smtp', network) : found.smtp
    return { ...found, imap, smtp }
  }
  const place = async (name: string, kind: keyof typeof ports, proposal: string | undefined) => {
    return placeFrom(
      await asker.ask(`${name} server (host or host:port)`, proposal ?? null, { fault: placeFault }),
      kind,
      network,
    )
  }
  const proposed = found?.unproven ? null : found
  const imap = await place('IMAP', 'imap', options.imap ?? proposed?.imap.host)
  const smtp = await place('SMTP', 'smtp', options.smtp ?? proposed?.smtp.host)
  return { imap, smtp, source: 'as entered', hint: '', oauth2: null }
}

const unprovenWords =
  'These hosts belong to another domain, and only DNS names them, which can be forged. They would get your password: compare them with what your provider says.'

/** The default port, and those that use STARTTLS. */
const ports: Record<'imap' | 'smtp', { usual: number; startTls: number[] }> = {
  imap: { usual: 993, startTls: [143] },
  smtp: { usual: 465, startTls: [587, 25] },
}

const shown = ({ host, port, secure }: ServerAddress) => `${host}:${port} (${secure ? 'TLS' : 'STARTTLS'})`

const parts = (text: string) => /^([^\s:]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? []

function placeFault(text: string): string | null {
  const [, host = '', port = '1'] = parts(text)
  return host !== '' && Number(port) > 0 && Number(port) < 65_536 ? null : `${text} is not host or host:port`
}

/** The port suggests how TLS starts there, but the server decides. Without a port the usual ones are tried. */
async function placeFrom(text: string, kind: keyof typeof ports, network: Network): Promise<ServerAddress> {
  const fault = placeFault(text)
  if (fault !== null) throw new UsageError(fault)
  const [, host = '', given] = parts(text)
  const { usual, startTls } = ports[kind]
  const ask = async (port: number) => (await network.speaksTls?.(host, port)) ?? null
  const port = Number(given ?? usual)
  const custom = given === undefined || (!startTls.includes(port) && port < 1024)
  const found = await ask(port)
  const [other = port] = startTls
  if (found === null && given === undefined && (await ask(other)) === false)
    return { host, port: other, secure: false }
  return { host, port, secure: found ?? custom }
}
