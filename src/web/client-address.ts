/** A request's origin, with or without proxies. */
import { BlockList, isIP, SocketAddress } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

/** The proxies of `web.trustedProxies`: addresses and networks whose X-Forwarded-For is trusted. */
export class Proxies {
  readonly #trusted = new BlockList()

  /** @param trusted validated by the configuration: `10.0.0.1`, `fd00::/8` */
  constructor(trusted: readonly string[]) {
    for (const each of trusted) {
      const [address = '', prefix] = each.split('/')
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
      if (prefix === undefined) this.#trusted.addAddress(address, family)
      else this.#trusted.addSubnet(address, Number(prefix), family)
    }
  }

  /**
   * The last address that no trusted proxy vouches for. Anything to its left may be invented by the client.
   * @param peer of the connection
   * @param forwardedFor X-Forwarded-For, several fields joined by commas
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    let client = plainAddress(peer) ?? 'unknown'
    for (const hop of (forwardedFor ?? '').split(',').reverse()) {
      if (!this.#trusts(client)) break
      const before = plainAddress(hop)
      if (before === null) break
      client = before
    }
    return client
  }

  #trusts(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Without port, brackets, zone and the IPv6 form of an IPv4 address; null if it is not an address. */
function plainAddress(written: string): string | null {
  const bare = written.trim().replace(/^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2')
  const address = bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(address) === 0 ? null : address
}

/** A client with one IPv6 address has all 2^64 of its network (RFC 6177 section 2), so they count as one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return `${[...first, ...Array(zeros).fill('0'), ...last].slice(0, 4).join(':')}::/64`
}

export function clientAddress(c: Context, proxies: Proxies): string {
  return proxies.clientOf(getConnInfo(c).remote.address ?? '', c.req.header('x-forwarded-for'))
}

/**
 * Whether the browser's connection has TLS. Believed from anyone: it only decides how the client's own browser stores
 * its cookies.
 */
function hasTls(c: Context): boolean {
  return c.req.header('x-forwarded-proto') === 'https'
}

/** Behind TLS no other host and no plain-text page can set a cookie of this name (RFC 6265bis section 4.1.3.2). */
const cookieName = (c: Context, name: string) => `${hasTls(c) ? '__Host-' : ''}replyd_${name}`

export function readCookie(c: Context, name: string): string | undefined {
  return getCookie(c, cookieName(c, name))
}

/** @param maxAge seconds; 0 removes it */
export function writeCookie(c: Context, name: string, value: string, maxAge: number): void {
  const options = { httpOnly: true, sameSite: 'Lax', path: '/', secure: hasTls(c), maxAge } as const
  setCookie(c, cookieName(c, name), value, options)
}
