/** The queue board is loaded when it is opened, and answers under its own path. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Queue } from 'bullmq'
import { Hono } from 'hono'
import { boardHandler, boardPath } from '../../src/web/board.ts'
import { type Redis, startRedis } from './servers/index.ts'

let redis: Redis
let queue: Queue

beforeAll(async () => {
  redis = await startRedis()
  queue = new Queue('model', { connection: { url: redis.newDatabase() } })
  await queue.waitUntilReady()
})

afterAll(async () => {
  await queue.close()
  await redis.stop()
})

test('page and jobs, the first time and the second', async () => {
  await queue.add('triage', { messageId: 'm1' })
  const app = new Hono()
  app.all(`${boardPath}/*`, boardHandler([queue]))
  for (const _ of [1, 2]) {
    const page = await app.request(boardPath)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const html = await page.text()
    expect(html).toContain('<title>Work queue · replyd</title>')
    // No request goes to another host.
    expect(html).not.toMatch(/(?:href|src)="https?:/)
    const queues = await app.request(`${boardPath}/api/queues?activeQueue=model&status=waiting&page=1`)
    expect(await queues.json()).toMatchObject({ queues: [{ name: 'model', counts: { waiting: 1 } }] })
  }
  expect((await app.request(`${boardPath}/api/none`)).status).toBe(404)
  const missing = await app.request(`${boardPath}/api/none`, { headers: { accept: 'text/html' } })
  expect([missing.status, await missing.text()]).toEqual([
    404,
    expect.stringContaining('There is nothing here'),
  ])
  expect((await app.request(`${boardPath}/`)).headers.get('location')).toBe(boardPath)
})
