import { expect, test } from '@jest/globals'
import { networkOf, Proxies } from '../../src/web/client-address.ts'

test.each([
  ['nobody is trusted', [], '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['a trusted proxy', ['192.0.2.1'], '192.0.2.1', '198.51.100.7', '198.51.100.7'],
  ['its neighbour', ['192.0.2.1'], '192.0.2.2', '198.51.100.7', '192.0.2.2'],
  ['a proxy that names nobody', ['192.0.2.1'], '192.0.2.1', undefined, '192.0.2.1'],
  ['what the client invented', ['192.0.2.1'], '192.0.2.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['two proxies', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.7, 10.9.9.9', '198.51.100.7'],
  ['a client within the proxies', ['10.0.0.0/8'], '10.1.2.3', '10.4.4.4, 10.9.9.9', '10.4.4.4'],
  ['no address', ['192.0.2.1'], '192.0.2.1', 'unknown', '192.0.2.1'],
  ['no address before one', ['192.0.2.1'], '192.0.2.1', 'x, 198.51.100.7', '198.51.100.7'],
  ['a port', ['192.0.2.1'], '192.0.2.1', '198.51.100.7:4711', '198.51.100.7'],
  ['IPv6 with a port', ['::1'], '::1', '[2001:db8::5]:80', '2001:db8::5'],
  ['IPv4 in IPv6', ['127.0.0.1'], '::ffff:127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['an IPv6 network', ['fd00::/8'], 'fd12::1', '198.51.100.7', '198.51.100.7'],
  ['a closed connection', ['192.0.2.1'], '', '198.51.100.7', 'unknown'],
])('%s', (_, trusted, peer, forwardedFor, client) =>
  expect(new Proxies(trusted).clientOf(peer, forwardedFor)).toBe(client),
)

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['unknown', 'unknown'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network))
