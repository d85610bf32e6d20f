/** Requests over HTTP, to servers on loopback that stall, drip, flood, redirect and cut off. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import { PermanentError, TemporaryError } from '../../src/base/errors.ts'
import {
  beginningOf,
  exchange,
  type HttpRequest,
  OversizeError,
  openStream,
  TimeLimitError,
} from '../../src/base/http.ts'

/** Only a hang takes that long. */
const patient = { mostOctets: 1000, withinMs: 60_000 }
/** Limits for servers whose answer never ends. */
const brief = { mostOctets: 100_000, withinMs: 150 }

type Answering = (socket: Socket) => void

interface Peer {
  url: string
  /** The header of each request, and the part of its body that came with it. */
  asked: string[]
  connections: () => number
  /** Resolves when a connection has ended. */
  closed: Promise<void>
  /** Octets that the other side has accepted. */
  written: () => number
}

const open: Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
})

const sockets = new Set<Socket>()

/** A server that reads a request and then answers as scripted. */
async function peer(...answers: Answering[]): Promise<Peer> {
  const asked: string[] = []
  let written = 0
  let connections = 0
  let gone = () => {}
  const closed = new Promise<void>((resolve) => {
    gone = resolve
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    connections++
    socket.on('error', () => {})
    socket.on('close', () => {
      written = socket.bytesWritten
      sockets.delete(socket)
      gone()
    })
    socket.on('data', (octets) => {
      asked.push(octets.toString())
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      answer?.(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/here`
  return { url, asked, closed, written: () => written, connections: () => connections }
}

const says = (text: string | Buffer) => (socket: Socket) => void socket.write(text)
const ok = (body: string, ...fields: string[]) =>
  says(['HTTP/1.1 200 Fine', `Content-Length: ${Buffer.byteLength(body)}`, ...fields, '', body].join('\r\n'))
const redirect = (location: string, status = 302) =>
  says(`HTTP/1.1 ${status} Elsewhere\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)

/** Writes the head, then one piece again and again. */
const drips = (head: string, piece: string) => (socket: Socket) => {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), 5)
  socket.on('close', () => clearInterval(timer))
}

/** Writes the head, then as much as the other side accepts. */
const floods =
  (head: string, piece = 'a'.repeat(65_536)) =>
  (socket: Socket) => {
    const chunk = Buffer.from(piece)
    const more = () => {
      while (!socket.destroyed && socket.bytesWritten < 100_000_000) if (!socket.write(chunk)) return
    }
    socket.on('drain', more)
    socket.write(head)
    more()
  }

const failureOf = (asked: Promise<unknown>): Promise<Error> =>
  asked.then(
    () => {
      throw new Error('it went well')
    },
    (error: Error) => error,
  )

describe('an answer', () => {
  test('comes with status, fields and body, whatever its status', async () => {
    const { url, asked } = await peer(
      says('HTTP/1.1 404 Gone\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\nnone'),
    )
    const request = { method: 'POST', headers: { 'x-b': '3' }, body: 'héllo' }
    const { status, statusText, headers, body } = await exchange(url, { ...patient, ...request })
    expect([status, statusText, headers.get('x-a'), body.toString()]).toEqual([404, 'Gone', '1, 2', 'none'])
    const [head, content] = asked[0]?.split('\r\n\r\n') ?? []
    expect([head?.split('\r\n')[0], content]).toEqual(['POST /here HTTP/1.1', 'héllo'])
    expect(head?.toLowerCase().split('\r\n')).toEqual(expect.arrayContaining(['x-b: 3', 'content-length: 6']))
  })

  test('that fills the limit is whole, one octet more is too much', async () => {
    const { url } = await peer(ok('x'.repeat(1000)), ok('x'.repeat(1001)))
    expect((await exchange(url, patient)).body).toHaveLength(1000)
    expect(await failureOf(exchange(url, patient))).toBeInstanceOf(OversizeError)
  })

  test('that floods is cut off', async () => {
    const { url, closed, written } = await peer(floods('HTTP/1.1 200 OK\r\n\r\n'))
    expect(await failureOf(exchange(url, patient))).toBeInstanceOf(OversizeError)
    await closed
    expect(written()).toBeLessThan(100_000_000)
  })

  test('that floods is read up to the limit if the beginning is enough', async () => {
    const { url, closed } = await peer(floods('HTTP/1.1 200 OK\r\n\r\n'))
    expect((await exchange(url, { ...patient, cut: true })).body.toString()).toBe('a'.repeat(1000))
    await closed
  })

  test('is not waited for beyond its header if no body is wanted', async () => {
    const { url, closed } = await peer(says('HTTP/1.1 202 Taken\r\nContent-Length: 9\r\n\r\n'))
    expect(await exchange(url, { ...patient, mostOctets: 0 })).toMatchObject({ status: 202 })
    await closed
  })

  test('counts unpacked', async () => {
    const packed = gzipSync('a'.repeat(5_000_000))
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`
    const { url } = await peer(says(Buffer.concat([Buffer.from(head), packed])))
    expect(await failureOf(exchange(url, patient))).toBeInstanceOf(OversizeError)
    expect((await exchange(url, { ...patient, mostOctets: 5_000_000 })).body).toHaveLength(5_000_000)
  })

  test('that never comes after endless interim responses is cut off', async () => {
    const { url, closed } = await peer(floods('', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2000)))
    const failure = exchange(url, patient)
    await expect(failure).rejects.toThrow('more than 1000 interim answers')
    await expect(failure).rejects.toThrow(TemporaryError)
    await closed
  })

  test('with endless header fields is cut off', async () => {
    const { url, closed } = await peer(floods('HTTP/1.1 200 OK\r\nX-A: '))
    const error = await failureOf(exchange(url, patient))
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error.cause).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' })
    await closed
  })
})

describe('the deadline holds against a server that', () => {
  test.each([
    ['says nothing', () => {}],
    ['stops in the middle of the header', says('HTTP/1.1 200 OK\r\nX-')],
    ['drips its header', drips('HTTP/1.1 200 OK\r\nX-A: ', 'a')],
    ['promises an answer for ever', drips('', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['stops in the middle of the body', says('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')],
    ['drips its body', drips('HTTP/1.1 200 OK\r\n\r\n', 'a')],
    ['drips chunks', drips('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\na\r\n')],
    ['redirects, and then says nothing', redirect('/there'), () => {}],
  ] as [string, ...Answering[]][])('%s', async (_name, ...answers) => {
    const { url, closed } = await peer(...answers)
    const error = await failureOf(exchange(url, { ...brief, follows: () => true }))
    expect(error).toBeInstanceOf(TimeLimitError)
    expect(error.message).toBe('no complete answer within 150 ms')
    await closed
  })

  test('never finishes the TLS handshake', async () => {
    const { url, closed } = await peer(() => {})
    const error = await failureOf(exchange(url.replace('http:', 'https:'), brief))
    expect(error).toBeInstanceOf(TimeLimitError)
    await closed
  })
})

describe('a redirect', () => {
  const secret = { authorization: 'Bearer secret', cookie: 'a=secret', 'x-kept': '1' }

  test.each([301, 302, 303, 307, 308])(
    '%d is the answer itself unless following was requested',
    async (status) => {
      const target = await peer(ok('there'))
      const { url } = await peer(redirect(target.url, status))
      expect(await exchange(url, { ...patient, headers: secret })).toMatchObject({ status })
      expect(target.asked).toEqual([])
    },
  )

  test('that is followed repeats the request, without secrets if the origin changes', async () => {
    const target = await peer(ok('there'))
    const { url, asked } = await peer(redirect('/next'), redirect(target.url))
    const request = { ...patient, method: 'POST', headers: secret, body: 'question' }
    const { body } = await exchange(url, { ...request, follows: () => true })
    expect(body.toString()).toBe('there')
    expect(asked).toEqual([expect.stringMatching(/^POST \/here/), expect.stringMatching(/^POST \/next/)])
    for (const each of asked) expect(each).toMatch(/Bearer secret[\s\S]*a=secret[\s\S]*question$/)
    expect(target.asked).toEqual([expect.stringMatching(/^POST \/here[\s\S]*x-kept: 1[\s\S]*question$/)])
    expect(target.asked[0]).not.toMatch(/secret/)
  })

  test('is followed only where it may lead', async () => {
    const target = await peer(ok('there'))
    const { url } = await peer(redirect(target.url))
    const seen: string[] = []
    const follows = (from: URL, to: URL) => {
      seen.push(from.href, to.href)
      return false
    }
    const error = await failureOf(exchange(url, { ...patient, follows }))
    expect(error).toBeInstanceOf(PermanentError)
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+ redirects to 127\.0\.0\.1:\d+$/)
    expect(seen).toEqual([url, target.url])
    expect(target.asked).toEqual([])
  })

  test('to a redirect to a redirect comes to an end', async () => {
    const { url, asked } = await peer(redirect('/here'))
    const error = await failureOf(exchange(url, { ...patient, follows: () => true }))
    expect(error.message).toMatch(/redirects more than 3 times/)
    expect(asked).toHaveLength(4)
  })
})

describe('a connection that fails', () => {
  test.each([
    ['closed in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['closed in the middle of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'],
    ['closed before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['closed in the middle of the header', 'HTTP/1.1 200 OK\r\nX-'],
    ['closed before any answer', ''],
  ])('%s, may work another time', async (_name, text) => {
    const { url } = await peer((socket) => socket.end(text))
    const error = await failureOf(exchange(url, patient))
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error).not.toBeInstanceOf(TimeLimitError)
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' })
  })

  test.each([
    ['of known length', 'Content-Length: 9\r\n'],
    ['that ends with the connection', ''],
  ])('reset in the middle of a body %s', async (_name, field) => {
    let reset = () => {}
    const { url } = await peer((socket) => {
      reset = () => socket.resetAndDestroy()
      socket.write(`HTTP/1.1 200 OK\r\n${field}\r\nhalf`)
    })
    const { body } = await openStream(url, { withinMs: 60_000 })
    const read = async () => {
      for await (const _chunk of body) reset()
    }
    expect(await failureOf(read())).toMatchObject({ code: 'ECONNRESET' })
  })

  test('refused, has a reason even if several addresses were tried', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const error = await failureOf(exchange(`http://localhost:${port}/`, patient))
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error.message).toMatch(/ECONNREFUSED/)
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('no HTTP', async () => {
    const { url } = await peer(says('* OK IMAP4rev1\r\n'))
    expect(await failureOf(exchange(url, patient))).toBeInstanceOf(TemporaryError)
  })
})

test.each([
  ['before the answer', () => {}],
  ['in the middle of the body', says('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')],
])('the caller ends it %s', async (_name, answer) => {
  const caller = new AbortController()
  const { url, closed } = await peer((socket) => {
    answer(socket)
    setImmediate(() => caller.abort(new Error('no longer wanted')))
  })
  const error = await failureOf(exchange(url, { ...patient, signal: caller.signal }))
  expect(error.message).toBe('no longer wanted')
  await closed
})

describe('a stream', () => {
  test('that is closed without an error is not a complete answer', async () => {
    const body = new Readable({ read: () => undefined })
    const outcome = beginningOf(body, 9).then(String, (error: Error) => error.message)
    body.push('half')
    body.destroy()
    await once(body, 'close')
    expect(await Promise.race([outcome, 'neither read nor failed'])).toMatch(/closed in the middle/)
  })

  test('may be longer than any limit', async () => {
    const { url } = await peer(floods('HTTP/1.1 200 OK\r\n\r\n'))
    const { status, body } = await openStream(url, { withinMs: 60_000 })
    let octets = 0
    for await (const chunk of body) {
      octets += chunk.length
      if (octets > 20_000_000) break
    }
    expect([status, octets > 20_000_000]).toEqual([200, true])
  })

  test('ends at a silence', async () => {
    const { url, closed } = await peer(says('HTTP/1.1 200 OK\r\n\r\nhalf'))
    const { body } = await openStream(url, { withinMs: 2_000 })
    const read = async () => {
      for await (const chunk of body) expect(chunk.toString()).toBe('half')
    }
    expect(await failureOf(read())).toBeInstanceOf(TimeLimitError)
    await closed
  })

  test('without a header ends at the deadline', async () => {
    const { url } = await peer(() => {})
    expect(await failureOf(openStream(url, { withinMs: 150 }))).toBeInstanceOf(TimeLimitError)
  })

  test('can be read in part', async () => {
    const { url, closed } = await peer(floods('HTTP/1.1 500 Oh\r\n\r\n'))
    const { status, body } = await openStream(url, { withinMs: 60_000 })
    expect([status, (await beginningOf(body, 7)).toString()]).toEqual([500, 'aaaaaaa'])
    await closed
  })
})

test.each([
  [false, 2],
  [true, 1],
])('with reuse %s, two exchanges take %d connections', async (reuse, connections) => {
  const server = await peer(ok('first'), ok('second'))
  for (const text of ['first', 'second'])
    expect((await exchange(server.url, { ...patient, reuse })).body.toString()).toBe(text)
  expect(server.connections()).toBe(connections)
})

describe('a connection that the peer closes just as it is reused', () => {
  const closing = () => peer(ok('first'), (socket) => socket.destroy(), ok('second'), ok('third'))

  test('a GET is repeated on a new one', async () => {
    const server = await closing()
    for (const text of ['first', 'second', 'third'])
      expect((await exchange(server.url, { ...patient, reuse: true })).body.toString()).toBe(text)
    expect(server.connections()).toBe(2)
  })

  test('a POST is not: the peer may have acted on it', async () => {
    const server = await closing()
    const request = { ...patient, reuse: true, method: 'POST', body: 'x' }
    await exchange(server.url, request)
    await expect(exchange(server.url, request)).rejects.toThrow(TemporaryError)
    expect(server.connections()).toBe(1)
  })

  test('an answer that breaks off is not asked for again', async () => {
    let reset = () => {}
    const breaksOff = (socket: Socket) => {
      reset = () => socket.resetAndDestroy()
      socket.write('HTTP/1.1 200 Fine\r\n\r\nhalf')
    }
    const server = await peer(ok('first'), breaksOff, ok('later'))
    await exchange(server.url, { ...patient, reuse: true })
    const { body } = await openStream(server.url, { withinMs: 60_000, reuse: true })
    reset()
    await expect(beginningOf(body, 100)).rejects.toThrow('ECONNRESET')
    await exchange(server.url, patient)
    expect(server.asked).toHaveLength(3)
  })

  test('a new connection is not tried twice', async () => {
    const server = await peer((socket) => socket.destroy())
    await expect(exchange(server.url, { ...patient, reuse: true })).rejects.toThrow(TemporaryError)
    expect(server.connections()).toBe(1)
  })
})

test('no proxy of the environment sees a request', async () => {
  const [proxy, target] = [await peer(ok('from the proxy')), await peer(ok('from the target'))]
  const request: HttpRequest = { mostOctets: 1000, withinMs: 60_000 }
  const [hooks, module] = ['../../scripts/typescript.mjs', '../../src/base/http.ts'].map(
    (path) => new URL(path, import.meta.url).href,
  )
  const program = `const { exchange } = await import(${JSON.stringify(module)})
    const { body } = await exchange(${JSON.stringify(target.url)}, ${JSON.stringify(request)})
    console.log(String(body))`
  // Since version 24, Node's own agents and fetch obey these variables.
  // Version 22 accepts no path in these variables.
  const { origin } = new URL(proxy.url)
  const environment = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: origin, http_proxy: origin, NO_PROXY: '' }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', hooks ?? '', '--input-type=module', '-e', program],
    {
      env: environment,
    },
  )
  expect(stdout.trim()).toBe('from the target')
  expect(proxy.asked).toEqual([])
})
