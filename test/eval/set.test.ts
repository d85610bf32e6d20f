/** The open set of test/fixtures/judgement, replayed with recorded answers, and sets in other forms. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PagesOfSet, readSet } from '../../src/eval/set/read.ts'
import { openRecorded, requestHash } from '../../src/eval/set/recorded.ts'
import { reportSet, type SetReport } from '../../src/eval/set/report.ts'
import { runSet } from '../../src/eval/set/results.ts'
import { loadPrompts } from '../../src/model/prompts.ts'

const open = new URL('../fixtures/judgement', import.meta.url).pathname
const price = { input: 0.15, cachedInput: 0.075, output: 0.6 }

async function evaluate(
  directory: string,
  answers: string,
  record: string | null = null,
): Promise<SetReport> {
  const set = readSet(directory, {})
  const folder = openRecorded([answers], record)
  const run = { set, prompts: loadPrompts(set.account.prompts), ask: folder.ask }
  const results = await runSet(run)
  const missing = Object.fromEntries([...folder.missing].map(([task, hashes]) => [task, hashes.size]))
  return reportSet(run, results, { modes: ['draft', 'send'], price, missing })
}

describe('the open set', () => {
  let report: SetReport
  beforeAll(async () => {
    report = await evaluate(open, join(open, 'answers'))
  })

  test.each(['triage', 'compose', 'check'])(
    'every %s request has its recorded answer (else the prompt changed: record again, see the folder’s README)',
    (task) => {
      expect(report.missing[task] ?? 0).toBe(0)
    },
  )

  test('what was composed holds the needed facts', () => {
    expect(report.composed.facts?.value).toBeGreaterThanOrEqual(0.9)
  })

  test('in mode send the good replies are sent and the bad ones are not', () => {
    expect([report.gate.send?.goodSent?.of, report.gate.send?.badSent?.of]).toEqual([56, 129])
    expect(report.gate.send?.goodSent?.value).toBeGreaterThanOrEqual(0.85)
    expect(report.gate.send?.badSent?.value).toBeLessThanOrEqual(0.03)
  })

  test('outcomes are as expected in both modes, and slips too', () => {
    expect(report.outcomes.draft?.value).toBeGreaterThanOrEqual(0.9)
    expect(report.outcomes.send?.value).toBeGreaterThanOrEqual(0.9)
    expect(report.slips?.value).toBeGreaterThanOrEqual(0.95)
  })

  test('the passages that an answer needs are given', () => {
    expect(report.retrieval.all?.value).toBeGreaterThanOrEqual(0.95)
    expect(report.retrieval.other?.value).toBeGreaterThanOrEqual(0.9)
  })

  test.each([
    ['spam', 0.95],
    ['needs_reply', 0.95],
    ['manipulation', 0.95],
    ['category', 0.9],
    ['language', 1],
  ])('triage: %s is right in %d', (field, least) => {
    expect(report.triage[field]?.value).toBeGreaterThanOrEqual(least)
  })

  test('no good reply is withheld in mode draft', () => {
    expect(report.gate.draft?.goodWithheld?.value).toBeLessThanOrEqual(0.02)
  })

  test('triage costs at most 900 tokens', () => {
    expect(report.cost.median.triage?.input).toBeLessThanOrEqual(900)
  })
})

describe('a minimal set', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'replyd-set-'))
    mkdirSync(join(folder, 'mails'))
    const config = [
      'accounts:',
      '  - address: shop@wheels.example',
      '    imap: { host: imap.wheels.example, password: "${NOBODY_SET_THIS}" }',
      '    smtp: { host: smtp.wheels.example }',
      'model: { apiKey: "${OPENAI_API_KEY}" }',
    ]
    writeFileSync(join(folder, 'replyd.yaml'), config.join('\n'))
    const mail =
      'From: Zoë <zoe@client.example>\r\nTo: shop@wheels.example\r\nSubject: =?iso-8859-2?Q?=BElu=BB?=\r\nContent-Type: text/plain; charset=iso-8859-2\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    writeFileSync(
      join(folder, 'mails/a.eml'),
      Buffer.concat([Buffer.from(mail), Buffer.from([0xbe, 0x6c, 0x75, 0x3f])]),
    )
    writeFileSync(
      join(folder, 'expectations.jsonl'),
      `\ufeff${JSON.stringify({ file: 'mails/a.eml', received: '2026-12-07T08:14:00+01:00' })}\n\n`,
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is read, and what is not labelled is not measured', async () => {
    const report = await evaluate(folder, folder)
    expect(report.mails).toBe(1)
    expect(report.retrieval.all).toBeNull()
    expect(report.triage.spam).toBeNull()
    expect(report.slips).toBeNull()
    expect(report.missing).toEqual({ triage: 1 })
  })

  test('the web pages of its configuration are read for the run; without them there is no run', async () => {
    const server = createServer((request, response) => {
      const isPage = request.url === '/help'
      response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html' })
      response.end(isPage ? '<main><h1>Returns</h1><p>Within 30 days.</p></main>' : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/help`
    const set = readSet(folder, {})
    const site = { urls: [url], maxPages: 5, everyMs: 1000, staleMs: 86_400_000 }
    const named = { ...set, account: { ...set.account, site } }
    {
      using pages = new PagesOfSet()
      const { knowledge } = await pages.added(named)
      await knowledge?.settled()
      expect(knowledge?.files()).toMatchObject([{ passages: 1, fault: null, page: { url } }])
      knowledge?.close()
    }
    await new Promise((resolve) => server.close(resolve))
    using pages = new PagesOfSet()
    await expect(pages.added(named)).rejects.toThrow('knowledge.urls: 0 pages were read')
  })

  test('a request is written once, names neither file nor label, and its answer is taken from beside it', async () => {
    const record = join(folder, 'record')
    await evaluate(folder, folder, record)
    const [name = ''] = readdirSync(record)
    const request = JSON.parse(readFileSync(join(record, name), 'utf8'))
    expect(Object.keys(request)).toEqual(['task', 'response_format', 'max_tokens', 'messages'])
    expect(name).toBe(`${requestHash(request.task, request.messages)}.json`)
    expect(JSON.stringify(request)).not.toMatch(/a\.eml|expect/)
    expect(request.messages[1].content).toContain('žlu?')
    writeFileSync(
      join(record, name.replace('.json', '.answer.txt')),
      '```json\n{"spam":{"is":false,"kind":"none","confidence":1},"sentiment":{"label":"neutral","intensity":0},"language":"cs","category":"other","urgency":0,"needs_reply":false,"manipulation":false,"summary":"x","confidence":1}\n```',
    )
    const report = await evaluate(folder, folder, record)
    expect(report.missing).toEqual({})
  })

  test.each([
    ['no set', { 'expectations.jsonl': null }, /is not a set/],
    ['a line that is none', { 'expectations.jsonl': '{"file": 1}' }, /expectations\.jsonl line 1/],
    [
      'a time that is none',
      { 'expectations.jsonl': '{"file":"mails/a.eml","received":"soon"}' },
      /received is not a time/,
    ],
    ['no line', { 'expectations.jsonl': '\n' }, /has no line/],
  ])('%s is named', (_name, files, message) => {
    const broken = mkdtempSync(join(tmpdir(), 'replyd-set-'))
    writeFileSync(join(broken, 'replyd.yaml'), readFileSync(join(folder, 'replyd.yaml')))
    mkdirSync(join(broken, 'mails'))
    writeFileSync(join(broken, 'mails/a.eml'), readFileSync(join(folder, 'mails/a.eml')))
    for (const [file, text] of Object.entries(files))
      if (text !== null) writeFileSync(join(broken, file), text)
    expect(() => readSet(broken, {})).toThrow(message)
    rmSync(broken, { recursive: true })
  })
})
