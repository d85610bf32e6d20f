/** Whether a server speaks TLS from the first octet: found out by trying, since a port number is only a custom. */
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { codeOf } from '../../doctor/failure.ts'

/** Milliseconds. */
const patienceMs = 5000

/**
 * Sends a TLS greeting and nothing else.
 * @returns true with TLS, false when the answer is plain text, null when there is no answer, or none that tells
 */
export function speaksTls(host: string, port: number): Promise<boolean | null> {
  return new Promise((resolve) => {
    // Whose certificate it is, the trial of the login looks at.
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
