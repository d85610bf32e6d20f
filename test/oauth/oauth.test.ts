import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ConfigError, PermanentError, SignInNeeded, TemporaryError } from '../../src/base/errors.ts'
import { grantFrom, post, secondsIn } from '../../src/oauth/endpoint.ts'
import { SignIns, signInByBrowser, signInByDevice } from '../../src/oauth/oauth.ts'
import { listening } from '../listening.ts'
import { Provider } from './provider.ts'

const address = 'me@replyd.test'
let directory: string
let provider: Provider
let now = new Date('2026-11-24T12:00:00Z')
const clock = { now: () => now }
const later = (minutes: number) => {
  now = new Date(now.getTime() + minutes * 60_000)
}
const { signal } = new AbortController()

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replyd-oauth-'))
  provider = await Provider.start(address)
})

afterEach(async () => {
  await provider[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

const open = (key: string | null = null) => new SignIns({ directory, key }, clock)

async function signedIn(key: string | null = null): Promise<SignIns> {
  const signIns = open(key)
  const grant = await signInByDevice(provider.settings, { clock, show: () => {}, signal })
  await signIns.keep(address, provider.settings, grant)
  return signIns
}

describe('device flow', () => {
  test('shows the code, waits as instructed, and returns the grant', async () => {
    provider.polls.push('authorization_pending', 'authorization_pending')
    const shown: string[] = []
    const show = (code: { userCode: string; verificationUri: string }) =>
      shown.push(code.userCode, code.verificationUri)
    const grant = await signInByDevice(provider.settings, { clock, show, signal })
    expect(shown).toEqual(['ABCD-EFGH', `${provider.url}/type-it-in`])
    expect(provider.access.get(grant.accessToken)).toBe(address)
    expect(grant.expiresAt).toBe(now.getTime() + 3_600_000)
  })

  test.each(['access_denied', 'expired_token'])('ends at %s', async (code) => {
    provider.polls.push(code)
    const ask = signInByDevice(provider.settings, { clock, show: () => {}, signal })
    await expect(ask).rejects.toThrow(PermanentError)
  })

  test('of a provider without one is a fault of the configuration', async () => {
    const settings = { ...provider.settings, deviceUrl: null }
    const ask = signInByDevice(settings, { clock, show: () => {}, signal })
    await expect(ask).rejects.toThrow(ConfigError)
  })
})

describe('loopback redirect', () => {
  const browse = (show: (url: string) => void, pasted?: AsyncIterable<string>) =>
    signInByBrowser(provider.settings, { clock, show, pasted, loginHint: address, signal })

  test('exchanges the code with its verifier', async () => {
    let page = ''
    const grant = await browse((url) => {
      void fetch(url).then(async (response) => {
        page = await response.text()
      })
    })
    expect(provider.access.get(grant.accessToken)).toBe(address)
    expect(page).toMatch(/You can close this page/)
  })

  test('takes no code that comes with another state', async () => {
    const statuses: number[] = []
    const grant = await browse((url) => {
      const redirect = new URL(url).searchParams.get('redirect_uri')
      void fetch(`${redirect}?code=stolen&state=guessed`)
        .then(({ status }) => statuses.push(status))
        .then(() => fetch(url))
    })
    expect(statuses).toEqual([404])
    expect(provider.access.has(grant.accessToken)).toBe(true)
  })

  test.each(['//', '//[', '/\\['])('is not ended by a request for %s', async (target) => {
    const heads: string[] = []
    const grant = await browse((url) => {
      const { port } = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      })
      socket.once('data', (octets) => heads.push(octets.toString().split('\r\n')[0] ?? ''))
      socket.once('close', () => void fetch(url))
    })
    expect(heads).toEqual(['HTTP/1.1 404 Not Found'])
    expect(provider.access.has(grant.accessToken)).toBe(true)
  })

  test('takes the pasted address of a browser elsewhere', async () => {
    let ended: (line: string) => void = () => {}
    const line = new Promise<string>((resolve) => {
      ended = resolve
    })
    async function* lines() {
      yield 'what should I paste?'
      yield await line
    }
    const grant = await browse((url) => {
      void fetch(url, { redirect: 'manual' }).then((response) =>
        ended(response.headers.get('location') ?? ''),
      )
    }, lines())
    expect(provider.access.has(grant.accessToken)).toBe(true)
  })

  test('says what the provider said when the person refuses', async () => {
    const ask = browse((url) => {
      const { searchParams } = new URL(url)
      void fetch(`${searchParams.get('redirect_uri')}?error=access_denied&state=${searchParams.get('state')}`)
    })
    await expect(ask).rejects.toThrow(/refused: access_denied/)
  })
})

describe('access tokens', () => {
  test('are refreshed shortly before they end, and not earlier', async () => {
    const signIns = await signedIn()
    const first = await signIns.accessToken(address, provider.settings)
    later(57)
    expect(await signIns.accessToken(address, provider.settings)).toBe(first)
    later(2)
    const second = await signIns.accessToken(address, provider.settings)
    expect(second).not.toBe(first)
    expect(provider.access.has(second)).toBe(true)
    expect(provider.refreshes).toBe(1)
  })

  test('that the mail server refused are replaced at once', async () => {
    const signIns = await signedIn()
    const first = await signIns.accessToken(address, provider.settings)
    expect(await signIns.accessToken(address, provider.settings, first)).not.toBe(first)
  })

  test('are refreshed once, however many connections and processes ask', async () => {
    await signedIn()
    later(120)
    // Each has separate memory, as processes do; refresh tokens can be used only once.
    const askers = Array.from({ length: 5 }, () => open())
    const asked = askers.flatMap((signIns) =>
      [1, 2].map(() => signIns.accessToken(address, provider.settings)),
    )
    expect(new Set(await Promise.all(asked)).size).toBe(1)
    expect(provider.refreshes).toBe(1)
  })

  test('a lock whose holder died is taken over', async () => {
    const signIns = await signedIn()
    const [entry] = Object.keys(JSON.parse(readFileSync(join(directory, 'oauth.json'), 'utf8')).entries)
    const longAgo = new Date(Date.now() - 60_000)
    for (const name of ['oauth.lock', `oauth.lock.${entry}`]) {
      writeFileSync(join(directory, name), 'gone')
      utimesSync(join(directory, name), longAgo, longAgo)
    }
    later(120)
    expect(provider.access.has(await signIns.accessToken(address, provider.settings))).toBe(true)
  })

  test('do not exist before somebody has signed in', async () => {
    const ask = open().accessToken(address, provider.settings)
    await expect(ask).rejects.toThrow(SignInNeeded)
    await expect(ask).rejects.toThrow('run replyd auth me@replyd.test')
  })

  test('a revoked sign-in is named, and not asked for again', async () => {
    const signIns = await signedIn()
    provider.refuses = 'invalid_grant'
    later(120)
    const ask = () => signIns.accessToken(address, provider.settings)
    await expect(ask()).rejects.toThrow(SignInNeeded)
    await expect(ask()).rejects.toThrow(/no longer valid \(invalid_grant: AADSTS70008: expired\.\)/)
    expect(provider.refreshes).toBe(1)
    provider.refuses = null
    await signedIn()
    expect(provider.access.has(await ask())).toBe(true)
  })

  test('a provider that does not answer keeps nobody else waiting', async () => {
    const signIns = await signedIn()
    await using other = await Provider.start('her@replyd.test')
    const grant = await signInByDevice(other.settings, { clock, show: () => {}, signal })
    await signIns.keep('her@replyd.test', other.settings, grant)
    later(120)
    provider.hangs = true
    const stuck = signIns.accessToken(address, provider.settings).catch((error: unknown) => error)
    await provider.asked
    expect(other.access.has(await signIns.accessToken('her@replyd.test', other.settings))).toBe(true)
    provider.letGo()
    expect(await stuck).toBeInstanceOf(TemporaryError)
  })

  test('a provider that is down is asked again later', async () => {
    const signIns = await signedIn()
    later(120)
    provider.down = 503
    await expect(signIns.accessToken(address, provider.settings)).rejects.toThrow(TemporaryError)
    provider.down = null
    expect(provider.access.has(await signIns.accessToken(address, provider.settings))).toBe(true)
  })
})

describe('the file', () => {
  test('holds no token in plain text, and only its owner may read it', async () => {
    const signIns = await signedIn()
    const token = await signIns.accessToken(address, provider.settings)
    const content = readFileSync(join(directory, 'oauth.json'), 'utf8')
    expect(content).not.toContain(token)
    expect(content).not.toContain(address)
    for (const name of ['oauth.json', 'oauth.key']) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
    }
  })

  test('opens with the key of the environment, and with no other', async () => {
    await signedIn('a key of sixteen characters')
    const again = open('a key of sixteen characters')
    expect(provider.access.has(await again.accessToken(address, provider.settings))).toBe(true)
    const other = open('another key, just as long').accessToken(address, provider.settings)
    await expect(other).rejects.toThrow(ConfigError)
  })

  test('a key file that others may read is refused', async () => {
    await signedIn()
    const { stdout } = await promisify(execFile)('chmod', ['-v', '644', join(directory, 'oauth.key')])
    expect(stdout).not.toBe('')
    await expect(open().accessToken(address, provider.settings)).rejects.toThrow(/chmod 600/)
  })

  test('a changed entry is refused', async () => {
    await signedIn()
    const path = join(directory, 'oauth.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"tag": "..../, '"tag": "AAAA'))
    await expect(open().accessToken(address, provider.settings)).rejects.toThrow(ConfigError)
  })
})

describe('a token endpoint that', () => {
  const answered = async (answer: (response: ServerResponse) => void, withinMs = 60_000) => {
    const asked: string[] = []
    await using server = await listening((request, response) => {
      asked.push(request.url ?? '')
      answer(response)
    })
    const settings = { ...provider.settings, tokenUrl: `${server.url}/token` }
    const fields = { grant_type: 'refresh_token', refresh_token: 'secret' }
    const error = await post(settings, settings.tokenUrl, fields, withinMs).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TemporaryError)
    return { message: (error as Error).message, asked }
  }
  const json = { 'content-type': 'application/json' }

  test('stalls, is given up', async () => {
    const { message } = await answered((response) => response.writeHead(200, json).flushHeaders(), 150)
    expect(message).toMatch(/did not answer: no complete answer within 150 ms$/)
  })

  test('drips, is given up', async () => {
    const { message } = await answered((response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    }, 150)
    expect(message).toMatch(/no complete answer within 150 ms$/)
  })

  test('floods, is cut off', async () => {
    const { message } = await answered((response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
      }
      response.on('drain', more)
      more()
    })
    expect(message).toMatch(/the answer is longer than 262144 octets$/)
  })

  test.each([301, 302, 303, 307, 308])('redirects with %d, is not followed', async (status) => {
    const grant = JSON.stringify({ access_token: 'a' })
    const { message, asked } = await answered((response) =>
      response.writeHead(status, { ...json, location: '/elsewhere' }).end(grant),
    )
    expect(message).toMatch(new RegExp(`redirects \\(HTTP ${status}\\), which is not followed$`))
    expect(asked).toEqual(['/token'])
  })

  test.each(['<html>busy</html>', '', '"a"', 'null'])('answers %j, counts as not answering', async (body) => {
    const { message } = await answered((response) => response.writeHead(200, json).end(body))
    expect(message).toMatch(/answered HTTP 200 without JSON$/)
  })
})

describe('a provider that states', () => {
  const limits = { otherwise: 5, most: 60 }
  test.each([
    [undefined, 5],
    [7, 7],
    ['7', 7],
    [0, 0],
    [-1, 5],
    [1e12, 60],
    [1e308, 60],
    ['soon', 5],
    [[], 0],
    [{}, 5],
  ])('%j seconds causes a wait of %d', (stated, expected) => expect(secondsIn(stated, limits)).toBe(expected))

  test('an endless lifetime leaves a file that can be read again', async () => {
    const signIns = open()
    await signIns.keep(
      address,
      provider.settings,
      grantFrom({ access_token: 'a', expires_in: 1e306 }, now, null),
    )
    expect(await open().accessToken(address, provider.settings)).toBe('a')
  })

  test('an error code as long as the whole answer is cut', async () => {
    await using server = await listening((_, response) =>
      response.writeHead(400).end(JSON.stringify({ error: `${'e'.repeat(200_000)}\r\nx` })),
    )
    const error = await post(provider.settings, server.url, {}).catch((error: unknown) => error)
    expect((error as Error).message).toBe('e'.repeat(300))
  })
})

test('no token goes to a provider without TLS beyond this machine', async () => {
  const settings = { ...provider.settings, deviceUrl: 'http://id.example.com/device' }
  const ask = signInByDevice(settings, { clock, show: () => {}, signal })
  await expect(ask).rejects.toThrow(/must be reached over https/)
})
