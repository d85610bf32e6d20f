import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** One relayed connection. */
export interface Link {
  /** Counts from 1. */
  number: number
  /** Ends it on both sides: with FIN, or RST. */
  cut(how?: 'fin' | 'rst'): void
}

/** The data to pass on, possibly changed; null drops it. */
export interface Hooks {
  toServer?: (text: string, link: Link) => string | null
  toClient?: (text: string, link: Link) => string | null
}

/**
 * A TCP relay in front of a real server that breaks the connection at a named moment, or gives false capabilities.
 */
export class Relay implements AsyncDisposable {
  hooks: Hooks = {}
  /** From now on nothing passes, and no error is reported, as with a peer that died without FIN. */
  frozen = false
  /** Another loopback address to connect from, because servers trust connections from their own address. */
  from: string | undefined
  connections = 0
  readonly #target: number
  readonly #links = new Set<Link>()
  #listener: Server | undefined
  #port = 0

  private constructor(target: number) {
    this.#target = target
  }

  static async start(target: number, hooks: Hooks = {}): Promise<Relay> {
    const relay = new Relay(target)
    relay.hooks = hooks
    await relay.listen()
    return relay
  }

  get port(): number {
    return this.#port
  }

  async listen(): Promise<void> {
    const listener = createServer((client) => this.#serve(client))
    listener.listen(this.#port, '127.0.0.1')
    await once(listener, 'listening')
    this.#port = (listener.address() as AddressInfo).port
    this.#listener = listener
  }

  /** Ends all connections and refuses new ones, until listen(). */
  async down(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    if (!listener) return
    listener.close()
    this.cutAll()
    await once(listener, 'close')
  }

  cutAll(how: 'fin' | 'rst' = 'fin'): void {
    for (const link of [...this.#links]) link.cut(how)
  }

  #serve(client: Socket): void {
    const server = connect({
      port: this.#target,
      host: '127.0.0.1',
      ...(this.from === undefined ? {} : { localAddress: this.from }),
    })
    const number = ++this.connections
    const link: Link = {
      number,
      cut: (how = 'fin') => {
        this.#links.delete(link)
        if (how === 'rst') client.resetAndDestroy()
        else client.destroy()
        server.destroy()
      },
    }
    this.#links.add(link)
    this.#pipe(client, server, (text) => (this.hooks.toServer ?? ((whole) => whole))(text, link))
    this.#pipe(server, client, (text) => (this.hooks.toClient ?? ((whole) => whole))(text, link))
  }

  #pipe(from: Socket, to: Socket, pass: (text: string) => string | null): void {
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('data', (chunk) => {
      if (this.frozen) return
      const text = pass(chunk.toString('latin1'))
      if (text !== null && !to.destroyed) to.write(text, 'latin1')
    })
    from.on('close', () => {
      if (!this.frozen) to.end()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.frozen = false
    return this.down()
  }
}
