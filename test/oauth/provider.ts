/** An identity provider on loopback: token, device and authorization endpoints (RFC 6749, 7636, 8628), introspection (RFC 7662). */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { OAuth2Settings } from '../../src/config/settings.ts'

interface Answer {
  status?: number
  body: Record<string, unknown>
  location?: string
}

export class Provider implements AsyncDisposable {
  /** Lifetime of access tokens in seconds. */
  lifetime = 3600
  /** Answers to the next polls of the device flow, before the person has agreed. */
  readonly polls: string[] = []
  /** Whether every refresh token can be used only once. */
  rotates = true
  /** Set: refreshes are refused with this code. */
  refuses: string | null = null
  /** Set: every request ends with this status. */
  down: number | null = null
  /** Set: requests get no answer before letGo(), and then a broken one. */
  hangs = false
  letGo: () => void = () => {}
  #onAsked: () => void = () => {}
  /** Resolves at the first request that hangs. */
  readonly asked = new Promise<void>((resolve) => {
    this.#onAsked = resolve
  })
  refreshes = 0
  readonly access = new Map<string, string>()
  readonly #refresh = new Map<string, string>()
  readonly #codes = new Map<string, { challenge: string; redirect: string }>()
  readonly user: string
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status = 200, body, location }) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(location ? { location } : {}),
      })
      response.end(JSON.stringify(body))
    })
  })

  private constructor(user: string) {
    this.user = user
  }

  static async start(user: string): Promise<Provider> {
    const provider = new Provider(user)
    provider.#server.listen(0, '127.0.0.1')
    await once(provider.#server, 'listening')
    return provider
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get settings(): OAuth2Settings {
    const { url } = this
    return {
      provider: 'custom',
      clientId: 'replyd-test',
      clientSecret: 'hush',
      tokenUrl: `${url}/token`,
      deviceUrl: `${url}/device`,
      authorizeUrl: `${url}/authorize`,
      scopes: ['mail', 'offline_access'],
    }
  }

  /** From now on the mail server accepts none of the access tokens. */
  revokeAccess(): void {
    this.access.clear()
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (this.hangs) {
      await new Promise<void>((resolve) => {
        this.letGo = resolve
        this.#onAsked()
      })
      return { status: 503, body: {} }
    }
    if (this.down !== null) return { status: this.down, body: {} }
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams
    if (pathname === '/introspect') {
      const user = this.access.get(form.get('token') ?? '')
      return { body: user === undefined ? { active: false } : { active: true, email: user } }
    }
    if (form.get('client_id') !== 'replyd-test') return refusal('invalid_client')
    if (pathname === '/authorize') return this.#authorize(form)
    if (form.get('client_secret') !== 'hush') return refusal('invalid_client')
    if (pathname === '/device') {
      const verification = { verification_uri: `${this.url}/type-it-in`, expires_in: 600, interval: 0.01 }
      return { body: { device_code: 'dev-1', user_code: 'ABCD-EFGH', ...verification } }
    }
    return this.#token(form)
  }

  #authorize(form: URLSearchParams): Answer {
    if (form.get('code_challenge_method') !== 'S256') return refusal('invalid_request')
    const code = randomBytes(8).toString('hex')
    const redirect = form.get('redirect_uri') ?? ''
    this.#codes.set(code, { challenge: form.get('code_challenge') ?? '', redirect })
    const location = new URL(redirect)
    location.search = new URLSearchParams({ code, state: form.get('state') ?? '' }).toString()
    return { status: 302, body: {}, location: location.href }
  }

  #token(form: URLSearchParams): Answer {
    const type = form.get('grant_type')
    if (type === 'refresh_token') return this.#renew(form.get('refresh_token') ?? '')
    if (type === 'authorization_code') {
      const code = this.#codes.get(form.get('code') ?? '')
      this.#codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const sound = code?.challenge === challenge && code.redirect === form.get('redirect_uri')
      return sound ? this.grant() : refusal('invalid_grant')
    }
    const poll = this.polls.shift()
    if (poll !== undefined) return refusal(poll)
    return form.get('device_code') === 'dev-1' ? this.grant() : refusal('invalid_grant')
  }

  #renew(token: string): Answer {
    this.refreshes++
    if (this.refuses) return refusal(this.refuses, 'AADSTS70008: expired.\r\nTrace ID: 1')
    if (!this.#refresh.has(token)) return refusal('invalid_grant')
    if (this.rotates) this.#refresh.delete(token)
    return this.grant()
  }

  grant(): Answer {
    const [access, refresh] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')]
    this.access.set(access, this.user)
    this.#refresh.set(refresh, this.user)
    const body = {
      access_token: access,
      refresh_token: refresh,
      expires_in: this.lifetime,
      token_type: 'Bearer',
    }
    return { body }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

function refusal(error: string, description?: string): Answer {
  return { status: 400, body: { error, ...(description ? { error_description: description } : {}) } }
}
