/** Files that are the same for everybody, served before the login. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzipSync } from 'node:zlib'
import type { Context, Hono } from 'hono'
import { packagePath } from '../base/package.ts'
import type { Env } from './access.ts'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

const names = [
  ...['review.css', 'setup.css', 'teach.css', 'mail.css'],
  ...['review.js', 'list.js', 'reply.js', 'panes.js', 'palette.js', 'push.js', 'setup.js'],
  ...['icon.svg', 'icon-180.png', 'icon-192.png', 'icon-512.png', 'icon-maskable-512.png'],
  ...['manifest.webmanifest', 'offline.html'],
]

export function addAssets(app: Hono<Env>): void {
  for (const name of names) serve(app, `/assets/${name}`, packagePath('assets', name))
  serve(app, '/assets/htmx.js', fileURLToPath(new URL('./htmx.min.js', import.meta.resolve('htmx.org'))))
  // A service worker controls the pages below its own path; browsers look for a newer one by themselves.
  serve(app, '/sw.js', packagePath('assets', 'sw.js'), 'no-cache')
}

const brotliCompressed = promisify(brotliCompress)

function serve(app: Hono<Env>, path: string, file: string, caching = 'max-age=3600'): void {
  const type = types[extname(file)] ?? 'application/octet-stream'
  const octets = readFileSync(file)
  const [plain, gzip] = [new Uint8Array(octets), new Uint8Array(gzipSync(octets, { level: 9 }))]
  // A seventh smaller than gzip, but slow to compress: made at the first request for it.
  let smallest: Promise<Uint8Array<ArrayBuffer>> | undefined
  const brotli = async () => new Uint8Array(await brotliCompressed(octets))
  app.get(path, async (c: Context) => {
    const headers = { 'content-type': type, 'cache-control': caching, vary: 'accept-encoding' }
    const accepted = c.req.header('accept-encoding') ?? ''
    // Only files that are the same for everybody: the length of a compressed page would give its secrets away.
    if (/\bbr\b/.test(accepted)) {
      smallest ??= brotli()
      return c.body(await smallest, 200, { ...headers, 'content-encoding': 'br' })
    }
    return /\bgzip\b/.test(accepted)
      ? c.body(gzip, 200, { ...headers, 'content-encoding': 'gzip' })
      : c.body(plain, 200, headers)
  })
}
