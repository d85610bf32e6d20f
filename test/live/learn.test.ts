/**
 * `replyd learn` on a Dovecot with several hundred answered mails in six languages: it finds the owner's answers,
 * nothing personal.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { runProgram } from '../../src/cli/program.ts'
import type { LearnedProposal } from '../../src/knowledge/learned.ts'
import { listTaught } from '../../src/knowledge/taught.ts'
import { run } from '../cli/run.ts'
import { withClient } from '../flow/mailboxes.ts'
import { type Dovecot, startDovecot } from './servers/index.ts'

const owner = 'owner@example.com'
const day = 86_400_000
const started = Date.now()
const people = [
  'Anna Berg',
  'José Ruiz',
  'Giulia Rossi',
  'Claire Dubois',
  'Jürgen Vogel',
  '山田 花子',
  'Peter Olsen',
  'Maud Hart',
]

interface Topic {
  mails: number
  question: (at: number) => string
  greeting: (name: string) => string
  /** Answers by age in days; the first one that is recent enough is used. */
  answers: [untilDaysAgo: number, text: string][]
  closing: string
}

const topics: Topic[] = [
  {
    mails: 60,
    question: (at) =>
      at % 2 ? 'What is the price of shipping to Norway?' : 'How much is the shipping to Norway?',
    greeting: (name) => `Dear ${name},`,
    answers: [
      [100, 'Shipping to Norway costs 12 euros.'],
      [400, 'Shipping to Norway costs 10 euros.'],
    ],
    closing: 'Best regards,\nOlga',
  },
  {
    mails: 50,
    question: () => 'Liefern Sie auch nach Wien?',
    greeting: (name) => `Sehr geehrte Frau ${name},`,
    answers: [[400, 'ja, wir liefern auch nach Wien, und das ist kostenlos.']],
    closing: 'Mit freundlichen Grüßen\nOlga',
  },
  {
    mails: 45,
    question: () => 'Les retours sont-ils gratuits ?',
    greeting: (name) => `Bonjour ${name},`,
    answers: [[400, 'Les retours sont gratuits pendant 14 jours.']],
    closing: 'Cordialement\nOlga',
  },
  {
    mails: 40,
    question: () => '¿Tienen lámparas de cobre?',
    greeting: (name) => `Estimada ${name},`,
    answers: [[400, 'Sí, tenemos lámparas de cobre en tres tamaños.']],
    closing: 'Saludos\nOlga',
  },
  {
    mails: 35,
    question: () => 'Siete aperti il sabato?',
    greeting: (name) => `Gentile ${name},`,
    answers: [[400, 'Siamo aperti il sabato dalle 9:00 alle 13:00.']],
    closing: 'Cordiali saluti\nOlga',
  },
  {
    mails: 30,
    question: () => '土曜日は営業していますか？',
    greeting: (name) => `${name}様`,
    answers: [[400, '土曜日は9時から13時まで営業しています。']],
    closing: 'よろしくお願いいたします。\nOlga',
  },
]

const fieldsOf = (from: string, to: string, subject: string, id: string, more: readonly string[] = []) =>
  [
    ...[`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Message-ID: <${id}@example.org>`, ...more],
    ...['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'],
  ].join('\r\n')
const octetsOf = (fields: string, text: string) =>
  Buffer.from(`${fields}\r\n\r\n${text.replace(/\n/g, '\r\n')}\r\n`)

/** Mail `at` of a topic, and its answer with a greeting, one sentence about this customer, a closing, a signature and a quotation. */
function exchangeOf(topic: Topic, serial: number, at: number) {
  const name = people[(serial + at) % people.length] ?? ''
  const [id, address] = [`t${serial}-${at}`, `customer${at}@t${serial}.example`]
  const daysAgo = 2 + (at * 300) / topic.mails
  const asked = `${topic.question(at)}\n\n${name}`
  const said = topic.answers.find(([until]) => daysAgo <= until)?.[1] ?? ''
  const own = at % 3 === 0 ? `\n\nAB-${10_000 + at}: OK.` : ''
  const quoted = asked.replace(/^/gm, '> ')
  const signature = `-- \nOlga Own\nLantern Shop, +49 30 1234567`
  const answer = `${topic.greeting(name)}\n\n${said}${own}\n\n${topic.closing}\n${signature}\n\nOn Monday ${name} <${address}> wrote:\n${quoted}`
  const from = `=?utf-8?B?${Buffer.from(name).toString('base64')}?= <${address}>`
  return {
    at: new Date(started - daysAgo * day),
    asked: octetsOf(fieldsOf(from, owner, 'A question', id), asked),
    answer: octetsOf(
      fieldsOf(owner, from, 'Re: A question', `a-${id}`, [`In-Reply-To: <${id}@example.org>`]),
      answer,
    ),
  }
}

let dovecot: Dovecot
let directory: string

beforeAll(async () => {
  dovecot = await startDovecot()
  directory = mkdtempSync(join(tmpdir(), 'replyd-learn-'))
  mkdirSync(join(directory, 'knowledge'))
  await withClient(dovecot, owner, async (client) => {
    await client.mailboxCreate('Sent')
    for (const [serial, topic] of topics.entries())
      for (let at = 0; at < topic.mails; at++) {
        const { asked, answer, at: date } = exchangeOf(topic, serial, at)
        await client.append('INBOX', asked, [], date)
        await client.append('Sent', answer, [], new Date(date.getTime() + day / 2))
      }
  })
  const server = `host: ${dovecot.host}, secure: false, user: ${owner}, password: ${dovecot.password}`
  writeFileSync(
    join(directory, 'replyd.yaml'),
    `accounts: [{ address: ${owner}, imap: { ${server}, port: ${dovecot.imapPort} }, smtp: { ${server}, port: 1 } }]
knowledge: ./knowledge
state: { directory: ./data }
model: { baseUrl: "http://127.0.0.1:9/v1", apiKey: none }
`,
  )
})

afterAll(async () => {
  await dovecot?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const learn = (...words: string[]) => run(['learn', ...words, '--config', join(directory, 'replyd.yaml')])
interface Figures {
  sent: number
  read: number
  cut: boolean
  proposals: LearnedProposal[]
}
const figures = async (...words: string[]) => JSON.parse((await learn('--json', ...words)).out) as Figures
const counters = () =>
  withClient(dovecot, owner, async (client) => {
    const query = { messages: true, unseen: true, uidNext: true, highestModseq: true } as const
    return Promise.all(['INBOX', 'Sent'].map((mailbox) => client.status(mailbox, query)))
  })

test('each question is one proposal with what the owner wrote, a conflict newest first; nothing was changed', async () => {
  const before = await counters()
  const { sent, read, cut, proposals } = await figures('--since', '1y')
  expect([sent, read, cut]).toEqual([260, 260, false])
  expect(proposals.map(({ question, answer, mails }) => [mails.length, question, answer])).toEqual(
    topics.map(({ mails, question, answers: [newest] }) => [mails, question(0), newest?.[1]]),
  )
  const [shipping, ...others] = proposals
  const days = [...(shipping?.markdown.matchAll(/^## (\S+) to (\S+), (\d+) mails$/gm) ?? [])]
  expect([shipping?.conflict, others.some(({ conflict }) => conflict)]).toEqual([true, false])
  expect(days.map(([, , , mails]) => Number(mails))).toEqual([20, 40])
  expect(days[0]?.[1]?.localeCompare(days[1]?.[2] ?? '')).toBe(1)
  expect(shipping?.markdown).toMatch(/costs 12 euros\.[\s\S]*costs 10 euros\./)
  const all = proposals.map(({ markdown }) => markdown).join('\n')
  for (const secret of [
    ...people.flatMap((name) => name.split(' ')),
    'AB-',
    '1234567',
    '@t',
    'wrote',
    'Olga',
  ])
    expect(all).not.toContain(secret)
  expect(await counters()).toEqual(before)
})

test('an accepted one is knowledge, a rejected one is not proposed again, an edited one is kept', async () => {
  const [shipping, wien, retours, lamp] = (await figures('--since', '1y')).proposals
  const accepted = await learn('accept', shipping?.id ?? '')
  expect([accepted.err, accepted.out]).toEqual(['', expect.stringMatching(/^It is in taught\/20/)])
  expect(listTaught(join(directory, 'knowledge'))).toMatchObject([
    {
      fact: 'Shipping to Norway costs 12 euros.',
      question: topics[0]?.question(0),
      by: expect.stringContaining('from sent mail'),
    },
  ])
  expect((await learn('reject', wien?.id ?? '')).out).toBe('It is not proposed again.\n')
  const edit = (proposal: LearnedProposal | undefined, from: RegExp, to: string) => {
    const file = join(directory, 'data/learned', `${proposal?.id}.md`)
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  }
  edit(retours, /14 jours/, '30 jours')
  edit(lamp, /Sí, tenemos/, 'Sí, la señora Anna Berg y su pedido AB-12345: tenemos')
  const again = (await figures('--since', '1y')).proposals
  expect(again.map(({ id }) => id)).toEqual(expect.arrayContaining([retours?.id, lamp?.id]))
  expect(again).toHaveLength(topics.length - 2)
  expect(again.map(({ answer }) => answer)).toContain('Les retours sont gratuits pendant 30 jours.')
  expect((await learn('accept', lamp?.id ?? '')).err).toContain('Anna Berg')
  expect((await learn('accept', shipping?.id ?? '')).err).toContain('there is no proposal')
  expect((await learn('list')).out).toContain('# Les retours sont-ils gratuits ?')
  expect(readdirSync(join(directory, 'knowledge/taught'))).toHaveLength(1)
})

test('on a terminal a person is asked about one after the other', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const said = Promise.all([text(stdout), text(stderr)])
  // Each answer is typed once its question is shown: earlier input is not an answer.
  const answers = ['a', 'r', 'x', 'a', 'q']
  stdout.on('data', (shown: string) => {
    if (shown.endsWith(' [s]: ')) setImmediate(() => stdin.write(`${answers.shift() ?? 'q'}\n`))
  })
  const environment = { TERM: 'dumb' }
  const argv = ['learn', '--since', '1y', '--config', join(directory, 'replyd.yaml')]
  expect(await runProgram(argv, { environment, stdin, stdout, stderr })).toBe(0)
  stdout.end()
  stderr.end()
  const [out, err] = await said
  expect([err, out]).toEqual(['', expect.stringContaining('a, r, s or q')])
  expect(listTaught(join(directory, 'knowledge')).map(({ question }) => question)).toEqual(
    expect.arrayContaining(['Siete aperti il sabato?', 'Les retours sont-ils gratuits ?']),
  )
  const left = JSON.parse((await learn('list', '--json')).out) as LearnedProposal[]
  expect(left.map(({ question }) => question)).toEqual(['土曜日は営業していますか？'])
})

test('the number of mails is bounded', async () => {
  const { read, cut } = await figures('--since', '1y', '--limit', '60')
  expect([read, cut]).toEqual([60, true])
  expect((await learn('--since', 'soon')).status).toBe(2)
})
