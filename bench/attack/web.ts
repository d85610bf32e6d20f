/** Strangers at the web port, other sites in the owner's browser, and a token that says more than it may. */
import { connect } from 'node:net'
import { type Area, type Attack, differs } from './attack.ts'
import { apiToken, type Pages, password, startPages } from './daemon.ts'
import { ask, flood } from './http.ts'
import { oddBodies, oddParameters, oddRequests } from './odd-requests.ts'

export const web: Area = {
  name: 'web',
  open: async () => {
    const [open, closed] = await Promise.all([startPages(), startPages({ password })])
    return {
      attacks: [
        ...floods(closed),
        ...oddRequests(open),
        ...apiBodies(open),
        ...oddParameters(open),
        ...oddBodies(open),
        ...otherSites(open),
      ],
      async [Symbol.asyncDispose]() {
        await Promise.all([open[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()])
      },
    }
  },
}

const form = 'content-type: application/x-www-form-urlencoded'
const limit = 'size limit before the body is read, after identity'

function floods({ url }: Pages): Attack[] {
  const most = 400 << 20
  const cases: [string, string, number][] = [
    ['400 MB in chunks to /login', `POST /login HTTP/1.1\r\n${form}`, 413],
    ['400 MB in chunks to a form without a session', `POST /replies/x/approve HTTP/1.1\r\n${form}`, 303],
    ['400 MB in chunks to the API without its token', 'POST /api/forget HTTP/1.1', 401],
    [
      '400 MB in chunks to the API with its token',
      `POST /api/forget HTTP/1.1\r\nauthorization: Bearer ${apiToken}`,
      413,
    ],
    [
      '400 MB in chunks to an assistant with its token',
      `POST /mcp HTTP/1.1\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nauthorization: Bearer ${apiToken}`,
      413,
    ],
    [
      '400 MB in chunks to a file of the knowledge without a session',
      'POST /teach/knowledge/upload HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b',
      303,
    ],
    [
      '400 MB as a multipart form',
      'POST /login HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b',
      413,
    ],
  ]
  const single = cases.map(
    ([name, head, status]): Attack => ({
      name,
      holds: limit,
      run: async () => {
        const before = process.memoryUsage().rss
        const result = await flood(url, head, most)
        const grown = process.memoryUsage().rss - before
        if (result.status !== status) return differs(result.status, status)
        return grown > 150 << 20 ? `${Math.round(grown / 2 ** 20)} MB of memory were taken` : null
      },
    }),
  )
  return [...single, slowHeader(url), manyConnections(url), hugeHeader(url)]
}

function slowHeader(url: string): Attack {
  return {
    name: 'a header block a byte a second',
    holds: 'ten seconds for a header block',
    run: () =>
      new Promise((resolve) => {
        const { hostname, port } = new URL(url)
        const begun = performance.now()
        const socket = connect(Number(port), hostname)
        const drip = setInterval(() => socket.write('a'), 1000)
        socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nx-slow: '))
        socket.on('error', () => undefined)
        socket.on('close', () => {
          clearInterval(drip)
          const seconds = (performance.now() - begun) / 1000
          resolve(seconds > 30 ? `it was kept for ${Math.round(seconds)} s` : null)
        })
        socket.resume()
      }),
  }
}

function manyConnections(url: string): Attack {
  return {
    name: '400 idle connections',
    holds: 'a cap on connections; idle ones end after ten seconds',
    run: async () => {
      const { hostname, port } = new URL(url)
      let open = 0
      const sockets = Array.from({ length: 400 }, () => {
        const socket = connect(Number(port), hostname)
        socket.on('error', () => undefined)
        return socket
      })
      await Promise.all(
        sockets.map(
          (socket) => new Promise<void>((resolve) => socket.once('connect', resolve).once('close', resolve)),
        ),
      )
      // Connections over the cap are closed at once, the others when their header block does not arrive.
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              if (socket.destroyed || socket.readableEnded) resolve()
              else socket.resume().once('close', resolve).once('end', resolve)
            }),
        ),
      )
      open = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length
      for (const socket of sockets) socket.destroy()
      return open > 0 ? `${open} were left open` : differs((await ask(`${url}/readyz`)).status > 0, true)
    },
  }
}

function hugeHeader(url: string): Attack {
  return {
    name: 'a header block of 1 MB',
    holds: '16 KB for a header block',
    run: async () =>
      differs((await ask(`${url}/healthz`, { headers: { x: 'a'.repeat(30_000) } })).status, 431),
  }
}

function apiBodies({ url }: Pages): Attack[] {
  const headers = { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' }
  const bodies: [string, string][] = [
    ['cut off: {"seen":"deadbeef', '{"seen":"deadbeef'],
    ['without `seen`', '{}'],
    ['empty', ''],
    ['with `seen` as a list', '{"seen":["deadbeef"]}'],
    ['with an unknown key', '{"seen":"deadbeef","force":true}'],
    ['with __proto__', '{"seen":"deadbeef","__proto__":{"seen":"x"}}'],
    ['10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['with a NUL', '{"seen":"dead\\u0000beef"}'],
    ['as a form', 'seen=deadbeef'],
  ]
  const approvals = bodies.map(
    ([name, body]): Attack => ({
      name: `an approval ${name}`,
      holds: 'strict schemas; `seen` is required',
      run: async () =>
        differs(
          (await ask(`${url}/api/replies/none/approve`, { method: 'POST', headers, body })).status,
          400,
        ),
    }),
  )
  const unknown = Object.fromEntries(Array.from({ length: 80_000 }, (_, n) => [`k${n}`, 1]))
  const flood: Attack = {
    name: 'an approval with 80,000 unknown keys (answered with their names)',
    holds: 'the first ten faults are named',
    run: async () => {
      const request = { method: 'POST', headers, body: JSON.stringify(unknown) }
      const { status, text } = await ask(`${url}/api/replies/none/approve`, request)
      return differs(status, 400) ?? (text.length > 10_000 ? `${text.length} characters of answer` : null)
    },
  }
  const nulPaths = [
    '/api/replies/a%00b',
    '/api/mails?q=%00',
    '/api/mails?from=%00',
    '/mails/%00',
    '/?q=a%00b',
    '/history?since=%00',
  ]
  const nuls = nulPaths.map(
    (path): Attack => ({
      name: `a NUL in ${path}`,
      holds: 'a NUL in a parameter is 400',
      run: async () => differs((await ask(`${url}${path}`, { headers })).status, 400),
    }),
  )
  return [...approvals, flood, ...nuls]
}

function otherSites({ url }: Pages): Attack[] {
  const fetched = (site: string, mode: string, dest: string) => ({
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest,
  })
  const held = 'Fetch Metadata, CORP, COOP'
  const cases: [string, string, Record<string, string>, number][] = [
    ['times a search by an image', '/?q=salary', fetched('cross-site', 'no-cors', 'image'), 403],
    ['times a search in a frame', '/history?q=salary', fetched('cross-site', 'navigate', 'iframe'), 403],
    ['times a search in a window', '/history?q=salary', fetched('cross-site', 'navigate', 'document'), 303],
    ['loads the API as a script', '/api/mails', fetched('same-site', 'no-cors', 'script'), 403],
    ['listens to the live updates', '/events', fetched('cross-site', 'cors', 'empty'), 403],
    ['starts work at the mail servers', '/api/audit', fetched('cross-site', 'no-cors', 'image'), 403],
    ['starts work at the mail servers by a plain GET', '/api/audit', {}, 405],
  ]
  const gets = cases.map(
    ([name, path, headers, status]): Attack => ({
      name: `another site ${name}`,
      holds: held,
      run: async () => differs((await ask(`${url}${path}`, { headers })).status, status),
    }),
  )
  const redirect: Attack = {
    name: 'another site leads through the page to a third: //evil.example/?q=x',
    holds: 'a redirect keeps to this host',
    run: async () => {
      const headers = fetched('cross-site', 'navigate', 'document')
      const answer = await ask(`${url}//evil.example/?q=x`, { headers })
      return differs(new URL(answer.headers.location ?? '', url).origin, new URL(url).origin)
    },
  }
  const rebinding: Attack = {
    name: 'a foreign name that resolves to this machine',
    holds: 'only literal loopback names without a password',
    run: async () => differs((await ask(`${url}/`, { headers: { host: 'evil.example' } })).status, 421),
  }
  return [...gets, redirect, rebinding]
}
