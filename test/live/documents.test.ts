/**
 * The knowledge of the open set as a PDF printed by a real browser, as DOCX, as HTML pages, and as a web site that is
 * read over HTTP: the questions of the same mails must find the same passages as in Markdown.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { passagesFor } from '../../src/compose/sources.ts'
import { readSet } from '../../src/eval/set/read.ts'
import { openRecorded } from '../../src/eval/set/recorded.ts'
import { type MailRun, runMail } from '../../src/eval/set/run.ts'
import { type Knowledge, openKnowledge } from '../../src/knowledge/knowledge.ts'
import { readSite } from '../../src/knowledge/site.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { loadPrompts } from '../../src/model/prompts.ts'
import { openBrowser } from '../flow/browser.ts'
import { docxOf, htmlOf } from '../knowledge/make-documents.ts'

const open = new URL('../fixtures/judgement', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'replyd-kinds-'))
const set = readSet(open, {})
const prompts = loadPrompts(set.account.prompts)
let mails: MailRun[]

beforeAll(async () => {
  const { ask } = openRecorded([join(open, 'answers')], null)
  mails = await Promise.all(set.mails.map((mail) => runMail({ set, prompts, ask }, mail)))
})

afterAll(() => rmSync(directory, { recursive: true }))

const boilerplate = [
  '<nav><a href="/">Start</a> <a href="/preise">Preise</a></nav><header>Tierarztpraxis</header><main>',
  '</main><footer>Impressum, Öffnungszeiten, Preise</footer>',
] as const

async function pdfs(texts: ReadonlyMap<string, string>): Promise<Map<string, Buffer>> {
  const browser = await openBrowser()
  try {
    const page = await browser.newPage()
    const made = new Map<string, Buffer>()
    for (const [name, text] of texts) {
      await page.setContent(htmlOf(text))
      made.set(name, await page.pdf({ format: 'A4' }))
    }
    return made
  } finally {
    await browser.close()
  }
}

const makers: Record<string, (texts: ReadonlyMap<string, string>) => Promise<Map<string, Buffer>>> = {
  pdf: pdfs,
  docx: async (texts) => new Map([...texts].map(([name, text]) => [name, docxOf(text)])),
  html: async (texts) =>
    new Map([...texts].map(([name, text]) => [name, Buffer.from(htmlOf(text, boilerplate))])),
}

async function inFolder(kind: string, texts: ReadonlyMap<string, string>): Promise<Knowledge> {
  const folder = join(directory, kind)
  mkdirSync(folder)
  const made = await makers[kind]?.(texts)
  for (const [name, octets] of made ?? []) writeFileSync(join(folder, `${name}.${kind}`), octets)
  return openKnowledge(folder, silentLog)
}

/** Served on loopback, with links from a contents page, and read like `knowledge.urls`. */
async function asSite(texts: ReadonlyMap<string, string>): Promise<Knowledge> {
  const links = [...texts.keys()].map(
    (name) => `<li><a href="/help/${encodeURIComponent(name)}">${name}</a></li>`,
  )
  const server = createServer((request, response) => {
    const [, name = ''] = /^\/help\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? []
    const text = texts.get(name)
    const isContents = request.url === '/help'
    response.writeHead(isContents || text !== undefined ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
    })
    response.end(isContents ? `<nav><ul>${links.join('')}</ul></nav>` : htmlOf(text ?? '', boilerplate))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = join(directory, 'site')
  const clock = { now: () => new Date('2026-11-28T10:00:00Z') }
  const urls = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/help`]
  const { signal } = new AbortController()
  const report = await readSite({ urls, maxPages: 200 }, folder, { clock, log: silentLog, signal })
  await new Promise((resolve) => server.close(resolve))
  expect(report).toEqual({ pages: texts.size, failed: 0, cut: false, reached: true, faults: [] })
  return openKnowledge(null, silentLog, null, { folder, staleMs: 86_400_000, clock })
}

const plain = (label: string) => label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

test.each([...Object.keys(makers), 'site'])(
  '%s: needed passages are found within 3 points of Markdown',
  async (kind) => {
    const source = join(open, 'knowledge')
    const texts = new Map(
      readdirSync(source).map((name) => [
        name.replace(/\.md$/, ''),
        readFileSync(join(source, name), 'utf8'),
      ]),
    )
    const knowledge = kind === 'site' ? await asSite(texts) : await inFolder(kind, texts)
    await knowledge.settled()
    expect(knowledge.files().filter(({ fault }) => fault !== null)).toEqual([])
    const missed = { markdown: 0, converted: [] as string[] }
    let needed = 0
    for (const { mail, situation, verdict } of mails) {
      if (situation === null || verdict === null) continue
      const { message } = mail
      const asked = {
        subject: situation.mail.row.subject ?? '',
        visible: visibleText(message).text,
        verdict,
        thread: situation.sources.thread,
      }
      const labels = (passages: readonly { file: string; heading: string }[]) =>
        new Set(passages.map(({ file, heading }) => plain(`${file.replace(/^.*\/|\.\w+$/g, '')} ${heading}`)))
      const before = labels(situation.sources.passages)
      const after = labels(passagesFor(prompts.compose, knowledge, asked))
      for (const label of mail.expectation.passages) {
        const wanted = plain(label.replace('.md >', ''))
        needed++
        if (!before.has(wanted)) missed.markdown++
        if (!after.has(wanted)) missed.converted.push(`${mail.expectation.file}: ${label}`)
      }
    }
    knowledge.close()
    expect(needed).toBeGreaterThan(60)
    const points = ((missed.converted.length - missed.markdown) / needed) * 100
    expect({ missed: missed.converted, within: points <= 3 }).toEqual({
      missed: expect.anything(),
      within: true,
    })
  },
)
