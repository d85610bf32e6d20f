/**
 * How TLS starts at a port, and whether the right kind of server listens there. It is tried, since port numbers are
 * only a convention; nothing but a TLS greeting is sent.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { codeOf, connectionFailure } from '../../doctor/failure.ts'

export interface Probe {
  /** From the first octet, or after STARTTLS; null when that is not clear. */
  starts: 'tls' | 'starttls' | null
  /** Why there is no connection, or what listens instead; null when all is well. */
  fault: string | null
}

type Kind = 'imap' | 'smtp'

/** A distant server takes a second. Milliseconds. */
const patienceMs = 3000

/** Never rejects. */
export async function probe(host: string, port: number, kind: Kind): Promise<Probe> {
  const signal = AbortSignal.timeout(patienceMs)
  const protocol = kind === 'imap' ? 'IMAP' : 'SMTP'
  const words = (error: unknown) =>
    connectionFailure(error, { host, port, secure: true, keys: kind, protocol }).detail
  const { starts, greeting, error } = await withTls(host, port, signal)
  if (error !== null) return { starts: null, fault: words(error) }
  const said = starts === 'starttls' ? await greetingOf(connectPlain({ host, port }), signal) : greeting
  return { starts, fault: otherServer(`${host}:${port}`, said, kind) }
}

interface Attempt {
  starts: Probe['starts']
  greeting: string
  /** Null when something listens there. */
  error: unknown
}

async function withTls(host: string, port: number, signal: AbortSignal): Promise<Attempt> {
  // The trial of the login checks the certificate.
  const options = { host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }
  const socket = connect(options)
  const greeting = greetingOf(socket, signal)
  let starts: Probe['starts'] = null
  let isConnected = false
  let error: unknown = new Error('did not answer')
  socket.on('connect', () => {
    isConnected = true
  })
  socket.on('secureConnect', () => {
    starts = 'tls'
  })
  socket.on('error', (fault) => {
    const plain = /wrong.version.number|packet.length.too.long|unexpected.message/i
    if (plain.test(`${codeOf(fault)} ${fault.message}`)) starts = 'starttls'
    error = fault
  })
  return { greeting: await greeting, starts, error: isConnected ? null : error }
}

/** What the server says first; empty when it says nothing in time. Destroys the socket, never rejects. */
function greetingOf(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const end = (said: string) => {
      signal.removeEventListener('abort', late)
      socket.destroy()
      resolve(said)
    }
    const late = () => end('')
    signal.addEventListener('abort', late)
    socket.once('data', (octets: Buffer) => end(octets.subarray(0, 200).toString('latin1')))
    socket.once('error', () => end(''))
    socket.once('close', () => end(''))
    if (signal.aborted) late()
  })
}

/** RFC 9051 section 7.1, RFC 5321 section 4.2, RFC 1939 section 4. */
const greetings: readonly [start: RegExp, protocol: string][] = [
  [/^\* /, 'IMAP'],
  [/^\d{3}[ -]/, 'SMTP'],
  [/^\+OK/, 'POP3'],
]

/** @returns what is wrong with a server that has this greeting; null if nothing */
export function otherServer(place: string, greeting: string, kind: Kind): string | null {
  const wanted = kind.toUpperCase()
  const [, found] = greetings.find(([start]) => start.test(greeting)) ?? []
  if (found === undefined || found === wanted) return null
  return `${place} is a server for ${found}, not for ${wanted} (usually port ${kind === 'imap' ? 993 : '465 or 587'})`
}
