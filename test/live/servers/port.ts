import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** The first port that the kernel may give to outgoing connections; 32768 if unknown. */
function firstEphemeralPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/)[0])
  } catch {
    return 32768
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer()
  listener.listen({ port, host: LOOPBACK, exclusive: true })
  try {
    await once(listener, 'listening')
  } catch {
    return false
  }
  listener.close()
  await once(listener, 'close')
  return true
}

/** Ports that this process has asked for: a server with two listeners must not get one port for both. */
const handedOut = new Set<number>()

/**
 * A TCP port on loopback that is currently unused and was not handed out before. Another process may still take it
 * before the caller does.
 *
 * It is below the kernel's ephemeral range: a client that reconnects to a stopped server on a port within that range
 * occasionally gets the same port as its own and talks to itself.
 */
export async function freePort(): Promise<number> {
  const low = 10_240
  const high = Math.max(low + 1000, Math.min(firstEphemeralPort(), 32_768))
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = low + Math.floor(Math.random() * (high - low))
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    return port
  }
  // A crowded machine: take any port that the kernel offers.
  const listener = createServer().listen(0, LOOPBACK)
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  listener.close()
  return port
}
