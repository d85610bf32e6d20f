/** How TLS starts at a port. It is tried, since a port number is only a custom; nothing but a TLS greeting is sent. */
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { codeOf, connectionFailure } from '../../doctor/failure.ts'

export interface Probe {
  /** From the first octet, or after STARTTLS; null when that is not clear. */
  starts: 'tls' | 'starttls' | null
  /** Why there is no connection; null when there is one. */
  fault: string | null
}

/** A server far away takes a second. Milliseconds. */
const patienceMs = 3000

/** Never rejects. */
export function probe(host: string, port: number, kind: 'imap' | 'smtp'): Promise<Probe> {
  const protocol = kind === 'imap' ? 'IMAP' : 'SMTP'
  const words = (error: unknown) =>
    connectionFailure(error, { host, port, secure: true, keys: kind, protocol }).detail
  return new Promise((resolve) => {
    let connected = false
    // The trial of the login checks the certificate.
    const options = { host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }
    const socket = connect(options, () => end({ starts: 'tls', fault: null }))
    const late = () => end({ starts: null, fault: connected ? null : words(new Error('did not answer')) })
    const timer = setTimeout(late, patienceMs)
    const end = (found: Probe) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(found)
    }
    socket.on('connect', () => {
      connected = true
    })
    socket.on('error', (error) => {
      const plain = /wrong.version.number|packet.length.too.long|unexpected.message/i
      if (plain.test(`${codeOf(error)} ${error.message}`)) end({ starts: 'starttls', fault: null })
      else end({ starts: null, fault: connected ? null : words(error) })
    })
  })
}
