import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** The client's last command, or `greeting` before the first one. */
export type Moment =
  | 'greeting'
  | 'CAPABILITY'
  | 'LOGIN'
  | 'AUTHENTICATE'
  | 'SELECT'
  | 'EXAMINE'
  | 'IDLE'
  | 'DONE'

export interface Flood {
  at: Moment
  /** Sent repeatedly. */
  text: string
  /** Milliseconds between two; without a pause when absent. */
  everyMs?: number
  /** Octets after which it stops, so that a client without a limit also ends. */
  most: number
}

/** An IMAP server that is convincing at first, and from a named moment on never stops talking. */
export class FloodingServer implements AsyncDisposable {
  /** Octets of floods that were written, on all connections together. */
  flooded = 0
  connections = 0
  /** Whether the client ended the first flood. */
  readonly cutOff: Promise<boolean>
  #ended: (cutOff: boolean) => void = () => {}
  readonly #flood: Flood
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(flood: Flood) {
    this.#flood = flood
    this.cutOff = new Promise((resolve) => {
      this.#ended = resolve
    })
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(flood: Flood): Promise<FloodingServer> {
    const server = new FloodingServer(flood)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    if (this.#floodsAt('greeting', socket)) return
    socket.write('* OK hello\r\n')
    socket.on('data', (octets) => {
      for (const line of octets.toString('latin1').split('\r\n')) if (line) this.#answer(socket, line)
    })
  }

  #answer(socket: Socket, line: string): void {
    const [tag = '', word = ''] = line.split(' ')
    const command = tag.toUpperCase() === 'DONE' ? 'DONE' : word.toUpperCase()
    if (this.#floodsAt(command, socket)) return
    const untagged: Record<string, string> = {
      CAPABILITY: '* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\n',
      NAMESPACE: '* NAMESPACE (("" "/")) NIL NIL\r\n',
      EXAMINE: '* 0 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n',
    }
    if (command === 'IDLE') socket.write('+ idling\r\n')
    else if (command !== 'DONE') socket.write(`${untagged[command] ?? ''}${tag} OK done\r\n`)
  }

  #floodsAt(moment: string, socket: Socket): boolean {
    const { at, text, everyMs, most } = this.#flood
    if (moment !== at) return false
    const chunk = everyMs === undefined ? text.repeat(Math.ceil(65_536 / text.length)) : text
    let sent = 0
    const more = () => {
      while (!socket.destroyed && sent < most) {
        sent += chunk.length
        this.flooded += chunk.length
        if (!socket.write(chunk) || everyMs !== undefined) return
      }
      socket.end()
    }
    const drip = everyMs === undefined ? undefined : setInterval(more, everyMs)
    socket.on('drain', () => drip ?? more())
    socket.on('close', () => {
      clearInterval(drip)
      this.#ended(sent < most)
    })
    more()
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }
}
