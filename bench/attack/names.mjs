/**
 * Loaded into a victim before the program: its name servers are the one of the bench (`?dns=PORT`), every name below
 * `.example` is this machine, and there is HTTPS on another port (`?https=PORT`). No request leaves loopback.
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'

const { searchParams } = new URL(import.meta.url)
const server = `127.0.0.1:${searchParams.get('dns')}`
const https = Number(searchParams.get('https'))
const here = { address: '127.0.0.1', family: 4 }
const { lookup } = dns

dns.lookup = (name, ...rest) => {
  const callback = rest.at(-1)
  if (!/\.example\.?$/.test(name)) return lookup(name, ...rest)
  const all = rest.length > 1 && rest[0]?.all
  process.nextTick(() => (all ? callback(null, [here]) : callback(null, here.address, here.family)))
}

const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (https && Number(options?.port) === 443) options.port = https
  return connect.apply(this, args)
}

const { Resolver } = dns.promises
dns.promises.Resolver = class extends Resolver {
  constructor(options) {
    super(options)
    this.setServers([server])
  }
}
dns.setServers([server])
dns.promises.setServers([server])
syncBuiltinESMExports()
