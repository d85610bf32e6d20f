/** Checks made on every request before its sender is identified. Reads no body. */
import type { Context, Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { longestUpload } from '../review/knowledge-files.ts'
import { failed, isApi } from './failures.tsx'

/** Octets. */
const longestForm = 64 * 1024
const longestJson = 1024 * 1024

const tooLong = (c: Context) => {
  // The rest is not read: the connection ends with the answer.
  c.header('connection', 'close')
  return failed(c, 413, 'too-long', 'The request is too long.')
}

/** A form of the Teach pages may carry a file, or a text as long as one. */
const longestOf = (c: Context) => {
  if (isApi(c)) return longestJson
  return c.req.path.startsWith('/teach/') ? longestUpload + longestForm : longestForm
}

/** Reads a body of at most that length, whether declared or chunked; must come after every identity check. */
export const formLimit = (c: Context, next: Next) => limited(longestOf(c), c, next)
export const jsonLimit = (c: Context, next: Next) => limited(longestJson, c, next)

function limited(maxSize: number, c: Context, next: Next) {
  const { raw } = c.req
  const isMeasured = raw.headers.has('content-length') && !raw.headers.has('transfer-encoding')
  if (!isMeasured && !/^(GET|HEAD)$/.test(raw.method)) {
    // A body of unknown length is copied into a new Request, which can't be made from the listener's own substitute.
    const { url, method, headers, body, signal } = raw
    c.req.raw = new Request(url, { method, headers, body, signal, duplex: 'half' } as RequestInit)
  }
  return bodyLimit({ maxSize, onError: tooLong })(c, next)
}

/** Refuses, by the header alone, requests that are too long or contain a NUL, which PostgreSQL can't store. */
export async function plausible(c: Context, next: Next): Promise<Response | undefined> {
  const length = Number(c.req.header('content-length') ?? 0)
  if (!(length <= longestOf(c))) return tooLong(c)
  if (/%00|\0/i.test(c.req.url)) return failed(c, 400, 'bad-request', 'A parameter contains a NUL character.')
  await next()
}

/**
 * Fetch Metadata (W3C): another site may link to a page, and nothing else. Such a link has no query, so that no
 * search can be timed and no notice injected from outside. Programs other than browsers send none of these fields.
 */
export async function sameSite(c: Context, next: Next): Promise<Response | undefined> {
  const site = c.req.header('sec-fetch-site')
  // A mail's frame is sandboxed: its requests count as coming from another site.
  if (c.req.path.startsWith('/assets/')) return void (await next())
  if (site === 'cross-site' || site === 'same-site') {
    const mode = c.req.header('sec-fetch-mode')
    const destination = c.req.header('sec-fetch-dest')
    if (c.req.method !== 'GET' || mode !== 'navigate' || destination !== 'document')
      return failed(c, 403, 'another-site', 'Requests from another site are not accepted.')
    const { pathname, search } = new URL(c.req.url)
    // `//host` would be a page on another host.
    if (search !== '') return c.redirect(pathname.replace(/^\/+/, '/'), 303)
  }
  await next()
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"

export async function answerHeaders(c: Context, next: Next): Promise<void> {
  await next()
  // A refused client may still be sending: its body is not read.
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && c.res.status >= 300 && !c.req.raw.bodyUsed)
    c.header('connection', 'close')
  c.header('x-content-type-options', 'nosniff')
  c.header('referrer-policy', 'no-referrer')
  // The only thing that a mail's sandboxed frame, which has no origin, may load.
  const shared = c.req.path === '/assets/mail.css'
  c.header('cross-origin-resource-policy', shared ? 'cross-origin' : 'same-origin')
  c.header('cross-origin-opener-policy', 'same-origin')
  if (!c.res.headers.has('content-security-policy')) c.header('content-security-policy', policy)
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
}
