import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))

/** The server's reaction at that point. A string is the reply, without its CRLF. */
export type Answer =
  | string
  | 'drop'
  | 'reset'
  | 'silence'
  | 'drip'
  | 'an octet a second'
  | 'flood'
  | 'endless line'

/** The server says nothing after these answers. */
const last = ['drop', 'reset', 'silence', 'drip', 'an octet a second', 'flood', 'endless line']

export type Moment =
  | 'greeting'
  | 'EHLO'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'mid-body'
  | 'dot'
  | 'RSET'
  | 'QUIT'
  | 'STARTTLS'

const usual: Record<Moment, Answer> = {
  greeting: '220 scripted',
  EHLO: '250-scripted\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 AUTH PLAIN',
  AUTH: '235 welcome',
  MAIL: '250 sender ok',
  RCPT: '250 addressee ok',
  DATA: '354 go ahead',
  'mid-body': '',
  dot: '250 2.0.0 queued',
  RSET: '250 reset',
  QUIT: '221 bye',
  STARTTLS: '502 5.5.1 not here',
}

/** Decides at each moment; `count` is how often that moment has occurred on this connection, from 1. */
export type Script = (
  moment: Moment,
  context: { connection: number; count: number },
) => Answer | undefined | Promise<Answer | undefined>

/** Octets, so that a client without a limit is not flooded for ever. */
const mostFlooded = 200 * 2 ** 20

/** An SMTP server that misbehaves at a named point and records what it was sent. */
export class ScriptedServer implements AsyncDisposable {
  readonly commands: string[] = []
  /** Bodies that ended with the final dot, dot-stuffing undone. */
  readonly mails: Buffer[] = []
  /** Like maddy: the end of the connection (FIN) ends the mail, which is then accepted as if its dot had arrived. */
  takesEndForDot = false
  /** TLS from the first octet. */
  implicitTls = false
  connections = 0
  /** Octets of endless answers. */
  flooded = 0
  /**
   * `mail`: a mail has reached its final dot. `empty`: no connection is left. `body`: that many octets of a mail have
   * arrived, but not its final dot.
   */
  readonly events = new EventEmitter()
  readonly script: Script
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(script: Script) {
    this.script = script
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(script: Script = () => undefined): Promise<ScriptedServer> {
    const server = new ScriptedServer(script)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections. */
  get open(): number {
    return this.#sockets.size
  }

  /** Cuts every connection with RST, as a firewall does; the server keeps listening. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #serve(socket: Socket): void {
    const dialog = new Dialog(this, ++this.connections, socket)
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    // Only when all received text has been processed, because the end of a connection can overtake it.
    void Promise.all([closed, dialog.run()]).then(() => {
      this.#sockets.delete(socket)
      if (this.#sockets.size === 0) this.events.emit('empty')
    })
  }

  /** Resolves when that many mails have reached their final dot. */
  async received(mails: number): Promise<void> {
    while (this.mails.length < mails) await once(this.events, 'mail')
  }

  /** Resolves when no connection is left. */
  async empty(): Promise<void> {
    if (this.#sockets.size > 0) await once(this.events, 'empty')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** One connection. */
class Dialog {
  readonly #server: ScriptedServer
  readonly #connection: number
  #socket: Socket
  #upgrading = false
  readonly #counts = new Map<Moment, number>()
  #buffer = Buffer.alloc(0)
  #inBody = false
  #hasAddressee = false

  constructor(server: ScriptedServer, connection: number, socket: Socket) {
    this.#server = server
    this.#connection = connection
    this.#socket = socket
  }

  async run(): Promise<void> {
    if (this.#server.implicitTls) this.#upgrade()
    let alive = await this.#answer('greeting')
    try {
      while (await this.#read(alive)) {
        this.#upgrade()
        alive = true
      }
    } catch {
      // Cut by one side or the other.
    }
  }

  #upgrade(): void {
    const options = { isServer: true, key: fixture('key.pem'), cert: fixture('cert.pem') }
    this.#socket = new TLSSocket(this.#socket, options)
    this.#socket.on('error', () => {})
    this.#upgrading = false
  }

  /** True if TLS begins, false if the client has closed the connection properly. */
  async #read(goesOn: boolean): Promise<boolean> {
    let alive = goesOn
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      this.#buffer = Buffer.concat([this.#buffer, chunk])
      while (alive && this.#hasNext()) alive = await (this.#inBody ? this.#body() : this.#command())
      if (this.#upgrading) return true
      if (!alive || !this.#inBody) continue
      this.#server.events.emit('body', this.#buffer.length)
      alive = await this.#answer('mid-body')
    }
    if (this.#inBody && this.#server.takesEndForDot) {
      this.#server.mails.push(unstuffed(this.#buffer))
      await this.#answer('dot')
    }
    return false
  }

  /** Where the body ends; an empty one is a lone dot. */
  #bodyEnd(): number {
    return this.#buffer.subarray(0, 3).toString() === '.\r\n' ? -2 : this.#buffer.indexOf('\r\n.\r\n')
  }

  #hasNext(): boolean {
    return this.#inBody ? this.#bodyEnd() !== -1 : this.#buffer.includes('\r\n')
  }

  #body(): Promise<boolean> {
    const end = this.#bodyEnd()
    this.#server.mails.push(unstuffed(this.#buffer.subarray(0, end + 2)))
    this.#server.events.emit('mail')
    this.#buffer = this.#buffer.subarray(end + 5)
    this.#inBody = false
    return this.#answer('dot')
  }

  async #command(): Promise<boolean> {
    const end = this.#buffer.indexOf('\r\n')
    const line = this.#buffer.subarray(0, end).toString()
    this.#buffer = this.#buffer.subarray(end + 2)
    this.#server.commands.push(line)
    const verb = line.split(' ')[0]!.toUpperCase() as Moment
    const alive = await this.#answer(verb)
    if (verb === 'QUIT') this.#socket.end()
    return alive && !this.#upgrading
  }

  /** True if the dialog goes on. */
  async #answer(moment: Moment): Promise<boolean> {
    const count = (this.#counts.get(moment) ?? 0) + 1
    this.#counts.set(moment, count)
    const scripted = await this.#server.script(moment, { connection: this.#connection, count })
    const reply = scripted ?? (moment === 'DATA' && !this.#hasAddressee ? '554 no addressee' : usual[moment])
    if (moment === 'MAIL' || moment === 'RCPT')
      this.#hasAddressee = moment === 'RCPT' && reply.startsWith('2')
    if (moment === 'DATA') this.#inBody = reply.startsWith('3')
    if (moment === 'STARTTLS') this.#upgrading = reply.startsWith('2')
    if (reply === 'drop') this.#socket.destroy()
    else if (reply === 'reset') this.#socket.resetAndDestroy()
    else if (reply === 'drip') this.#drip('250-wait\r\n', 20)
    else if (reply === 'an octet a second') this.#drip('2', 1000)
    else if (reply === 'flood') this.#flood('250-wait\r\n'.repeat(6000))
    else if (reply === 'endless line') this.#flood('2'.repeat(60_000))
    else if (reply !== 'silence' && reply !== '') this.#socket.write(`${reply}\r\n`)
    return !last.includes(reply)
  }

  /** Sends a piece of an answer now and then, and never its end. */
  #drip(piece: string, everyMs: number): void {
    const timer = setInterval(() => this.#socket.write(piece), everyMs)
    this.#socket.on('close', () => clearInterval(timer))
  }

  /** Sends pieces of an answer as fast as they are accepted, and never its end. */
  #flood(piece: string): void {
    const more = () => {
      while (!this.#socket.destroyed && this.#server.flooded < mostFlooded) {
        this.#server.flooded += piece.length
        if (!this.#socket.write(piece)) return
      }
    }
    this.#socket.on('drain', more)
    more()
  }
}

function unstuffed(body: Buffer): Buffer {
  const text = body.toString('latin1')
  return Buffer.from(text.replace(/^\./, '').replaceAll('\r\n.', '\r\n'), 'latin1')
}
