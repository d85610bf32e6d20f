/**
 * How fast the review page is while 500 and 5,000 mails wait: the time to each whole answer (one request at a time, median
 * and 90 % of 20), first paint of the inbox in a browser without a cache (median of five), and the octets it loads.
 * Embedded store, no password, one process for all of it. Prints a table for docs/performance.md. Needs Chromium.
 */
import { loadavg } from 'node:os'
import { startStandIn } from '../src/demo/stand-in.ts'
import { openBrowser } from '../test/flow/browser.ts'
import { seedCrowd, seedLetters } from '../test/flow/crowd.ts'
import { startDaemon } from '../test/flow/daemon.ts'

const address = 'page@shop.example'
const account = { address, imap: { host: '127.0.0.1', port: 9, user: 'page', password: 'none' } }
const paths: readonly (readonly [name: string, path: string])[] = [
  ['list', '/'],
  ['a reply', '/replies/letter00000000000000000000'],
  ['search, many found', '/?q=customer'],
  ['search, none found', '/?q=nothing+like+that'],
  ['filter', '/?show=held'],
  ['list of 500', '/?rows=500'],
]
const requests = 20

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

async function answerTimes(url: string): Promise<number[]> {
  const times: number[] = []
  for (let count = 0; count <= requests; count++) {
    const start = performance.now()
    // A kept connection may have been closed while the rows were written.
    await (await fetch(url, { headers: { connection: 'close' } })).text()
    // The first one warms up.
    if (count > 0) times.push(performance.now() - start)
  }
  return times.sort((one, other) => one - other)
}

interface Painted {
  paint: number
  octets: number
  requests: number
}

/** A browser with an empty cache. */
async function painted(browser: Awaited<ReturnType<typeof openBrowser>>, url: string): Promise<Painted> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(url, { waitUntil: 'load' })
  const found = (await page.evaluate(`new Promise((done) => {
    const look = () => {
      const paint = performance.getEntriesByName('first-contentful-paint')[0]
      if (!paint) return requestAnimationFrame(look)
      const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      done({ paint: paint.startTime, octets: loaded.reduce((sum, each) => sum + each.transferSize, 0), requests: loaded.length })
    }
    look()
  })`)) as Painted
  await context.close()
  return found
}

const standIn = await startStandIn()
const browser = await openBrowser()
const running = await startDaemon({
  ...account,
  smtp: { host: '127.0.0.1', port: 9 },
  standIn,
  roles: ['web'],
})
try {
  const { db } = running.daemon.context
  const url = running.daemon.url ?? ''
  await seedLetters(db, address, new Date())
  const table: string[] = []
  let waiting = 5
  for (const wanted of [500, 5000]) {
    await seedCrowd(db, wanted - waiting, waiting)
    waiting = wanted
    for (const [name, path] of paths) {
      const times = await answerTimes(`${url}${path}`)
      table.push(
        `| ${wanted.toLocaleString('en')} | ${name} | ${at(times, 0.5).toFixed(0)} ms | ${at(times, 0.9).toFixed(0)} ms |`,
      )
    }
    const views: Painted[] = []
    for (let count = 0; count < 5; count++) views.push(await painted(browser, `${url}/`))
    views.sort((one, other) => one.paint - other.paint)
    const [first, middle, last] = [views[0], views[2], views[4]]
    table.push(
      `| ${wanted.toLocaleString('en')} | first paint of the list, nothing cached | ${middle?.paint.toFixed(0)} ms | ${first?.paint.toFixed(0)} to ${last?.paint.toFixed(0)} ms |`,
      `| ${wanted.toLocaleString('en')} | loaded for it | ${((middle?.octets ?? 0) / 1000).toFixed(1)} KB | ${middle?.requests} requests |`,
    )
  }
  console.log(
    `${new Date().toISOString()}, Node ${process.versions.node}, ${browser.browserType().name()} ${browser.version()}`,
  )
  console.log(`load ${loadavg()[0]?.toFixed(0)}\n`)
  console.log(['| waiting | | median | 90 % |', '|---|---|---|---|', ...table].join('\n'))
} finally {
  await browser.close()
  await running.stop()
  await standIn.close()
}
