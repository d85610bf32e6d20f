/** Attacks on the loopback port where a sign-in in the browser ends: every page that the browser shows can reach it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { OAuth2Settings } from '../../src/config/settings.ts'
import { grantFrom } from '../../src/oauth/endpoint.ts'
import { signInByBrowser } from '../../src/oauth/oauth.ts'
import { type Attack, differs } from './attack.ts'

const settings: OAuth2Settings = {
  ...{ provider: 'custom', clientId: 'x', clientSecret: null, scopes: [], deviceUrl: null },
  ...{ tokenUrl: 'http://127.0.0.1:9/token', authorizeUrl: 'http://127.0.0.1:9/authorize' },
}

/** The first line of what the port answers. */
async function answerTo(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.end(request)
  return (await text(socket)).split('\r\n')[0] ?? ''
}

const targets = ['//', '//[', '/\\[', '/?state=', '/?code=x&state=x', '/?state=x&state=y']

export const signInAttacks = (): Attack[] => [
  ...targets.map(
    (target): Attack => ({
      name: `sign-in in the browser: a page asks its port for ${target}`,
      holds: 'only the answer with the state of this sign-in is taken; the rest is 404',
      run: async () => {
        const stop = new AbortController()
        const shown = new Promise<string>((resolve) => {
          signInByBrowser(settings, {
            ...{ clock: { now: () => new Date() }, show: resolve, loginHint: 'me', signal: stop.signal },
          }).catch(() => undefined)
        })
        const { port } = new URL(new URL(await shown).searchParams.get('redirect_uri') ?? '')
        const request = `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`
        const answers = [await answerTo(Number(port), request), await answerTo(Number(port), request)]
        stop.abort()
        return differs(answers, Array(2).fill('HTTP/1.1 404 Not Found'))
      },
    }),
  ),
  ...[1e306, -1, 'soon'].map(
    (lifetime): Attack => ({
      name: `sign-in (OAuth2): a lifetime of ${lifetime} is stored`,
      holds: 'it is a time within thirty days',
      run: async () => {
        const now = new Date()
        const { expiresAt } = grantFrom({ access_token: 'x', expires_in: lifetime }, now, null)
        const days = (expiresAt - now.getTime()) / 86_400_000
        return days >= 0 && days <= 30 ? null : `${days} days`
      },
    }),
  ),
]
