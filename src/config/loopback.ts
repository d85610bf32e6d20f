import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Whether that host can only be this machine: `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 or ::1.
 * Other names count as foreign, whatever they resolve to at the moment.
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const family = isIP(name)
  return family !== 0 && loopback.check(name, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether a session without TLS may carry the password and the mail. */
export function plaintextAllowed(server: {
  readonly host: string
  readonly allowPlaintext: boolean
}): boolean {
  return server.allowPlaintext || isLoopback(server.host)
}
