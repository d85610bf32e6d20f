/**
 * Requests that two programs may read differently (RFC 9112 section 11), or that never end in places without a limit.
 */
import { connect } from 'node:net'
import { type Attack, differs } from './attack.ts'
import { apiToken, type Pages } from './daemon.ts'
import { ask } from './http.ts'

/** Octets; milliseconds. */
const [most, patienceMs] = [32 << 20, 40_000]

interface Said {
  /** Status of each answer. */
  statuses: number[]
  sent: number
  /** The other side has not ended the connection. */
  kept: boolean
}

/** Sends a text, and then again and again another one, until the other side ends the connection. */
function say(url: string, text: string, again = ''): Promise<Said> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    let sent = text.length
    let kept = false
    const late = setTimeout(() => {
      kept = true
      socket.destroy()
    }, patienceMs)
    const more = () => {
      while (again !== '' && sent < most && !socket.destroyed) {
        sent += again.length
        if (!socket.write(again, 'latin1')) return
      }
    }
    socket.on('connect', () => {
      socket.write(text, 'latin1')
      more()
    })
    socket.on('drain', more)
    socket.on('data', (octets) => {
      answer += octets.toString('latin1').slice(0, 1 << 16)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(late)
      resolve({
        statuses: [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code)),
        sent,
        kept,
      })
    })
  })
}

const host = 'Host: localhost'
const login = `Authorization: Bearer ${apiToken}`
const hidden = `GET /api/mails HTTP/1.1\r\n${host}\r\n${login}\r\n\r\n`
const post = `POST /api/forget HTTP/1.1\r\n${host}\r\n${login}`
const closing = 'Connection: close'

/** Each must be refused as a whole: the rest of it must not be read as another request. */
const smuggled: [string, string][] = [
  [
    'a length and chunks',
    `${post}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  ],
  ['two lengths', `${post}\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
  ['a list of lengths', `${post}\r\nContent-Length: 0, ${hidden.length}\r\n\r\n${hidden}`],
  ['a length with a sign', `${post}\r\nContent-Length: +${hidden.length}\r\n\r\n${hidden}`],
  ['a negative length', `${post}\r\nContent-Length: -1\r\n\r\n${hidden}`],
  [
    'a coding that only looks like chunks',
    `${post}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
  ],
  [
    'chunks that are not the last coding',
    `${post}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
  ],
  ['a blank before the colon', `${post}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
  [
    'a folded field',
    `${post}\r\nX: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n\u00000\r\n\r\n`,
  ],
  [
    'a size of a chunk that overflows',
    `${post}\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n${hidden}`,
  ],
  ['a size of a chunk with a sign', `${post}\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${hidden}`],
  ['a chunk that is longer than it says', `${post}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx${hidden}`],
  ['two fields Host', `GET /readyz HTTP/1.1\r\n${host}\r\nHost: evil.example\r\n${closing}\r\n\r\n`],
  ['no Host', 'GET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a NUL in a field', `GET / HTTP/1.1\r\n${host}\r\nX: a\u0000b\r\n${closing}\r\n\r\n`],
  ['a bare CR in a field', `GET / HTTP/1.1\r\n${host}\r\nX: a\rX-Y: b\r\n${closing}\r\n\r\n`],
  ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [
    'the whole address of another host',
    `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n${closing}\r\n\r\n`,
  ],
  ['CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n${closing}\r\n\r\n`],
]

const endless: [string, string, string][] = [
  ['extensions of a chunk', `${post}\r\nTransfer-Encoding: chunked\r\n\r\n1`, ';a=b'.repeat(4096)],
  [
    'fields after the last chunk',
    `${post}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n`,
    'X-More: and more\r\n'.repeat(1024),
  ],
  ['empty lines before a request', '', '\r\n'.repeat(8192)],
  ['a method', '', 'A'.repeat(16_384)],
  ['an address', 'GET /', 'a'.repeat(16_384)],
  ['chunks of one octet', `${post}\r\nTransfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n'.repeat(4096)],
]

export function oddRequests({ url }: Pages): Attack[] {
  const isUp = async () => differs((await ask(`${url}/healthz`)).status > 0, true)
  const read = smuggled.map(
    ([name, text]): Attack => ({
      name: `a request with ${name}`,
      holds: "Node's strict parser; the name of the host is checked",
      run: async () => {
        const { statuses } = await say(url, text)
        if (statuses.length > 1) return `two requests were answered: ${statuses.join(', ')}`
        const [status = 400] = statuses
        return status < 400 || status >= 500 ? `status ${status}` : isUp()
      },
    }),
  )
  const cut = endless.map(
    ([name, text, again]): Attack => ({
      name: `a request with ${name} without end`,
      holds: 'limits on header, extensions, body and time',
      run: async () => {
        const { kept } = await say(url, text, again)
        return kept ? `it was read for ${patienceMs / 1000} s` : isUp()
      },
    }),
  )
  return [...read, ...cut]
}

const bad: [string, string][] = [
  ['half a character of UTF-8', '%c3'],
  ['octets that are no UTF-8', '%ff%fe'],
  ['an overlong slash', '%c0%af..%c0%afetc'],
  ['half a surrogate', '%ed%a0%80'],
  ['a per cent sign alone', '%'],
  ['a written NUL', '%2500'],
  ['a line end', '%0d%0aset-cookie:%20a=b'],
  ['100 folders up', '..%2f'.repeat(100)],
  ['1,000 letters', 'a'.repeat(1000)],
  ['a right-to-left override', '%e2%80%ae'],
]
const places = (value: string): string[] => [
  `/?q=${value}&account=${value}&after=${value}&category=${value}`,
  `/history?q=${value}&from=${value}&since=${value}&until=${value}&before=${value}&disposition=${value}`,
  `/junk?q=${value}&before=${value}`,
  `/replies/${value}`,
  `/mails/${value}`,
  `/mails/${value}/html`,
  `/mails/${value}/parts/1`,
  `/teach/knowledge?q=${value}`,
  `/teach/knowledge/file?file=${value}`,
  `/teach/playground/runs/${value}`,
  `/assistants/code/${value}`,
  `/insight?days=${value}&account=${value}`,
  `/settings/${value}`,
  `/api/mails?q=${value}&from=${value}&since=${value}&limit=${value}`,
  `/api/replies/${value}`,
  `/api/mails/${value}`,
  `/api/usage?by=${value}&since=${value}`,
]

/** None causes a 5xx answer, and none gets into a field of the answer. */
export const oddParameters = ({ url, running }: Pages): Attack[] =>
  bad.map(([name, value]) => ({
    name: `${name} in every parameter and path`,
    holds: 'each is text of a limited length, or 400',
    run: async () => {
      for (const path of places(value)) {
        const answer = await ask(`${url}${path}`, {
          headers: path.startsWith('/api') ? { authorization: `Bearer ${apiToken}` } : {},
        })
        if (answer.status >= 500) return `${path.slice(0, 60)}: status ${answer.status}`
        if (answer.headers['set-cookie']?.some((line) => line.startsWith('a=b'))) return 'it set a cookie'
      }
      return differs(running.daemon.url !== null, true)
    },
  }))

const words: [string, unknown][] = [
  ['half a surrogate', 'a\ud800b'],
  ['a NUL', 'a\u0000b'],
  ['100 KB', 'a'.repeat(100_000)],
  ['__proto__', { ['__proto__']: 1 }],
  ['a number', 1e308],
  ['a deep list', JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)],
]
const posts: [string, (value: unknown) => object][] = [
  ['/api/replies/none/edit', (text) => ({ text, seen: text })],
  ['/api/replies/none/rewrite', (instruction) => ({ instruction, seen: 'x' })],
  ['/api/replies/none/reject', (seen) => ({ seen, reason: seen })],
  ['/api/facts', (text) => ({ text, question: text, account: text })],
  ['/api/tokens', (name) => ({ name, scopes: [name] })],
  ['/api/people', (name) => ({ name, role: name, password: name })],
  ['/api/forget', (address) => ({ address })],
  ['/api/junk/none/restore', (value) => ({ value })],
  ['/mcp', (method) => ({ jsonrpc: '2.0', id: method, method, params: { name: method, arguments: method } })],
]

export const oddBodies = ({ url }: Pages): Attack[] =>
  words.map(([name, value]) => ({
    name: `${name} in every field of a body in JSON`,
    holds: 'strict schemas; what PostgreSQL refuses is replaced or refused before',
    run: async () => {
      for (const [path, body] of posts) {
        const answer = await ask(`${url}${path}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${apiToken}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
          },
          body: JSON.stringify(body(value)),
        })
        if (answer.status >= 500) return `${path}: status ${answer.status}`
      }
      return null
    },
  }))
