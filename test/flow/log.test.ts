/** Corpus mails go all the way with the most detailed log, and no sender, subject or line of text gets into it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { sampleWorld, writeKnowledge } from '../../src/demo/world.ts'
import { decodeWords, parseAddressList, plainLine } from '../../src/mail/address.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { watchLedger } from '../live/changes.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { startChild } from './child.ts'
import { newDatabase } from './database.ts'

const address = 'support@nordlicht.example'
const corpus = fileURLToPath(new URL('../fixtures/corpus', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'replyd-log-'))

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
  rmSync(directory, { recursive: true, force: true })
})

/** Answered automatically, so that it gets as far as SMTP. */
const question = [
  'Authentication-Results: mail.nordlicht.example; dmarc=pass header.from=buyers.example',
  'From: Kim Customer <kim@buyers.example>',
  `To: ${address}`,
  'Subject: Your opening hours in the week of the fair',
  'Message-ID: <hours@buyers.example>',
  'Date: Tue, 24 Nov 2026 10:00:00 +0000',
  '',
  'Hello,',
  '',
  'what are your opening hours on Saturday?',
  '',
].join('\r\n')

function mails(): Buffer[] {
  const some = ['human', 'spam', 'hostile'].flatMap((folder) =>
    readdirSync(join(corpus, folder))
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .slice(0, 12)
      .map((name) => readFileSync(join(corpus, folder, name))),
  )
  return [...sampleWorld(new Date()).samples.map(({ octets }) => octets), ...some, Buffer.from(question)]
}

/** Parts of a mail that must not be in the log; shorter ones may occur by chance. */
function privateParts(octets: Buffer): string[] {
  const message = parseOctets(octets)
  const fields = ['from', 'reply-to', 'sender'].flatMap((name) =>
    parseAddressList(firstField(message, name) ?? '').flatMap(({ address: found, name: who }) => [
      found,
      who ?? '',
    ]),
  )
  const subject = plainLine(decodeWords(firstField(message, 'subject') ?? ''))
  const lines = visibleText(message).text.split('\n')
  return [
    ...fields.filter((text) => text.length >= 9 && text !== address),
    ...[subject].filter((text) => text.length >= 12),
    ...lines.map((line) => line.trim()).filter((line) => line.length >= 25),
  ]
}

test('no sender, subject or text of the corpus is in the log, even at level trace and when servers repeat them', async () => {
  // A server whose refusal names author and recipient.
  await using smtp = await ScriptedServer.start((moment) =>
    moment === 'RCPT'
      ? '550 5.1.1 <kim@buyers.example> Kim Customer: no such user, as support@nordlicht.example knows'
      : undefined,
  )
  const databaseUrl = await newDatabase()
  const path = join(directory, 'replyd.yaml')
  const document = {
    accounts: [
      {
        address,
        imap: { host: dovecot.host, port: dovecot.imapPort, secure: false, password: dovecot.password },
        smtp: { host: '127.0.0.1', port: smtp.port, secure: false },
        since: 'all',
        authservIds: ['mail.nordlicht.example'],
      },
    ],
    replies: { mode: 'send', undo: '0s', minConfidence: 0.3 },
    model: { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'sk-secret-of-the-test', concurrency: 10 },
    budget: { perDay: 100 },
    knowledge: './knowledge',
    state: { directory: './data', databaseUrl },
    web: { port: 0 },
    log: { level: 'trace' },
  }
  writeFileSync(path, stringify(document))
  await writeKnowledge(join(directory, 'knowledge'))
  const all = mails()
  await using child = await startChild({ args: ['start', '--config', path] })
  await deliverAll(
    dovecot,
    all.map((octets) => ({ user: address, octets, reversePath: 'somebody@buyers.example' })),
  )
  const database = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  await using changes = await watchLedger(databaseUrl)
  const atRest = async () => {
    const { rows } = await database.query<{ n: number }>(
      `select count(*)::int as n from replyd.message where step in ('review', 'done')`,
    )
    return rows[0]?.n ?? 0
  }
  await changes.until(async () => ((await atRest()) >= all.length ? true : null))
  const replies = await database.query<{ text: string }>('select text from replyd.reply')
  const ledger = await database.query<{ outcome: string }>(
    `select concat_ws(' ', id, disposition, reason) as outcome from replyd.message where disposition <> 'duplicate'`,
  )
  await database.end()
  await child.stop()
  const log = child.log()
  const lines = log.trim().split('\n')
  expect(lines.length).toBeGreaterThan(all.length)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ event: expect.any(String) })
  const settled = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'mail.settled')
  const told = settled.map(({ id, disposition, reason }) => `${id} ${disposition} ${reason}`)
  expect(ledger.rows.map(({ outcome }) => outcome).filter((each) => !told.includes(each))).toEqual([])
  const parts = [
    ...all.flatMap(privateParts),
    ...replies.rows.flatMap(({ text }) => text.split('\n').filter((line) => line.length >= 25)),
    ...[address, dovecot.password, 'sk-secret-of-the-test', 'kim@buyers.example'],
  ]
  expect(parts.length).toBeGreaterThan(200)
  expect(smtp.commands.some((command) => command.startsWith('RCPT'))).toBe(true)
  // In JSON form.
  const found = parts.filter((part) => log.includes(JSON.stringify(part).slice(1, -1)))
  expect([...new Set(found)]).toEqual([])
})
