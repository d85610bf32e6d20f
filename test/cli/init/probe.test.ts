/** What init finds out about a port before it asks for a password. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, test } from '@jest/globals'
import { otherServer, probe } from '../../../src/cli/init/probe.ts'

const tls = (name: string) => readFileSync(new URL(`../../fixtures/tls/private-ca/${name}`, import.meta.url))

async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

test.each([
  ['imap', '* OK ready\r\n', null],
  ['imap', '220 mail.example ESMTP\r\n', 'is a server for SMTP, not for IMAP'],
  ['smtp', '* OK ready\r\n', 'is a server for IMAP, not for SMTP'],
  ['smtp', '220-mail.example ESMTP\r\n', null],
  ['imap', '+OK ready\r\n', 'is a server for POP3, not for IMAP'],
  ['imap', 'SSH-2.0-x\r\n', null],
  ['imap', '', null],
] as const)('%s and %j', (kind, greeting, expected) => {
  const fault = otherServer('a.example:1', greeting, kind)
  if (expected === null) expect(fault).toBeNull()
  else expect(fault).toContain(expected)
})

test('a server with TLS that greets as another kind is recognised', async () => {
  const server = createTlsServer({ cert: tls('chain.pem'), key: tls('key.pem') }, (socket) => {
    socket.on('error', () => undefined)
    socket.resume()
    socket.end('220 mail.example ESMTP\r\n')
  })
  server.on('tlsClientError', () => undefined)
  await using open = await listening(server)
  expect(await probe('127.0.0.1', open.port, 'smtp')).toEqual({ starts: 'tls', fault: null })
  expect(await probe('127.0.0.1', open.port, 'imap')).toEqual({
    starts: 'tls',
    fault: expect.stringContaining('is a server for SMTP'),
  })
})

test('so is one with STARTTLS', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // Unread octets would hide the end of the connection.
    socket.resume()
    socket.write('* OK ready\r\n')
  })
  await using open = await listening(server)
  expect(await probe('127.0.0.1', open.port, 'imap')).toEqual({ starts: 'starttls', fault: null })
  expect((await probe('127.0.0.1', open.port, 'smtp')).fault).toContain('is a server for IMAP')
})

test('a port that nothing listens on is reported', async () => {
  const { port } = await listening(createServer()).then(async (open) => {
    await open[Symbol.asyncDispose]()
    return open
  })
  expect((await probe('127.0.0.1', port, 'imap')).fault).toMatch(/^nothing listens on 127\.0\.0\.1/)
})
