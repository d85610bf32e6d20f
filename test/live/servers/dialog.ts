import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { LOOPBACK } from './port.ts'

export interface Reply {
  code: number
  /** All lines of the reply as received, joined by LF. */
  text: string
}

/** A connection with CRLF-terminated lines. Every wait ends with an error after `timeoutMs`. */
export class Dialog {
  readonly socket: Socket
  readonly #lines: AsyncIterator<string>

  private constructor(socket: Socket) {
    this.socket = socket
    this.#lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[
      Symbol.asyncIterator
    ]()
  }

  /** @throws when nothing accepts the connection */
  static open(port: number, timeoutMs = 300_000): Promise<Dialog> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: LOOPBACK, noDelay: true })
      socket.setTimeout(timeoutMs, () =>
        socket.destroy(new Error(`port ${port}: no answer in ${timeoutMs} ms`)),
      )
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Dialog(socket)))
    })
  }

  /** @throws when the peer closes or stays silent */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done)
      throw this.socket.errored ?? new Error(`port ${this.socket.remotePort}: connection closed by the peer`)
    return value
  }

  /** One SMTP or LMTP reply (RFC 5321 section 4.2), all of its lines. */
  async reply(): Promise<Reply> {
    const lines: string[] = []
    for (;;) {
      const line = await this.line()
      lines.push(line)
      if (line[3] !== '-') return { code: Number(line.slice(0, 3)), text: lines.join('\n') }
    }
  }

  send(octets: string | Uint8Array): void {
    this.socket.write(octets)
  }

  /** Sends a command and awaits its reply. @throws when the reply has another code than `expected` */
  async command(line: string, expected: number): Promise<Reply> {
    this.send(`${line}\r\n`)
    return this.expect(expected)
  }

  async expect(code: number): Promise<Reply> {
    const reply = await this.reply()
    if (reply.code !== code) throw new Error(`expected ${code}, got: ${reply.text}`)
    return reply
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Resolves when the server on `port` greets with a line that begins with `greeting`. @throws if it does not */
export async function greeted(port: number, greeting: string): Promise<void> {
  const dialog = await Dialog.open(port, 2000)
  try {
    const line = await dialog.line()
    if (!line.startsWith(greeting)) throw new Error(`port ${port} greets with: ${line}`)
  } finally {
    dialog.close()
  }
}

/** The octets as SMTP and LMTP carry them: dots stuffed, ended by the final dot (RFC 5321 section 4.5.2). */
export function dotStuffed(octets: Uint8Array | string): Buffer {
  const raw = typeof octets === 'string' ? octets : Buffer.from(octets).toString('latin1')
  const stuffed = raw.replace(/(^|\n)\./g, '$1..')
  const encoding = typeof octets === 'string' ? 'utf8' : 'latin1'
  return Buffer.from(`${stuffed}${stuffed.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, encoding)
}
