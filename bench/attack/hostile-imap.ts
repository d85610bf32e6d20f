/** An IMAP server that clients accept, and that sends before each answer as much as a client allows. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** The chatter that a connection is flooded with. */
export interface Chatter {
  /** One or more whole responses. */
  text: string
  /** Octets before each tagged answer. */
  octets: number
}

const untagged: Record<string, string> = {
  CAPABILITY: '* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\n',
  NAMESPACE: '* NAMESPACE (("" "/")) NIL NIL\r\n',
  LIST: '* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\HasNoChildren \\Drafts) "/" Drafts\r\n',
}
const status = (mails: number) => `* STATUS INBOX (MESSAGES ${mails} UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)\r\n`
const selected = (mails: number) =>
  `* ${mails} EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n`

/** Chatters below every limit, so that it is never cut off, and makes the client send one command after the other. */
export class TalkativeServer implements AsyncDisposable {
  /** Sent before each answer from now on; null for none. */
  chatter: Chatter | null = null
  /** Octets of chatter that were taken. */
  said = 0
  commands = 0
  connections = 0
  /** The number of answers that chatter is delaying at the moment. */
  chatting = 0
  #mails = 0
  readonly #server: Server
  /** Idling connections with the tags of their IDLE commands. */
  readonly #idling = new Map<Socket, string>()
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(): Promise<TalkativeServer> {
    const server = new TalkativeServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Notifies idling clients of new mail, so that they look. */
  stir(): void {
    this.#mails = this.#mails === 0 ? 1 : 0
    const news = this.#mails === 0 ? '* 1 EXPUNGE\r\n' : '* 1 EXISTS\r\n'
    for (const socket of this.#idling.keys()) socket.write(news)
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#idling.delete(socket)
    })
    socket.write('* OK hello\r\n')
    let turn = Promise.resolve()
    socket.on('data', (octets) => {
      for (const line of octets.toString('latin1').split('\r\n'))
        if (line) turn = turn.then(() => this.#answer(socket, line))
    })
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    this.commands++
    const [tag = '', first = '', second = ''] = line.split(' ')
    if (tag.toUpperCase() === 'DONE') {
      const idled = this.#idling.get(socket) ?? '*'
      this.#idling.delete(socket)
      return void socket.write(`${idled} OK done\r\n`)
    }
    const command = (first.toUpperCase() === 'UID' ? second : first).toUpperCase()
    if (command === 'IDLE') {
      this.#idling.set(socket, tag)
      return void socket.write('+ idling\r\n')
    }
    await this.#chat(socket)
    const said = ['EXAMINE', 'SELECT'].includes(command)
      ? selected(this.#mails)
      : command === 'STATUS'
        ? status(this.#mails)
        : (untagged[command] ?? '')
    socket.write(`${said}${tag} OK done\r\n`)
  }

  async #chat(socket: Socket): Promise<void> {
    if (this.chatter === null) return
    const { text, octets } = this.chatter
    const chunk = text.repeat(Math.max(1, Math.floor(65_536 / text.length)))
    this.chatting++
    for (let left = Math.floor(octets / chunk.length); left > 0 && !socket.destroyed; left--) {
      this.said += chunk.length
      if (!socket.write(chunk)) await drained(socket)
    }
    this.chatting--
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Resolves when the client has read the data, or has disconnected. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      socket.off('drain', go)
      socket.off('close', go)
      resolve()
    }
    socket.on('drain', go).on('close', go)
  })
}
