/** Requests that no well-behaved client sends. */
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'

const chunkOctets = 64 * 1024

export interface Flooded {
  /** 0 when the connection ended without an answer. */
  status: number
  /** Octets that the other side accepted. */
  sent: number
}

/**
 * Sends chunks (RFC 9112 section 7.1) until the other side ends the connection.
 * @param head request line and fields, without Host and without the final empty line
 * @param most octets
 */
export function flood(url: string, head: string, most: number): Promise<Flooded> {
  const { hostname, port } = new URL(url)
  const chunk = Buffer.concat([
    Buffer.from(`${chunkOctets.toString(16)}\r\n`),
    Buffer.alloc(chunkOctets, 'a'),
    Buffer.from('\r\n'),
  ])
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let sent = 0
    let answer = ''
    const more = () => {
      while (sent < most && !socket.destroyed) {
        sent += chunkOctets
        if (!socket.write(chunk)) return
      }
      if (sent >= most) socket.end('0\r\n\r\n')
    }
    socket.on('connect', () => {
      socket.write(`${head}\r\nHost: ${hostname}:${port}\r\nTransfer-Encoding: chunked\r\n\r\n`)
      more()
    })
    socket.on('drain', more)
    socket.on('data', (octets) => {
      answer += octets.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), sent }))
  })
}

export interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Without fetch, which sets Host and Sec-Fetch-* itself. The body is read up to 1 MB. */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, headers }, resolve).once('error', reject).end(body)
  })
  let text = ''
  for await (const piece of answer) if (text.length < 1 << 20) text += String(piece)
  return { status: answer.statusCode ?? 0, headers: answer.headers, text }
}
