/** Files that every page loads are as small as the browser accepts. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { Hono } from 'hono'
import type { Env } from '../../src/web/access.ts'
import { addAssets } from '../../src/web/assets.ts'

const app = new Hono<Env>()
addAssets(app)

async function asset(path: string, accepted: string) {
  const answer = await app.request(path, { headers: { 'accept-encoding': accepted } })
  return { coding: answer.headers.get('content-encoding'), octets: Buffer.from(await answer.arrayBuffer()) }
}

test('each is sent in the smallest form that the browser reads', async () => {
  const plain = await asset('/assets/review.js', 'identity')
  const gzip = await asset('/assets/review.js', 'gzip, deflate')
  const brotli = await asset('/assets/review.js', 'gzip, deflate, br')
  expect([plain.coding, gzip.coding, brotli.coding]).toEqual([null, 'gzip', 'br'])
  expect(gunzipSync(gzip.octets)).toEqual(plain.octets)
  expect(brotliDecompressSync(brotli.octets)).toEqual(plain.octets)
  expect(brotli.octets.length).toBeLessThan(gzip.octets.length)
})

test('what the inbox loads leaves room below 60 KB for its page', async () => {
  const loaded = [
    ...['review.css', 'htmx.js', 'review.js', 'reply.js', 'panes.js', 'list.js', 'palette.js', 'icon.svg'],
  ]
  const all = await Promise.all(loaded.map((name) => asset(`/assets/${name}`, 'br')))
  expect(all.reduce((sum, { octets }) => sum + octets.length, 0)).toBeLessThan(35_500)
})
