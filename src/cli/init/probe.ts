/**
 * Finds out whether a server speaks TLS from the first octet by trying, because a port number is only a convention.
 */
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { codeOf } from '../../doctor/failure.ts'

/** Milliseconds. */
const patienceMs = 5000

/**
 * Sends only a TLS greeting.
 * @returns true with TLS, false when the answer is plain text, null when the answer is missing or inconclusive
 */
export function speaksTls(host: string, port: number): Promise<boolean | null> {
  return new Promise((resolve) => {
    // The login check verifies the certificate.
    const options = { host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }
    const socket = connect(options, () => end(true))
    const timer = setTimeout(() => end(null), patienceMs)
    const end = (found: boolean | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(found)
    }
    socket.on('error', (error) => {
      const words = `${codeOf(error)} ${error.message}`
      end(/wrong.version.number|packet.length.too.long|unexpected.message/i.test(words) ? false : null)
    })
  })
}
