/** 200 real mails through Dovecot, Redis and PostgreSQL, answered by SMTP through Postfix into their senders' mailboxes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Override, type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import { parseAddressList } from '../../src/mail/address.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { loadReply } from '../../src/store/replies.ts'
import {
  type Dovecot,
  deliverAll,
  type Postfix,
  type Postgres,
  type Redis,
  startDovecot,
  startPostfix,
  startPostgres,
  startRedis,
} from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'
import { type Lying, readMailbox } from './mailboxes.ts'

const corpus = new URL('../fixtures/corpus/', import.meta.url).pathname
const address = 'support@example.com'

/** Every reply quotes one passage of the owner's knowledge, so that the check finds its source and it may be sent. */
function quotePassage({ question }: StandInRequest): Override | undefined {
  const passage = question.knowledge.find(({ source }) => source.startsWith('warranty'))
  if (question.task !== 'compose' || passage === undefined) return undefined
  const asks = [...(question.blocks.get('ASKS') ?? '').matchAll(/^A\d+: (.*)$/gm)].map(([, ask = '']) => ask)
  const answer = {
    text: `Hello,\n\n${passage.text}\n\nKind regards`,
    language: 'en',
    answers: asks.map((ask) => ({ ask, answered: true, source: passage.source })),
    missing: [],
    confidence: 0.9,
    needs_person: false,
  }
  return { content: JSON.stringify(answer) }
}

let dovecot: Dovecot
let postfix: Postfix
let redis: Redis
let postgres: Postgres
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, redis, postgres, standIn] = await Promise.all([
    startDovecot(),
    startRedis(),
    startPostgres(),
    startStandIn({ behaviour: quotePassage }),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), redis?.stop(), postgres?.stop(), standIn?.close()])
})

interface Case {
  file: string
  label: string
  octets: Buffer
}

/** Every nth of a set, so that each source and class is represented. */
function choose(set: string, count: number): Case[] {
  const rows = readFileSync(join(corpus, `${set}.labels.jsonl`), 'utf8')
    .trim()
    .split('\n')
  const step = rows.length / count
  return Array.from({ length: count }, (_, n) => {
    const { file, label } = JSON.parse(rows[Math.floor(n * step)] ?? '{}') as { file: string; label: string }
    return { file, label, octets: readFileSync(join(corpus, file)) }
  })
}

/** As the site's own server would deliver it: CRLF, a Message-ID per case, the sender's domain checked. */
function delivered({ octets }: Case, n: number): { id: string; octets: Buffer; reversePath: string } {
  const text = octets.toString('latin1').replace(/\r?\n/g, '\r\n')
  const end = text.indexOf('\r\n\r\n')
  const header = text.slice(0, end).replace(/^message-id:.*(\r\n[ \t].*)*\r\n/gim, '')
  const from = parseAddressList(firstField(parseOctets(octets), 'from') ?? '')[0]?.address ?? ''
  const id = `<case-${n}@corpus.test>`
  const result = `Authentication-Results: mx.replyd.test; dmarc=pass header.from=${from.slice(from.lastIndexOf('@') + 1)}`
  const whole = `${result}\r\nMessage-ID: ${id}\r\n${header}${text.slice(end)}`
  const bounce = /^return-path:\s*<>/im.test(header)
  return { id, octets: Buffer.from(whole, 'latin1'), reversePath: bounce ? '' : 'sender@example.org' }
}

test('each mail has a disposition; a reply arrives once, threads, and goes to no automatic mail', async () => {
  const cases = [
    ...choose('human', 110),
    ...choose('auto', 50),
    ...choose('spam', 30),
    ...choose('injection', 10),
  ]
  const mails = cases.map(delivered)
  const labels = new Map(mails.map(({ id }, n) => [id, cases[n]?.label]))
  await using running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    redisUrl: redis.newDatabase(),
    databaseUrl: await postgres.createDatabase(),
    account: { authservIds: ['mx.replyd.test'] },
    document: { replies: { mode: 'send', undo: '0s', minConfidence: 0.3 } },
  })
  await deliverAll(
    dovecot,
    mails.map(({ octets, reversePath }) => ({ user: address, octets, reversePath })),
  )
  const rows = await running.settled(mails.length)
  const sent = rows.filter(({ disposition }) => disposition === 'sent')
  expect(new Set(rows.map(({ messageId }) => messageId))).toEqual(new Set(mails.map(({ id }) => id)))
  for (const row of rows) expect([row.disposition, row.reason]).not.toContain('pending')
  expect(sent.length).toBeGreaterThan(20)
  expect(sent.filter(({ messageId }) => labels.get(messageId ?? '') === 'auto')).toEqual([])
  const replies = await Promise.all(sent.map(({ id }) => loadReply(running.daemon.context.db, id)))
  const addressees = new Set(replies.map((reply) => reply?.addressee ?? ''))
  await postfix.drained()
  const arrived: Lying[] = []
  for (const addressee of addressees) arrived.push(...(await readMailbox(dovecot, addressee, 'INBOX')))
  expect(arrived.map(({ inReplyTo }) => inReplyTo).sort()).toEqual(
    sent.map(({ messageId }) => messageId).sort(),
  )
  for (const reply of arrived) {
    expect(reply.references.at(-1)).toBe(reply.inReplyTo)
    expect(reply.autoSubmitted).toBe('auto-replied')
  }
  const copies = await readMailbox(dovecot, address, 'Sent')
  expect(copies.map(({ messageId }) => messageId).sort()).toEqual(
    arrived.map(({ messageId }) => messageId).sort(),
  )
  const inbox = await readMailbox(dovecot, address, 'INBOX')
  const answered = inbox.filter(({ flags }) => flags.includes('\\Answered')).map(({ messageId }) => messageId)
  expect(answered.sort()).toEqual(sent.map(({ messageId }) => messageId).sort())
  for (const { flags } of inbox) expect(flags).not.toContain('\\Seen')
})
