import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { Hono } from 'hono'
import type { Env } from '../../src/web/access.ts'
import { type Listener, listen } from '../../src/web/listener.ts'
import { jsonLimit } from '../../src/web/request-guard.ts'

let listener: Listener | undefined
afterEach(async () => {
  await listener?.[Symbol.asyncDispose]()
})

const request = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'

/** Answers when `release` is called. */
async function slowPages() {
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const pages = { asked: 0, release }
  const app = new Hono<Env>().get('/', async (c) => {
    pages.asked++
    await released
    return c.text('answer')
  })
  listener = await listen(app, { host: '127.0.0.1', port: 0 })
  return pages
}

function open(): Socket {
  const socket = connect(listener?.port ?? 0, '127.0.0.1')
  socket.on('error', () => {})
  return socket
}

async function answers(socket: Socket, count: number): Promise<void> {
  let text = ''
  while (text.split('answer').length - 1 < count) text += String((await once(socket, 'data'))[0])
}

test('a client that asks without waiting for answers is cut off, and few of its requests are handled', async () => {
  const pages = await slowPages()
  const socket = open()
  socket.write(request.repeat(2000))
  await new Promise((resolve) => socket.once('close', resolve))
  expect(pages.asked).toBeGreaterThan(0)
  expect(pages.asked).toBeLessThanOrEqual(8)
})

test('a few requests in a row are answered, and any number one after the other', async () => {
  const pages = await slowPages()
  pages.release()
  const socket = open()
  socket.write(request.repeat(3))
  await answers(socket, 3)
  for (let turn = 0; turn < 20; turn++) {
    socket.write(request)
    await answers(socket, 1)
  }
  expect(pages.asked).toBe(23)
  socket.destroy()
})

test('a port that another program uses is named, with what to do', async () => {
  await slowPages()
  const port = listener?.port ?? 0
  await expect(listen(new Hono<Env>(), { host: '127.0.0.1', port })).rejects.toThrow(
    `The review page can't listen on 127.0.0.1:${port}: another program uses it. End that program, or choose another port with \`web.port\`.`,
  )
})

test.each([
  ['no body', '\r\n', ''],
  ['a body of no announced length', 'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', '{}'],
  ['a body of a known length', 'content-length: 2\r\n\r\n{}', '{}'],
])('the limit of bodies lets through a request with %s', async (_, rest, body) => {
  const app = new Hono<Env>().use(jsonLimit).post('/', async (c) => c.text(`read <${await c.req.text()}>`))
  listener = await listen(app, { host: '127.0.0.1', port: 0 })
  const socket = open()
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${rest}`)
  let text = ''
  for await (const octets of socket) text += octets
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  expect(text).toContain(`read <${body}>`)
})
