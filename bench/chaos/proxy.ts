/** A TCP proxy in front of a real server that causes the faults: it acts when a named moment of the protocol passes. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

/** One proxied connection. */
export interface Link {
  readonly number: number
  /** Ends it on both sides; with RST by default. */
  cut(how?: 'fin' | 'rst'): void
  /** From now on nothing passes and no error is reported, as with a peer that disappeared without FIN. */
  freeze(): void
  /** The latest octets that it has carried towards the server. */
  readonly asked: string
}

/**
 * What to pass on instead of the text; null for nothing. A promise blocks the direction until it resolves.
 */
export type Passed = string | null | Promise<string>

/** Returns undefined if the text does not concern it. */
export type Watcher = (text: string, link: Link, direction: Direction) => Passed | undefined

const REMEMBERED = 4096

export class ChaosProxy implements AsyncDisposable {
  readonly #links = new Set<Link>()
  readonly #watchers = new Set<Watcher>()
  #target: number
  #listener: Server | undefined
  #port = 0
  connections = 0
  /** Times of new connections, milliseconds. */
  readonly connectedAt: number[] = []

  private constructor(target: number) {
    this.#target = target
  }

  static async start(target: number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target)
    await proxy.up()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** The port to which new connections go. */
  retarget(port: number): void {
    this.#target = port
  }

  /** Adds a watcher; the returned function removes it. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Resolves when `act` has returned a value for a text, which happens once. */
  once(direction: Direction, act: (text: string, link: Link) => Passed | undefined): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.watch((text, link, way) => {
        const passed = way === direction ? act(text, link) : undefined
        if (passed === undefined) return undefined
        stop()
        resolve()
        return passed
      })
    })
  }

  async up(): Promise<void> {
    if (this.#listener) return
    const listener = createServer({ noDelay: true }, (client) => this.#serve(client))
    listener.listen(this.#port, '127.0.0.1')
    await once(listener, 'listening')
    this.#port = (listener.address() as AddressInfo).port
    this.#listener = listener
  }

  /** Refuses new connections and cuts existing ones, until up(). */
  async down(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    this.cutAll()
    if (!listener) return
    listener.close()
    await once(listener, 'close')
  }

  cutAll(how: 'fin' | 'rst' = 'rst'): void {
    for (const link of [...this.#links]) link.cut(how)
  }

  /** From now on nothing passes on existing connections; new ones work. */
  freezeAll(): void {
    for (const link of this.#links) link.freeze()
  }

  #serve(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
    const link = new ProxiedLink(++this.connections, client, server, () => this.#links.delete(link))
    this.connectedAt.push(performance.now())
    this.#links.add(link)
    this.#pipe(client, server, link, 'toServer')
    this.#pipe(server, client, link, 'toClient')
  }

  #pipe(from: Socket, to: Socket, link: ProxiedLink, direction: Direction): void {
    from.on('error', () => {})
    from.on('data', (chunk) => {
      if (link.frozen) return
      const text = chunk.toString('latin1')
      if (direction === 'toServer') link.asked = (link.asked + text).slice(-REMEMBERED)
      const pass = (passed: string | null) => {
        if (passed !== null && !to.destroyed) to.write(passed, 'latin1')
      }
      const passed = this.#passed(text, link, direction)
      if (!(passed instanceof Promise)) return pass(passed)
      from.pause()
      void passed.then(pass).finally(() => from.resume())
    })
    from.on('close', () => {
      if (!link.frozen) to.end()
      link.forget()
    })
  }

  #passed(text: string, link: Link, direction: Direction): Passed {
    for (const watcher of [...this.#watchers]) {
      const passed = watcher(text, link, direction)
      if (passed !== undefined) return passed
    }
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

class ProxiedLink implements Link {
  readonly number: number
  readonly #client: Socket
  readonly #server: Socket
  readonly forget: () => void
  frozen = false
  asked = ''

  constructor(number: number, client: Socket, server: Socket, forget: () => void) {
    this.number = number
    this.#client = client
    this.#server = server
    this.forget = forget
  }

  cut(how: 'fin' | 'rst' = 'rst'): void {
    this.forget()
    for (const socket of [this.#client, this.#server]) {
      if (how === 'fin') socket.end()
      if (how === 'fin') socket.destroySoon()
      else if (!socket.destroyed && !socket.connecting) socket.resetAndDestroy()
      else socket.destroy()
    }
  }

  freeze(): void {
    this.frozen = true
  }
}
