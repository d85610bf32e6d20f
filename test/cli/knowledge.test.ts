import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { docxOf } from '../knowledge/make-documents.ts'
import { run } from './run.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-knowledge-cli-'))
const config = join(directory, 'replyd.yaml')
const yaml = (knowledge: string) => `accounts:
  - address: support@example.com
    imap: { host: imap.example.com, password: x }
    smtp: { host: smtp.example.com }
model: { apiKey: sk-secret }
${knowledge}
`
writeFileSync(config, yaml('knowledge: ./knowledge'))
mkdirSync(join(directory, 'knowledge'))
const write = (name: string, content: Buffer | string) =>
  writeFileSync(join(directory, 'knowledge', name), content)
write('hours.md', '# Hours\n\nWe are open from 9 to 5.')
write('returns.docx', docxOf('# Returns\n\nGoods can be sent back within 30 days.'))
write('price.csv', 'size,price\nsmall,3')

afterAll(() => rmSync(directory, { recursive: true }))

test('test shows the best passages with their scores', async () => {
  const { status, out } = await run(['knowledge', 'test', 'When can I send goods back?', '-c', config])
  expect(out).toMatch(/^\d+\.\d\d returns\.docx > Returns\n {2}Goods can be sent back within 30 days\.\n/)
  expect(status).toBe(0)
  expect(await run(['knowledge', 'test', 'zebra', '-c', config])).toEqual({
    status: 1,
    out: '',
    err: 'Nothing matches. Searched: 3 passages of 3 files.\n',
  })
})

test('list names each file, and what is left out', async () => {
  expect(await run(['knowledge', 'list', '-c', config])).toMatchObject({
    status: 0,
    out: 'hours.md: 1 passage\nprice.csv: 1 passage\nreturns.docx: 1 passage\n',
  })
  write('broken.pdf', 'none')
  const { status, out } = await run(['knowledge', 'list', '-c', config, '--json'])
  expect([status, JSON.parse(out.split('\n')[0] ?? '')]).toEqual([
    1,
    { file: 'broken.pdf', passages: 0, fault: 'it is damaged, or not a PDF file' },
  ])
})

describe('web pages', () => {
  const site = join(directory, 'site.yaml')
  const server = createServer((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<main><h1>Returns</h1><p>Goods can be sent back within 30 days.</p></main>'),
  )
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/help`
    writeFileSync(site, yaml(`knowledge: { urls: [${url}], maxPages: 1 }\nstate: { directory: ./state }`))
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test('are read by refresh, and shown with address and date', async () => {
    expect(await run(['knowledge', 'refresh', '-c', site])).toEqual({ status: 0, out: '1 page\n', err: '' })
    const read = `${url.replace(/[.]/g, '\\.')}, read \\w{3} \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d`
    expect((await run(['knowledge', 'list', '-c', site])).out).toMatch(
      new RegExp(`^127\\.0\\.0\\.1_\\d+/help\\.md: 1 passage \\(${read}\\)\n$`),
    )
    expect((await run(['knowledge', 'test', 'send goods back', '-c', site])).out).toMatch(
      new RegExp(`^\\d\\.\\d\\d \\S+/help\\.md > Returns \\(${read}\\)\n`),
    )
  })

  test('are explained if a named address gives nothing', async () => {
    const other = join(directory, 'file.yaml')
    const file = url.replace('/help', '/prices.pdf')
    writeFileSync(other, yaml(`knowledge: { urls: [${file}] }\nstate: { directory: ./other }`))
    const { status, out } = await run(['knowledge', 'refresh', '-c', other])
    const reason = 'it is not an HTML page: put the file into the knowledge folder'
    expect([status, out]).toEqual([1, `0 pages\n  ${file}: ${reason}\n`])
  })

  test('are left to the process that reads them', async () => {
    const pages = readdirSync(join(directory, 'state', 'pages'))[0] ?? ''
    writeFileSync(join(directory, 'state', 'pages', pages, '.reading'), '')
    const { status, err } = await run(['knowledge', 'refresh', '-c', site])
    expect([status, err]).toEqual([1, 'Another process is reading the pages at this moment.\n'])
  })
})

test('an account without a folder is told so', async () => {
  const other = join(directory, 'other.yaml')
  writeFileSync(other, yaml(''))
  const { status, err } = await run(['knowledge', 'list', '-c', other])
  expect([status, err]).toEqual([2, expect.stringContaining('support@example.com has no knowledge folder')])
})
