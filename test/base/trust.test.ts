import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { exchange } from '../../src/base/http.ts'
import { silentLog } from '../../src/base/log.ts'
import { certificateFault, trusting } from '../../src/base/trust.ts'
import { connectClient, defaultTiming } from '../../src/imap/client.ts'
import { openModel, spentOf } from '../../src/model/client.ts'
import { openSubmission } from '../../src/smtp/submission.ts'

const caFile = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url))
const expiredFile = fileURLToPath(new URL('../fixtures/tls/expired.pem', import.meta.url))
const identity = {
  cert: readFileSync(caFile),
  key: readFileSync(new URL('../fixtures/tls/key.pem', import.meta.url)),
}

async function listening<S extends Server>(server: S) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const

describe('what is wrong with a certificate', () => {
  test.each([
    ['CERT_HAS_EXPIRED certificate has expired', 'expired'],
    ['CERT_NOT_YET_VALID', 'not valid yet'],
    ["Hostname/IP does not match certificate's altnames (ERR_TLS_CERT_ALTNAME_INVALID)", 'wrong name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unknown issuer'],
    ['self-signed certificate', 'unknown issuer'],
    ['self signed certificate in certificate chain', 'unknown issuer'],
    ['unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE)', 'unknown issuer'],
    ['unable to get local issuer certificate', 'unknown issuer'],
    ['ECONNRESET socket hang up', undefined],
    ['the certificate of the course', undefined],
  ])('%s', (text, kind) => {
    expect(certificateFault(text)?.kind).toBe(kind)
  })
})

describe('HTTPS', () => {
  const request = { mostOctets: 100, withinMs: 30_000 }
  const serve = (options: TlsOptions = {}) =>
    listening(createServer({ ...identity, ...options }, (_, response) => response.end('hello')))

  test('a private authority is trusted where its certificate is named', async () => {
    await using server = await serve()
    const { body } = await exchange(`https://127.0.0.1:${server.port}`, { ...request, caFile })
    expect(body.toString()).toBe('hello')
  })

  test.each([
    ['an unknown issuer', '127.0.0.1', undefined, identity.cert, /unknown issuer/],
    ['a wrong name', 'localhost', caFile, identity.cert, /another name/],
    ['an expired one', '127.0.0.1', expiredFile, readFileSync(expiredFile), /has expired/],
  ])('%s is named', async (_name, host, trusted, cert, words) => {
    await using server = await serve({ cert })
    const asked = exchange(`https://${host}:${server.port}`, { ...request, caFile: trusted })
    await expect(asked).rejects.toThrow(words)
  })

  test('TLS 1.1 is refused', async () => {
    await using server = await serve({ ...old, maxVersion: 'TLSv1.1' })
    await expect(exchange(`https://127.0.0.1:${server.port}`, { ...request, caFile })).rejects.toThrow(
      /does not support TLS 1\.2/,
    )
  })
})

describe('the model', () => {
  test.each([
    ['an unknown issuer', '127.0.0.1', undefined, identity.cert, /comes from an unknown issuer/, null],
    ['a wrong name', 'localhost', caFile, identity.cert, /is for another name/, null],
    ['an expired one', '127.0.0.1', expiredFile, readFileSync(expiredFile), /has expired/, null],
    ['TLS 1.1', '127.0.0.1', caFile, identity.cert, /does not support TLS 1\.2/, 'TLSv1.1'],
  ] as const)('%s is named, and nothing was spent', async (_name, host, trusted, cert, words, maxVersion) => {
    await using server = await listening(
      createServer({ ...identity, cert, ...(maxVersion ? { ...old, maxVersion } : {}) }),
    )
    const baseUrl = `https://${host}:${server.port}/v1`
    const settings = { name: 'm', baseUrl, apiKey: 'k', timeoutMs: 30_000 }
    const model = openModel({ ...settings, ...(trusted ? { caFile: trusted } : {}) }, silentLog)
    const failure = await model.listModels().catch((error: unknown) => error)
    expect((failure as Error).message).toMatch(words)
    expect(spentOf(failure)).toBeNull()
  })
})

/** Answers every line, so that a login succeeds. */
function talk(greeting: string, answer: (line: string) => string, options: TlsOptions) {
  return listening(
    createTlsServer({ ...identity, ...options }, (socket: TLSSocket) => {
      socket.on('error', () => {})
      socket.write(`${greeting}\r\n`)
      socket.on('data', (octets) => {
        for (const line of octets.toString().split('\r\n')) if (line) socket.write(`${answer(line)}\r\n`)
      })
    }),
  )
}

const account = (port: number, trusted: string | undefined, host = '127.0.0.1') => ({
  host,
  port,
  secure: true,
  user: 'u',
  password: 'p',
  oauth2: null,
  allowPlaintext: false,
  pollMs: 60_000,
  ...(trusted ? { caFile: trusted } : {}),
})

const speakImap = (options: TlsOptions = {}) =>
  talk(
    '* OK hello',
    (line) => {
      const [tag, word] = line.split(' ')
      return word === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1\r\n${tag} OK done` : `${tag} OK done`
    },
    options,
  )

const speakSmtp = (options: TlsOptions = {}) =>
  talk(
    '220 hello',
    (line) => {
      if (line.startsWith('EHLO')) return '250-hello\r\n250 AUTH PLAIN'
      return line === 'QUIT' ? '221 bye' : '235 welcome'
    },
    options,
  )

async function connectImap(settings: ReturnType<typeof account>) {
  const client = await connectClient(settings, {
    timing: defaultTiming,
    signal: new AbortController().signal,
  })
  client.close()
  return client.secureConnection
}

async function connectSmtp(settings: ReturnType<typeof account>) {
  await using submission = openSubmission(settings, { log: silentLog })
  return await submission.verify()
}

describe.each([
  ['IMAP', speakImap, connectImap],
  ['SMTP', speakSmtp, connectSmtp],
] as const)('%s', (_protocol, speak, connect) => {
  test('a private authority is trusted where its certificate is named', async () => {
    await using server = await speak()
    expect(await connect(account(server.port, caFile))).toBe(true)
  })

  const expired = { cert: readFileSync(expiredFile) }
  test.each([
    ['an unknown issuer', {}, undefined, '127.0.0.1', /comes from an unknown issuer/],
    ['a wrong name', {}, caFile, 'localhost', /is for another name/],
    ['an expired certificate', expired, expiredFile, '127.0.0.1', /has expired/],
    ['TLS 1.0', { ...old, maxVersion: 'TLSv1' }, caFile, '127.0.0.1', /does not support TLS 1.2/],
    ['TLS 1.1', { ...old, maxVersion: 'TLSv1.1' }, caFile, '127.0.0.1', /does not support TLS 1.2/],
  ] as const)('%s is refused, and the error says why', async (_name, options, trusted, host, words) => {
    await using server = await speak(options)
    await expect(connect(account(server.port, trusted, host))).rejects.toThrow(words)
  })
})

/** Records each line that it hears, and begins TLS when asked to. */
async function offering(speak: (line: string, secure: boolean) => string, greeting: string) {
  const heard: string[] = []
  const hear = (socket: Socket, secure: boolean) => {
    socket.on('error', () => {})
    socket.on('data', (octets) => {
      for (const line of octets.toString().split('\r\n').filter(Boolean)) {
        heard.push(line)
        if (!/STARTTLS/.test(line)) {
          socket.write(`${speak(line, secure)}\r\n`)
          continue
        }
        socket.removeAllListeners('data')
        socket.write(`${speak(line, secure)}\r\n`)
        hear(new TLSSocket(socket, { ...identity, isServer: true }), true)
      }
    })
  }
  const sockets: Socket[] = []
  const server = createPlainServer((socket) => {
    sockets.push(socket)
    socket.write(`${greeting}\r\n`)
    hear(socket, false)
  })
  const { port } = await listening(server)
  const end = async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { heard, port, [Symbol.asyncDispose]: end }
}

const imapWithStartTls = () =>
  offering((line, secure) => {
    const [tag, word] = line.split(' ')
    const offered = secure ? '' : ' STARTTLS'
    return word === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1${offered}\r\n${tag} OK done` : `${tag} OK done`
  }, '* OK hello')

const smtpWithStartTls = () =>
  offering((line, secure) => {
    if (line.startsWith('EHLO')) return `250-hello\r\n250 ${secure ? 'AUTH PLAIN' : 'STARTTLS'}`
    if (line === 'STARTTLS') return '220 go ahead'
    return line === 'QUIT' ? '221 bye' : '235 welcome'
  }, '220 hello')

describe.each([
  ['IMAP', imapWithStartTls, connectImap, /LOGIN|AUTHENTICATE/],
  ['SMTP', smtpWithStartTls, connectSmtp, /AUTH/],
] as const)('%s with STARTTLS', (_protocol, serve, connect, login) => {
  const insecure = (port: number, changes: object = {}) => ({
    ...account(port, undefined),
    ...{ secure: false, ...changes },
  })

  test.each([
    ['on this machine', {}],
    ['beyond it', { host: '0.0.0.0' }],
  ])('of an unknown issuer gets no password %s', async (_place, changes) => {
    await using server = await serve()
    await expect(connect(insecure(server.port, changes))).rejects.toThrow(/comes from an unknown issuer/)
    expect(server.heard.filter((line) => login.test(line))).toEqual([])
  })

  test.each([
    ['its authority is trusted', { caFile }],
    ['it has another name, on this machine', { caFile, host: 'localhost' }],
    ['plain text is allowed', { allowPlaintext: true }],
  ])('is used where %s', async (_case, changes) => {
    await using server = await serve()
    expect(await connect(insecure(server.port, changes))).toBe(true)
    expect(server.heard.some((line) => login.test(line))).toBe(true)
  })
})

test('a file without a certificate is named', () => {
  expect(() => trusting('/nowhere/ca.pem')).toThrow(ConfigError)
  expect(() => trusting(fileURLToPath(new URL('../fixtures/tls/README.md', import.meta.url)))).toThrow(
    /holds no certificate/,
  )
})
