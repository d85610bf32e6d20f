/** An SMTP server that takes everything and keeps only the count: the fastest peer that a submission can have. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Sink {
  port: number
  /** Mails whose final dot was answered. */
  accepted(): number
  /** Commands answered, the final dot included. */
  commands(): number
}

const greeting =
  '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 AUTH PLAIN LOGIN\r\n'

export async function startSink(): Promise<Sink> {
  let accepted = 0
  let commands = 0
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    serve(
      socket,
      () => accepted++,
      () => commands++,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, accepted: () => accepted, commands: () => commands }
}

function serve(socket: Socket, onMail: () => void, onCommand: () => void): void {
  let pending = ''
  let inBody = false
  socket.setEncoding('latin1')
  socket.write('220 sink\r\n')
  socket.on('data', (text: string) => {
    pending += text
    for (;;) {
      const mark = inBody ? '\r\n.\r\n' : '\r\n'
      const end = pending.indexOf(mark)
      if (end < 0) return
      const line = inBody ? '.' : pending.slice(0, end)
      pending = pending.slice(end + mark.length)
      onCommand()
      if (inBody) onMail()
      const reply = inBody ? '250 2.0.0 queued\r\n' : answerTo(line)
      inBody = reply.startsWith('354')
      socket.write(reply)
      if (reply.startsWith('221')) socket.end()
    }
  })
}

function answerTo(line: string): string {
  switch (line.slice(0, 4).toUpperCase()) {
    case 'EHLO':
      return greeting
    case 'AUTH':
      return '235 2.7.0 welcome\r\n'
    case 'DATA':
      return '354 go ahead\r\n'
    case 'QUIT':
      return '221 bye\r\n'
    default:
      return '250 ok\r\n'
  }
}
