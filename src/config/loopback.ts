import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Whether that host can only be this machine: `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 or ::1.
 * Any other name counts as foreign, regardless of what it currently resolves to. A name below `localhost` does too,
 * because some resolvers ask a name server for it.
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === 'localhost') return true
  const family = isIP(name)
  return family !== 0 && loopback.check(name, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether a session without TLS may carry the password and mail. */
export function plaintextAllowed(server: {
  readonly host: string
  readonly allowPlaintext: boolean
}): boolean {
  return server.allowPlaintext || isLoopback(server.host)
}

const privateNetworks = new BlockList()
for (const [network, prefix] of [
  // RFC 1918, RFC 3927, RFC 6598 (100.64.0.0/10, also used by Tailscale).
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4')
// RFC 4193 and link-local addresses.
privateNetworks.addSubnet('fc00::', 7, 'ipv6')
privateNetworks.addSubnet('fe80::', 10, 'ipv6')

/** RFC 6762, RFC 8375, names used on private networks, Tailscale's, and those without a dot (a container). */
const privateName = /^[^.]+$|\.(local|home\.arpa|internal|lan|ts\.net)$/

/** Whether that host is this machine or on a private network, judging only by its address or name. */
export function isOwnMachine(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$|\.$/g, '')
  if (isLoopback(name)) return true
  const family = isIP(name)
  if (family === 0) return privateName.test(name)
  return privateNetworks.check(name, family === 4 ? 'ipv4' : 'ipv6')
}
