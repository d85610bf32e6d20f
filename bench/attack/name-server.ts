/** A name server on loopback (RFC 1035), by UDP and TCP, that also lies, stays silent, or never ends. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

type Srv = [priority: number, port: number, target: string]

export type Mood = 'answers' | 'silent' | 'fails' | 'endless'

/** Record types. */
const [typeA, typeMx, typeTxt, typeSrv] = [1, 15, 16, 33]

const label = (name: string) =>
  Buffer.concat(
    [...name.split('.').filter(Boolean), ''].map((part) => Buffer.from([part.length, ...Buffer.from(part)])),
  )

const number16 = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]))

export class NameServer implements AsyncDisposable {
  readonly txt = new Map<string, string[]>()
  readonly srv = new Map<string, Srv>()
  readonly mx = new Map<string, string>()
  readonly asked: string[] = []
  mood: Mood = 'answers'
  /** Octets of endless answers. */
  flooded = 0
  port = 0
  readonly #udp: UdpSocket = createSocket('udp4')
  readonly #tcp: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#tcp = createServer((socket) => this.#serve(socket))
    this.#udp.on('message', (question, { port, address }) => {
      if (this.mood === 'silent') return
      const answer = this.#answer(question, this.mood === 'endless')
      this.#udp.send(answer, port, address, () => undefined)
    })
  }

  static async start(): Promise<NameServer> {
    const server = new NameServer()
    server.#tcp.listen(0, '127.0.0.1')
    await once(server.#tcp, 'listening')
    server.port = (server.#tcp.address() as AddressInfo).port
    server.#udp.bind(server.port, '127.0.0.1')
    await once(server.#udp, 'listening')
    return server
  }

  /** @param httpsPort the port for HTTPS instead of 443 */
  nodeArgs(httpsPort = 0): string[] {
    return nameServerArgs(this.port, httpsPort)
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (octets) => {
      if (this.mood === 'silent' || octets.length < 14) return
      const answer = this.#answer(octets.subarray(2), false)
      const framed = Buffer.concat([number16(answer.length), answer])
      if (this.mood !== 'endless') return void socket.write(framed)
      const more = () => {
        while (!socket.destroyed && this.flooded < 200 << 20) {
          this.flooded += framed.length
          if (!socket.write(framed)) return
        }
        socket.end()
      }
      socket.on('drain', more)
      more()
    })
  }

  /** @param cut whether to say that only TCP has all of it */
  #answer(question: Buffer, cut: boolean): Buffer {
    const names: string[] = []
    let at = 12
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      names.push(question.subarray(at + 1, at + 1 + length).toString('latin1'))
      at += length + 1
    }
    const asked = question.subarray(12, at + 5)
    const type = question.readUInt16BE(at + 1)
    const name = names.join('.').toLowerCase()
    this.asked.push(name)
    const found = cut ? [] : this.#records(name, type)
    const code = this.mood === 'fails' ? 2 : found.length === 0 && !cut ? 3 : 0
    const flags = 0x8580 | (cut ? 0x0200 : 0) | code
    const head = Buffer.concat([question.subarray(0, 2), number16(flags, 1, found.length, 0, 0)])
    const records = found.map((record) =>
      Buffer.concat([number16(0xc00c, type, 1, 0, 60, record.length), record]),
    )
    return Buffer.concat([head, asked, ...records])
  }

  #records(name: string, type: number): Buffer[] {
    if (this.mood === 'fails') return []
    if (type === typeA && name.endsWith('.example')) return [Buffer.from([127, 0, 0, 1])]
    const [srv, mx] = [this.srv.get(name), this.mx.get(name)]
    if (type === typeSrv && srv) return [Buffer.concat([number16(srv[0], 0, srv[1]), label(srv[2])])]
    if (type === typeMx && mx) return [Buffer.concat([number16(10), label(mx)])]
    if (type !== typeTxt) return []
    const endless = this.mood === 'endless' ? ['v=DKIM1; p='.padEnd(60_000, 'A')] : undefined
    return (endless ?? this.txt.get(name) ?? []).map((text) =>
      Buffer.concat(
        (text.match(/.{1,255}/g) ?? []).map((part) => Buffer.from([part.length, ...Buffer.from(part)])),
      ),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#tcp.close()
    this.#udp.close()
    await once(this.#tcp, 'close')
  }
}

/** Arguments that make a victim use this name server. */
export const nameServerArgs = (port: number, httpsPort = 0): string[] => [
  '--import',
  new URL(`names.mjs?dns=${port}&https=${httpsPort}`, import.meta.url).href,
]
