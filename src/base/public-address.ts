/** Prevents requests to addresses chosen by strangers from reaching this machine or its network. */
import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { PermanentError } from './errors.ts'

/** IPv4 networks of the IANA special-purpose registry (RFC 6890), multicast and reserved networks. */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(network, prefix, 'ipv4')

/** Global unicast (RFC 4291), without Teredo, documentation and 6to4, which lead to IPv4 addresses or nowhere. */
const unicast = new BlockList()
unicast.addSubnet('2000::', 3, 'ipv6')
const translated = new BlockList()
translated.addSubnet('2001::', 23, 'ipv6')
translated.addSubnet('2001:db8::', 32, 'ipv6')
translated.addSubnet('2002::', 16, 'ipv6')

/** Whether the text is an address on the public Internet. False for a name. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special.check(address, 'ipv4')
  return family === 6 && unicast.check(address, 'ipv6') && !translated.check(address, 'ipv6')
}

/**
 * For connections to names that a stranger chose: resolves them, and refuses a name if any of its addresses may not be
 * reached. The connection uses exactly what was checked. An address instead of a name never gets here: the caller has
 * to refuse it.
 */
export function guardedLookup(mayReach: (address: string) => boolean): LookupFunction {
  return (hostname, options, answer) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const [first] = found ?? []
      if (error || first === undefined) return answer(error, [])
      if (!found.every(({ address }) => mayReach(address)))
        return answer(new PermanentError(`${hostname} is not on the public Internet`), [])
      if (options.all) answer(null, found)
      else answer(null, first.address, first.family)
    })
  }
}
