/**
 * Hostile documents and sites: `npm run documents-bench`. Converts each in a worker as the daemon does, reads each site once, and prints
 * what became of it, CPU time, and the most by which the process grew. Exit status 1 when one grows by more than 450 MB.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { silentLog } from '../src/base/log.ts'
import { Converter } from '../src/knowledge/conversion.ts'
import { readSite } from '../src/knowledge/site.ts'
import { pdfOf, zipOf } from '../test/knowledge/make-documents.ts'

const mostMegabytes = 450

function pdfBomb(octets: number): Buffer {
  const stream = deflateSync(Buffer.alloc(octets, '0 '))
  const content = `<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n${stream.toString('latin1')}\nendstream`
  const pdf = pdfOf([[[11, 'x']]]).toString('latin1')
  return Buffer.from(
    pdf.replace(/<< \/Length \d+ >>\nstream\n[\s\S]*?\nendstream/, () => content),
    'latin1',
  )
}

const entities = `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 25 }, (_, at) => `<!ENTITY ${String.fromCharCode(98 + at)} "${`&${String.fromCharCode(97 + at)};`.repeat(10)}">`).join('')}]>`
const letters = (at: number) => at.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'.charAt(Number(digit)))
const pages = (count: number) =>
  pdfOf(
    Array.from({ length: count }, (_, at) => [
      [11, `What is said of ${letters(at)} and ${letters(7 * at)}.`],
    ]),
  )

const documents: readonly (readonly [what: string, file: string, make: () => Buffer])[] = [
  ['zip bomb of 1 GB', 'a.docx', () => zipOf({ 'word/document.xml': Buffer.alloc(1_000_000_000, ' ') })],
  [
    'the same, with a false size',
    'a.docx',
    () => zipOf({ 'word/document.xml': Buffer.alloc(1_000_000_000, ' ') }, 1000),
  ],
  ['PDF whose stream unpacks to 1.5 GB', 'a.pdf', () => pdfBomb(1_500_000_000)],
  ['PDF of 10,000 pages', 'a.pdf', () => pages(10_000)],
  ['PDF of 2,900 pages', 'a.pdf', () => pages(2900)],
  [
    'XML entities',
    'a.docx',
    () =>
      zipOf({
        'word/document.xml': `${entities}<w:document><w:body><w:p><w:r><w:t>&z;</w:t></w:r></w:p></w:body></w:document>`,
      }),
  ],
  ['200,000 nested elements', 'a.html', () => Buffer.from('<div>'.repeat(200_000))],
  [
    'DOCX of 1,000,000 paragraphs',
    'a.docx',
    () => zipOf({ 'word/document.xml': '<w:p><w:t>a</w:t></w:p>'.repeat(1_000_000) }),
  ],
  [
    'list of 500,000 items in a DOCX',
    'a.docx',
    () => zipOf({ 'word/document.xml': '<w:p><w:numPr/><w:t>a</w:t></w:p>'.repeat(500_000) }),
  ],
  [
    '300,000 nested tables in a DOCX',
    'a.docx',
    () => zipOf({ 'word/document.xml': '<w:tbl><w:tr><w:tc>'.repeat(300_000) }),
  ],
  ['CSV of 20 MB', 'a.csv', () => Buffer.from('name,price\n'.repeat(1_800_000))],
]

interface Cost {
  became: string
  cpuSeconds: number
  seconds: number
  megabytes: number
}

async function measured(run: () => Promise<string>): Promise<Cost> {
  const [cpu, begun, before] = [process.cpuUsage(), performance.now(), process.memoryUsage.rss()]
  let peak = before
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 10)
  const became = await run()
  clearInterval(look)
  const { user, system } = process.cpuUsage(cpu)
  return {
    became,
    cpuSeconds: (user + system) / 1e6,
    seconds: (performance.now() - begun) / 1000,
    megabytes: (peak - before) / 1e6,
  }
}

async function converted(file: string, octets: Buffer): Promise<string> {
  const converter = new Converter(null)
  const result = await converter.convert(file, octets)
  converter.close()
  return 'fault' in result ? `left out: ${result.fault}` : `read: ${result.markdown.length} characters`
}

const page = (title: string, ...links: string[]) =>
  `<title>${title}</title><main><h1>${title}</h1><p>Text of ${title}.</p>${links.map((link) => `<a href="${link}">x</a>`).join('')}</main>`

const sites: readonly (readonly [what: string, robots: string, answer: (path: string) => string])[] = [
  ['site without an end', '', (path) => page(path, `${path}/a`, `${path}/b`, '/help')],
  ['pages that link in a circle', '', (path) => page(path, '/help/a', '/help/b', '/help/a?again', '/help')],
  [
    'one page under names without end',
    '',
    (path) => page('Same', `/help?${path.length}`, `/help?${path.length + 1}`),
  ],
  ['robots.txt that forbids all', 'User-agent: *\nDisallow: /', (path) => page(path, '/help/a')],
]

async function visited(robots: string, answer: (path: string) => string): Promise<string> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    const path = request.url ?? ''
    response.writeHead(200, { 'content-type': path === '/robots.txt' ? 'text/plain' : 'text/html' })
    response.end(path === '/robots.txt' ? robots : answer(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'replyd-visit-'))
  const urls = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/help`]
  const { signal } = new AbortController()
  const clock = { now: () => new Date() }
  const report = await readSite({ urls, maxPages: 200 }, folder, { clock, log: silentLog, signal })
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
  return `${report.pages} pages, ${requests} requests${report.cut ? ', cut' : ''}`
}

let tooLarge = false
const print = (what: string, { became, cpuSeconds, seconds, megabytes }: Cost) => {
  tooLarge ||= megabytes > mostMegabytes
  console.log(
    `${what}: ${became}; ${cpuSeconds.toFixed(1)} s CPU, ${seconds.toFixed(1)} s, ${Math.round(megabytes)} MB`,
  )
}
for (const [what, file, make] of documents) {
  const octets = make()
  print(what, await measured(() => converted(file, octets)))
}
for (const [what, robots, answer] of sites) print(what, await measured(() => visited(robots, answer)))
process.exitCode = tooLarge ? 1 : 0
