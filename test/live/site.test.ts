/** A web site as knowledge, served on loopback: which pages are read, which are not, and when reading ends. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { silentLog } from '../../src/base/log.ts'
import { PageReader, pagesFolder } from '../../src/knowledge/account-knowledge.ts'
import { openKnowledge } from '../../src/knowledge/knowledge.ts'
import { robotsOf } from '../../src/knowledge/robots.ts'
import { readSite } from '../../src/knowledge/site.ts'

type Answer = string | { status: number; headers?: Record<string, string>; body?: string | Buffer } | 'silent'
let site: Record<string, Answer> = {}
let answerTo: (path: string) => Answer | undefined = (path) => site[path]
let asked: { path: string; headers: IncomingHttpHeaders }[] = []
const server = createServer((request, response) => {
  const path = request.url ?? ''
  asked.push({ path, headers: request.headers })
  const answer = answerTo(path) ?? { status: 404 }
  if (answer === 'silent') return void request.socket.destroy()
  const {
    status,
    headers = {},
    body = '',
  } = typeof answer === 'string' ? { status: 200, body: answer } : answer
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body)
})
/** Unpacks to 200 MB. */
const bomb = gzipSync(Buffer.alloc(200_000_000, ' '))
let origin: string
let folder: string
let now: Date

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-site-'))
  now = new Date('2026-11-28T10:00:00Z')
  answerTo = (path) => site[path]
  asked = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const page = (title: string, text: string, ...links: string[]) =>
  `<html><head><title>${title}</title></head><body><nav>${links.map((link) => `<a href="${link}">x</a>`).join('')}</nav><main><h1>${title}</h1><p>${text}</p></main><footer>Imprint</footer></body></html>`
const read = (maxPages = 50, path = '/help') => {
  const around = { clock: { now: () => now }, log: silentLog, signal: new AbortController().signal }
  return readSite({ urls: [`${origin}${path}`], maxPages }, folder, around)
}
const knowledge = (staleMs = 7 * 86_400_000) =>
  openKnowledge(null, silentLog, null, { folder, staleMs, clock: { now: () => now } })
function files(staleMs?: number): string[] {
  const opened = knowledge(staleMs)
  const found = opened
    .files()
    .filter(({ fault }) => fault === null)
    .map(({ file }) => file.replace(/^127\.0\.0\.1_\d+\//, ''))
  opened.close()
  return found
}

test('pages below the address are found by sitemap and links, and each passage names its address', async () => {
  site = {
    '/robots.txt': `Sitemap: ${'x'}\nUser-agent: *\nDisallow: /help/private\nDisallow: /*?print`,
    '/sitemap.xml': `<urlset><url><loc>${origin}/help/hidden?a=1&amp;b=2</loc></url><url><loc>https://elsewhere.example/help/x</loc></url></urlset>`,
    '/help': page(
      'Help',
      'Start here.',
      '/help/returns',
      '/help/private',
      '/helper',
      'https://elsewhere.example/help',
      '/help?print',
      '/help/photo.png',
      'mailto:a@b.example',
      'javascript:x()',
    ),
    '/help/returns': page(
      'Returns',
      'Goods can be sent back within 30 days.',
      '#top',
      '/help',
      '../help/returns#a',
    ),
    '/help/hidden?a=1&b=2': page('Hidden', 'Only the sitemap names it.'),
    '/help/private': page('Private', 'Not for robots.'),
    '/helper': page('Other', 'Outside.'),
    '/help?print': page('Print', 'The same again.'),
  }
  expect(await read()).toEqual({ pages: 3, failed: 0, cut: false, reached: true, faults: [] })
  expect(files()).toEqual(['help.md', 'help/hidden_a=1&b=2.md', 'help/returns.md'])
  expect(asked.map(({ path }) => path).filter((path) => /private|helper|print|photo/.test(path))).toEqual([])
  expect(asked.every(({ headers }) => headers['user-agent'] === 'replyd')).toBe(true)
  const opened = knowledge()
  const [found] = opened.find({ queries: ['send goods back'], tokens: 30, whole: 0 })
  expect(found).toMatchObject({
    file: expect.stringMatching(/\/help\/returns\.md$/),
    heading: 'Returns',
    text: 'Goods can be sent back within 30 days.',
    page: { url: `${origin}/help/returns`, readAt: now.toISOString() },
  })
  expect(opened.named('Returns')).toMatchObject([{ page: { url: `${origin}/help/returns` } }])
  opened.close()
})

test('what has not changed is not sent again, what is gone is forgotten, what fails stays until it is stale', async () => {
  site = {
    '/help': {
      status: 200,
      headers: { etag: '"1"' },
      body: page('Help', 'Start here.', '/help/a', '/help/b'),
    },
    '/help/a': {
      status: 200,
      headers: { 'last-modified': 'Sat, 28 Nov 2026 09:00:00 GMT' },
      body: page('A', 'First.'),
    },
    '/help/b': page('B', 'Second.'),
  }
  await read()
  site = { '/help': { status: 304 }, '/help/a': 'silent' }
  now = new Date('2026-12-01T10:00:00Z')
  asked = []
  expect(await read()).toMatchObject({ pages: 2, failed: 1, cut: false })
  const conditions = asked.map(({ path, headers }) => [
    path,
    headers['if-none-match'],
    headers['if-modified-since'],
  ])
  expect(conditions).toContainEqual(['/help', '"1"', undefined])
  expect(conditions).toContainEqual(['/help/a', undefined, 'Sat, 28 Nov 2026 09:00:00 GMT'])
  expect(files()).toEqual(['help.md', 'help/a.md'])
  // Eight days after it was last read.
  now = new Date('2026-12-06T11:00:00Z')
  expect(files()).toEqual(['help.md'])
  const opened = knowledge()
  expect(opened.files()).toMatchObject([
    { fault: null, page: { url: `${origin}/help`, readAt: '2026-12-01T10:00:00.000Z' } },
    { fault: 'the page has not been read for too long' },
  ])
  opened.close()
})

test('a page whose address only gets a slash at its end stays', async () => {
  site = { '/help': page('Help', 'Start here.', '/help/a'), '/help/a': page('A', 'First.') }
  await read()
  site = { '/help': page('Help', 'Start here.', '/help/a/'), '/help/a/': page('A', 'First.') }
  expect(await read()).toMatchObject({ pages: 2, failed: 0, cut: false })
  expect(files()).toEqual(['help.md', 'help/a.md'])
})

test.each<[string, Answer]>([
  ['fails', { status: 503 }],
  ['is not answered', 'silent'],
])('pages that are known stay when robots.txt %s', async (_, robots) => {
  site = { '/help': page('Help', 'Start here.', '/help/a'), '/help/a': page('A', 'First.') }
  await read()
  site = { '/robots.txt': robots }
  now = new Date('2026-12-01T10:00:00Z')
  expect((await read()).failed).toBe(1)
  expect(files()).toEqual(['help.md', 'help/a.md'])
  now = new Date('2026-12-06T11:00:00Z')
  expect(files()).toEqual([])
})

test('a redirect is followed only to an address that could also be read directly', async () => {
  site = {
    '/robots.txt': 'User-agent: *\nDisallow: /help/private',
    '/help': page('Help', 'Start.', '/help/go', '/help/in', '/help/closed'),
    '/help/go': { status: 302, headers: { location: '/forum/42' } },
    '/help/in': { status: 302, headers: { location: '/help/moved' } },
    '/help/closed': { status: 302, headers: { location: '/help/private' } },
    '/help/moved': page('Moved', 'Returns are free.'),
    '/help/private': page('Private', 'Not for robots.'),
    '/forum/42': page('Forum', 'Everybody gets 90 percent off, says a visitor.'),
  }
  expect(await read()).toMatchObject({ pages: 2, failed: 2, cut: false })
  expect(asked.map(({ path }) => path)).not.toContain('/forum/42')
  expect(asked.map(({ path }) => path)).not.toContain('/help/private')
})

test('reading an endless site with loops, duplicate pages and redirects comes to an end', async () => {
  answerTo = (path) => {
    const number = Number(/^\/help\/(\d+)$/.exec(path)?.[1] ?? Number.NaN)
    if (path === '/help')
      return page('Help', 'Start.', '/help/1', '/help/same?1', '/help/same?2', '/help/out', '/help/round')
    if (path.startsWith('/help/same')) return page('Same', 'Always the same.')
    if (path === '/help/out') return { status: 302, headers: { location: 'http://127.0.0.1:1/' } }
    if (path === '/help/round') return { status: 302, headers: { location: '/help/round' } }
    return Number.isNaN(number)
      ? undefined
      : page(`Page ${number}`, `Number ${number}.`, `/help/${number + 1}`, `/help/${number - 1}`, '/help')
  }
  expect(await read(40)).toMatchObject({ pages: 40, failed: 2, cut: true })
  expect(asked.length).toBeLessThan(60)
  expect(files().filter((file) => file.startsWith('help/same'))).toHaveLength(1)
})

test.each<[string, Answer, number]>([
  ['is missing', { status: 404 }, 1],
  ['fails', { status: 500 }, 0],
  ['never comes', 'silent', 0],
  ['forbids all', 'User-agent: *\nDisallow: /', 0],
  ['forbids it to others', 'User-agent: other\nDisallow: /', 1],
])('where robots.txt %s', async (_, robots, pages) => {
  site = { '/robots.txt': robots, '/help': page('Help', 'Start.') }
  expect((await read()).pages).toBe(pages)
  // Asked again if the connection was an open one.
  if (pages === 0) expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/robots.txt']))
})

test('pages that are too long, are not HTML, or are nested without end are left out', async () => {
  site = {
    '/help': page('Help', 'Start.', '/help/long', '/help/bomb', '/help/text', '/help/deep'),
    '/help/bomb': {
      status: 200,
      headers: { 'content-encoding': 'gzip' },
      body: bomb,
    },
    '/help/long': page('Long', 'x'.repeat(2_100_000)),
    '/help/text': { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: 'octets' },
    '/help/deep': `${'<div>'.repeat(100_000)}deep`,
  }
  expect(await read()).toMatchObject({ pages: 1, failed: 3, cut: false })
})

test.each<[string, Answer, Answer | undefined, string]>([
  [
    'leads to another host',
    { status: 301, headers: { location: 'https://www.shop.example/help?from=1' } },
    undefined,
    'it redirects to https://www.shop.example/help: name that address instead',
  ],
  ['is missing', { status: 404 }, undefined, 'HTTP 404: no such page'],
  ['is refused', { status: 403 }, undefined, 'HTTP 403'],
  ['is forbidden to robots', page('Help', 'Start.'), 'User-agent: *\nDisallow: /', 'robots.txt forbids it'],
  ['cannot be checked', page('Help', 'Start.'), { status: 500 }, 'robots.txt could not be read'],
  [
    'is made by JavaScript',
    '<html><head><title>Shop</title></head><body><div id="root"></div></body></html>',
    undefined,
    'it has no text without JavaScript: put its text into the knowledge folder',
  ],
  [
    'is no page',
    { status: 200, headers: { 'content-type': 'application/pdf' }, body: '%PDF' },
    undefined,
    'it is not an HTML page: put the file into the knowledge folder',
  ],
])('the report says why a named address that %s gives nothing', async (_, answer, robots, reason) => {
  site = { '/help': answer, ...(robots ? { '/robots.txt': robots } : {}) }
  expect(await read()).toMatchObject({ pages: 0, faults: [{ url: `${origin}/help`, reason }] })
})

test.each<[string, Record<string, Answer>, boolean]>([
  ['is silent', { '/robots.txt': 'silent' }, false],
  ['fails', { '/robots.txt': { status: 503 } }, false],
  ['leads elsewhere', { '/help': { status: 301, headers: { location: 'https://x.example/' } } }, true],
  ['has no such page', {}, true],
])('a site that %s', async (_, answers, reached) => {
  site = answers
  // `/robots.txt` is missing elsewhere, which is an answer, too.
  expect((await read()).reached).toBe(reached)
})

test('a named file is told, and of the other addresses the first ten', async () => {
  expect((await read(50, '/prices.pdf')).faults).toMatchObject([{ url: `${origin}/prices.pdf` }])
  const broken = Array.from({ length: 15 }, (_, at) => `/help/${at}`)
  answerTo = (path) =>
    path === '/robots.txt'
      ? { status: 404 }
      : path === '/help'
        ? page('Help', 'Start.', ...broken)
        : { status: 500 }
  const { failed, faults } = await read()
  expect([failed, faults.length]).toEqual([15, 10])
})

test('a page that has not changed is still known as the text of others', async () => {
  const help = page('Help', 'Start.', '/help/same?1', '/help/same?2')
  const headers = { etag: '"1"' }
  answerTo = (path) => (path === '/help' ? help : { status: 200, headers, body: page('Same', 'Always.') })
  await read()
  answerTo = (path) =>
    path === '/help'
      ? help
      : path === '/help/same?1'
        ? { status: 304 }
        : { status: 200, body: page('Same', 'Always.') }
  expect((await read()).pages).toBe(2)
})

test('links are relative to the base that a page states, and a sitemap may quote its addresses', async () => {
  site = {
    '/sitemap.xml': `<urlset><url><loc><![CDATA[${origin}/help/quoted?a=1&b=2]]></loc></url></urlset>`,
    '/help/quoted?a=1&b=2': page('Quoted', 'First.'),
    '/help': page('Help', 'Start.', '/help/deep/page'),
    '/help/deep/page': page('Deep', 'Second.', 'help/other', '#top').replace(
      '<head>',
      '<head><base href="/">',
    ),
    '/help/other': page('Other', 'Third.'),
  }
  expect(await read()).toMatchObject({ pages: 4, failed: 0 })
  expect(asked.map(({ path }) => path)).not.toContain('/help/deep/help/other')
})

test('long addresses that begin alike are separate pages', async () => {
  const name = '/help/'.padEnd(150, 'x')
  site = {
    '/help': page('Help', 'Start.', `${name}1`, `${name}2`),
    [`${name}1`]: page('One', 'First.'),
    [`${name}2`]: page('Two', 'Second.'),
  }
  expect((await read()).pages).toBe(3)
  expect(files()).toHaveLength(3)
})

test('a page that an earlier version read is read again, although it has not changed', async () => {
  site = { '/help': { status: 200, headers: { etag: '"1"' }, body: page('Help', 'Start.') } }
  await read()
  const index = join(folder, '.pages.json')
  writeFileSync(index, readFileSync(index, 'utf8').replace(/"version":\d+/, '"version":1'))
  asked = []
  await read()
  expect(asked.find(({ path }) => path === '/help')?.headers['if-none-match']).toBeUndefined()
})

test('a page is read in the charset that its server names', async () => {
  const headers = { 'content-type': 'text/html; charset=big5' }
  site = { '/help': { status: 200, headers, body: iconv.encode(page('送貨', '送貨需要三天'), 'big5') } }
  await read()
  const opened = knowledge()
  expect(opened.find({ queries: [], tokens: 0, whole: 1000 })).toMatchObject([{ text: '送貨需要三天' }])
  opened.close()
})

describe('processes that share a state directory', () => {
  const owner = {
    address: 'shop@shop.example',
    aliases: [],
    displayName: null,
    authservIds: [],
    ownLists: [],
  }
  const settings = () => ({
    ...{ owner, knowledge: null },
    site: { urls: [`${origin}/help`], maxPages: 5, everyMs: 3_600_000, staleMs: 86_400_000 },
  })
  const pages = () => pagesFolder(folder, { owner })
  /** Resolves when the pages were read. */
  function reader(): { opened: PageReader; done: Promise<unknown> } {
    const { promise, resolve } = withResolvers()
    const log = { ...silentLog, info: resolve }
    return {
      opened: new PageReader(settings(), { directory: folder, log, clock: { now: () => now } }),
      done: promise,
    }
  }
  function withResolvers() {
    let resolve: (value?: unknown) => void = () => undefined
    const promise = new Promise((settle) => {
      resolve = settle
    })
    return { promise, resolve }
  }
  const visits = () => asked.filter(({ path }) => path === '/help').length

  test('one of them reads the pages', async () => {
    site = { '/help': page('Help', 'Start.') }
    const readers = [reader(), reader(), reader()]
    await readers[0]?.done
    for (const { opened } of readers) opened[Symbol.dispose]()
    expect(visits()).toBe(1)
  })

  test.each([
    ['again after ten minutes', 600_000, true],
    ['not sooner', 599_000, false],
  ])('a site that could not be read at all is visited %s', async (_, laterMs, expected) => {
    site = { '/robots.txt': 'silent' }
    const turn = join(pages(), '.reading')
    const first = reader()
    await first.done
    while (existsSync(turn)) await new Promise(setImmediate)
    first.opened[Symbol.dispose]()
    site = { '/help': page('Help', 'Start.') }
    now = new Date(now.getTime() + laterMs)
    const second = reader()
    expect(existsSync(turn)).toBe(expected)
    if (expected) await second.done
    second.opened[Symbol.dispose]()
    expect(visits()).toBe(expected ? 1 : 0)
  })

  test('a visit that a restart interrupts is made again at once', async () => {
    site = { '/help': page('Help', 'Start.', '/help/a'), '/help/a': page('A', 'First.') }
    const first = reader()
    answerTo = (path) => {
      if (path === '/help/a') first.opened[Symbol.dispose]()
      return site[path]
    }
    await first.done
    const turn = join(pages(), '.reading')
    while (existsSync(turn)) await new Promise(setImmediate)
    answerTo = (path) => site[path]
    const second = reader()
    expect(existsSync(turn)).toBe(true)
    await second.done
    second.opened[Symbol.dispose]()
    expect(visits()).toBe(2)
  })

  test.each([
    ['that has said nothing for long does not count', 121_000, 1],
    ['that has just said something is left to it', 100_000, 0],
  ])('a process %s', async (_, ageMs, expected) => {
    site = { '/help': page('Help', 'Start.') }
    mkdirSync(pages(), { recursive: true })
    writeFileSync(join(pages(), '.reading'), '')
    const last = new Date(now.getTime() - ageMs)
    utimesSync(join(pages(), '.reading'), last, last)
    const { opened, done } = reader()
    if (expected > 0) await done
    // The first check is complete when the constructor returns.
    opened[Symbol.dispose]()
    const turn = join(pages(), '.reading')
    while (expected > 0 && existsSync(turn)) await new Promise(setImmediate)
    expect([visits(), existsSync(turn)]).toEqual([expected, expected === 0])
  })
})

describe('robots.txt', () => {
  test.each<[string, string, boolean]>([
    ['', '/a', true],
    ['User-agent: *\nDisallow:', '/a', true],
    ['User-agent: *\nDisallow: /', '/a', false],
    ['User-agent: *\nDisallow: /a\nAllow: /a/b', '/a/b/c', true],
    ['User-agent: *\nDisallow: /a\nAllow: /a', '/a', true],
    ['user-agent : *\ndisallow : /*.php$ # scripts', '/a.php', false],
    ['User-agent: *\nDisallow: /*.php$', '/a.php?x', true],
    ['User-agent: *\nDisallow: /\n\nUser-agent: replyd\nAllow: /', '/a', true],
    ['User-agent: other\nUser-agent: replyd\nDisallow: /', '/a', false],
    ['User-agent: replyd\nDisallow:\n\nUser-agent: *\nDisallow: /', '/a', true],
    ['User-agent: other\nDisallow: /', '/a', true],
    ['Disallow: /', '/a', true],
    ['User-agent: *\nDisallow: /a$', '/a', false],
    ['User-agent: *\nDisallow: /a$', '/ab', true],
    ['User-agent: *\nDisallow: /a*b*c', '/axbxxc?d', false],
    ['User-agent: *\nDisallow: /a*b*c', '/axcxb', true],
    ['User-agent: *\nDisallow: /*a$', '/xaxa', false],
  ])('%j: %s is %s', (text, path, allowed) => {
    expect(robotsOf(200, text).allows(path)).toBe(allowed)
  })

  test('a pattern of many wildcards takes no time', () => {
    const { allows } = robotsOf(200, `User-agent: *\nDisallow: /${'*a'.repeat(200)}b$`)
    expect(allows(`/${'a'.repeat(400)}`)).toBe(true)
  })
})
