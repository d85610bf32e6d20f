/** Strangers who guess the password, or try to shut the owner out. */
import { type Area, type Attack, differs } from './attack.ts'
import { type Pages, password, startPages } from './daemon.ts'
import { ask } from './http.ts'

export const login: Area = {
  name: 'login',
  open: async () => {
    const [direct, proxied] = await Promise.all([
      startPages({ password }),
      startPages({ password, trustedProxies: ['127.0.0.1'] }),
    ])
    // The owner logs in before the attackers come.
    const device = cookiesOf(await tryLogin(proxied.url, password, { 'x-forwarded-for': '192.0.2.200' }))
    return {
      attacks: [...guesses(direct), ...lockouts(proxied, device), ...plantedPages(proxied, device)],
      async [Symbol.asyncDispose]() {
        await Promise.all([direct[Symbol.asyncDispose](), proxied[Symbol.asyncDispose]()])
      },
    }
  },
}

type Answer = Awaited<ReturnType<typeof ask>>

export const tryLogin = (url: string, text: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ password: text }).toString(),
  })

/** The cookies that a browser would send back. */
export const cookiesOf = ({ headers }: Answer): string =>
  (headers['set-cookie'] ?? [])
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')

/** Null if no more guesses were checked than the waits allow: 5, then one after 15 s, 30 s, 60 s more. */
async function tooMany(guess: (at: number) => Promise<Answer>, count: number): Promise<string | null> {
  const begun = performance.now()
  const answers = await Promise.all(Array.from({ length: count }, (_, at) => guess(at)))
  const seconds = (performance.now() - begun) / 1000
  const allowed = 5 + Math.floor(Math.log2(seconds / 15 + 1))
  const compared = answers.filter(({ status }) => status !== 429).length
  return compared > allowed ? `${compared} were compared in ${Math.round(seconds)} s` : null
}

const limit = 'a wait that doubles from the fifth wrong password on'

function guesses({ url }: Pages): Attack[] {
  return [
    {
      name: '200 passwords at once from one address',
      holds: `${limit}, counted before the body is read`,
      run: () => tooMany((at) => tryLogin(url, `guess number ${at}`), 200),
    },
    {
      name: '200 passwords, each with an invented X-Forwarded-For',
      holds: 'X-Forwarded-For counts from `web.trustedProxies` only',
      run: async () => {
        const from = (at: number) => ({ 'x-forwarded-for': `198.51.100.${at}` })
        return tooMany((at) => tryLogin(url, `guess number ${at}`, from(at)), 200)
      },
    },
    {
      name: '50 passwords, each with an invented cookie of a known device',
      holds: 'the cookie is signed',
      run: async () => {
        const cookie = (at: number) => ({ cookie: `replyd_device=device${at}.c2lnbmF0dXJl` })
        return tooMany((at) => tryLogin(url, `guess number ${at}`, cookie(at)), 50)
      },
    },
  ]
}

function lockouts({ url }: Pages, device: string): Attack[] {
  const from = (address: string) => ({ 'x-forwarded-for': address })
  return [
    {
      name: 'wrong passwords from the network of the owner, to shut the owner out',
      holds: 'a browser that has logged in waits for its own wrong passwords only',
      run: async () => {
        for (let at = 0; at < 30; at++) await tryLogin(url, `guess ${at}`, from('192.0.2.200'))
        const owner = await tryLogin(url, password, { ...from('192.0.2.200'), cookie: device })
        return differs(owner.status, 303)
      },
    },
    {
      name: 'wrong passwords from 300 addresses, to shut the owner out',
      holds: 'the same; a new browser waits half a minute at most',
      run: async () => {
        await Promise.all(
          Array.from({ length: 300 }, (_, at) =>
            tryLogin(url, `guess ${at}`, from(`203.0.${at >> 7}.${at % 128}`)),
          ),
        )
        const owner = await tryLogin(url, password, { ...from('192.0.2.201'), cookie: device })
        if (owner.status !== 303) return differs(owner.status, 303)
        const fresh = await tryLogin(url, password, from('192.0.2.202'))
        const wait = Number(fresh.headers['retry-after'] ?? 0)
        return wait > 30 ? `a new browser waits ${wait} s` : null
      },
    },
    {
      name: 'invented addresses to the left of the one that the proxy names',
      holds: 'X-Forwarded-For is read from its right end',
      run: async () => {
        const hidden = (at: number) => from(`198.18.0.${at}, 192.0.2.203`)
        return tooMany((at) => tryLogin(url, `guess number ${at}`, hidden(at)), 50)
      },
    },
  ]
}

function plantedPages({ url }: Pages, device: string): Attack[] {
  return ['//evil.example', '/\\evil.example', 'https://evil.example', '/%0d%0aset-cookie:x=y'].map(
    (planted): Attack => ({
      name: `a planted cookie that leads to ${planted} after the login`,
      holds: 'only a path of this host is taken',
      run: async () => {
        const cookie = `${device}; replyd_wanted=${encodeURIComponent(planted)}`
        const { status, headers } = await tryLogin(url, password, { cookie })
        const to = new URL(headers.location ?? '', url)
        return differs([status, to.origin], [303, new URL(url).origin])
      },
    }),
  )
}
