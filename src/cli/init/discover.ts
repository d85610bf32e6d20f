/**
 * Finds the servers of an address: the table, MX records, RFC 6186, Mozilla's autoconfig, Microsoft's autodiscover.
 * Every look-up has a deadline.
 */

import { type Provider, providers, type ServerAddress } from '../../base/providers.ts'
import { domainPart } from '../../mail/address.ts'
import type { Probe } from './probe.ts'

export interface FoundServers {
  imap: ServerAddress
  smtp: ServerAddress
  /** Where it was found, so that the owner can judge it: `found in the DNS of example.com (SRV records)`. */
  source: string
  hint: string
  oauth2: 'google' | 'microsoft' | null
  /** True when the login name is certainly the address. */
  byAddress?: boolean
  /** Hosts of another domain that only unsigned DNS names: a person has to agree. */
  unproven?: boolean
}

/** A server of models on this machine. */
export interface OwnModel {
  /** Of the program that usually listens at that port. */
  program: string
  /** With /v1. */
  baseUrl: string
  /** As the server lists them; at least one. */
  names: readonly string[]
}

/** The network, so that tests need none. Any call may reject; that counts as "nothing there". */
export interface Network {
  resolveMx(domain: string): Promise<{ exchange: string; priority: number }[]>
  resolveSrv(name: string): Promise<{ name: string; port: number; priority: number }[]>
  /** Text of a page; rejects unless it was found. @param post sent as XML */
  fetchText(url: string, post?: string): Promise<string>
  /** If absent, ports are assumed to have their usual meaning. */
  probe?(host: string, port: number, kind: 'imap' | 'smtp'): Promise<Probe>
  /** If absent, nobody looks for a model on this machine. */
  ownModels?(): Promise<OwnModel[]>
}

/** @returns null when no source names the servers of that address */
export async function discover(address: string, network: Network): Promise<FoundServers | null> {
  const domain = domainPart(address).toLowerCase()
  const known = providers.find(({ domains }) => domains.includes(domain))
  if (known) return fromProvider(known, "in replyd's list of providers")
  // Queried in parallel, used in this order.
  const asked = [
    byMx(domain, network),
    byAutoconfig(address, domain, network),
    byAutodiscover(address, domain, network),
    // Last: DNS is not signed, and an attacker who forges it would get the password.
    bySrv(domain, network),
  ]
  for (const each of asked.map((found) => found.catch(() => null))) {
    const found = await each
    if (found) return found
  }
  return null
}

function fromProvider({ name, imap, smtp, hint, oauth2 }: Provider, where: string): FoundServers {
  return { imap, smtp, source: `found ${where} (${name})`, hint, oauth2: oauth2 ?? null, byAddress: true }
}

/** DNS records come from strangers and are written to replyd.yaml, where `${MAIL_PASSWORD}` would stand for the password. */
const isHost = /^[a-z0-9.-]+$/i

const byPriority = (a: { priority: number }, b: { priority: number }) => a.priority - b.priority

async function byMx(domain: string, { resolveMx }: Network): Promise<FoundServers | null> {
  const [first] = (await resolveMx(domain)).sort(byPriority)
  const host = `.${first?.exchange.toLowerCase().replace(/\.$/, '') ?? ''}`
  const provider = providers.find(({ mx }) => mx?.some((end) => host.endsWith(`.${end}`)))
  return provider ? fromProvider(provider, `through the MX record of ${domain}`) : null
}

/** A target of "." says that the service is not offered (RFC 6186 section 3.4). */
async function bySrv(domain: string, { resolveSrv }: Network): Promise<FoundServers | null> {
  const place = async (service: string, secure: boolean): Promise<ServerAddress | null> => {
    const records = await resolveSrv(`_${service}._tcp.${domain}`).catch(() => [])
    const hosts = records.map(({ name, ...rest }) => ({ ...rest, host: name.replace(/\.$/, '') }))
    const [first] = hosts.filter(({ host }) => isHost.test(host)).sort(byPriority)
    return first ? { host: first.host, port: first.port, secure } : null
  }
  const [imaps, imap, submissions, submission] = await Promise.all([
    place('imaps', true),
    place('imap', false),
    // RFC 8314 section 5.1
    place('submissions', true),
    place('submission', false),
  ])
  const [read, send] = [imaps ?? imap, submissions ?? submission]
  if (!read || !send) return null
  const isOwn = ({ host }: ServerAddress) => `.${host.toLowerCase()}`.endsWith(`.${domain}`)
  const source = `found in the DNS of ${domain} (SRV records)`
  return { imap: read, smtp: send, source, hint: '', oauth2: null, unproven: !isOwn(read) || !isOwn(send) }
}

async function byAutoconfig(
  address: string,
  domain: string,
  { fetchText }: Network,
): Promise<FoundServers | null> {
  const mailbox = encodeURIComponent(address)
  const urls = [
    `https://autoconfig.${domain}/mail/config-v1.1.xml?emailaddress=${mailbox}`,
    `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`,
    // Only the domain: nobody else needs to know the address.
    `https://autoconfig.thunderbird.net/v1.1/${domain}`,
  ]
  const pages = urls.map((url) => fetchText(url).catch(() => ''))
  for (const [i, page] of pages.entries()) {
    const text = await page
    const imap = serverIn(text, 'incomingServer', 'imap')
    const smtp = serverIn(text, 'outgoingServer', 'smtp')
    const { host } = new URL(urls[i] ?? '')
    if (imap && smtp) return { imap, smtp, source: `found at ${host} (autoconfig)`, hint: '', oauth2: null }
  }
  return null
}

const outlookSchema = 'http://schemas.microsoft.com/exchange/autodiscover/outlook'

/**
 * The plain-XML form, which hosters answer without a login; see Microsoft's MS-OXDSCLI. Exchange itself is in the
 * table.
 */
async function byAutodiscover(
  address: string,
  domain: string,
  { fetchText }: Network,
): Promise<FoundServers | null> {
  const escaped = address.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const question = `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${outlookSchema}/requestschema/2006"><Request><EMailAddress>${escaped}</EMailAddress>
<AcceptableResponseSchema>${outlookSchema}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`
  const hosts = [`autodiscover.${domain}`, domain]
  const pages = hosts.map((host) =>
    fetchText(`https://${host}/autodiscover/autodiscover.xml`, question).catch(() => ''),
  )
  for (const [i, page] of pages.entries()) {
    const text = await page
    const [imap, smtp] = [protocolIn(text, 'IMAP'), protocolIn(text, 'SMTP')]
    if (imap && smtp)
      return { imap, smtp, source: `found at ${hosts[i]} (autodiscover)`, hint: '', oauth2: null }
  }
  return null
}

/** Entities are not expanded: server names need none. */
function protocolIn(xml: string, type: string): ServerAddress | null {
  for (const part of xml
    .slice(0, 100_000)
    .split(/<Protocol\b/)
    .slice(1)) {
    const [text = ''] = part.split('</Protocol')
    const value = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)\\s*<`).exec(text)?.[1] ?? ''
    const [host, port] = [value('Server'), Number(value('Port'))]
    const sound = isHost.test(host) && Number.isInteger(port) && port > 0 && port < 65_536
    if (value('Type') !== type || !sound) continue
    // Encryption is more specific than SSL; on STARTTLS ports "SSL: on" means STARTTLS.
    const encryption = value('Encryption') || value('SSL')
    if (/^(ssl|tls|on)$/i.test(encryption)) return { host, port, secure: ![143, 587, 25].includes(port) }
  }
  return null
}

/** The first server of that kind that can be reached with TLS. */
function serverIn(xml: string, element: string, type: string): ServerAddress | null {
  const servers = xml.slice(0, 100_000).split(`<${element}`).slice(1)
  for (const server of servers) {
    const [text = ''] = server.split(`</${element}`)
    const value = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)\\s*<`).exec(text)?.[1] ?? ''
    const [host, port, socket] = [value('hostname'), Number(value('port')), value('socketType')]
    const sound = isHost.test(host) && Number.isInteger(port) && port > 0 && port < 65_536
    if (!new RegExp(`^[^>]*type="${type}"`).test(text) || !sound) continue
    if (socket === 'SSL' || socket === 'STARTTLS') return { host, port, secure: socket === 'SSL' }
  }
  return null
}
