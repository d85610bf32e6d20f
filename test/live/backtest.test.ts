/** `replyd backtest` on a Dovecot with a few answered threads: the figures are right, and no octet or flag changes. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import type { BacktestCase, CategoryFigures, PromptDifference } from '../../src/eval/comparison.ts'
import { run } from '../cli/run.ts'
import { readMailbox, withClient } from '../flow/mailboxes.ts'
import { type Dovecot, startDovecot } from './servers/index.ts'

const owner = 'owner@example.com'
const day = 86_400_000
const started = Date.now()

interface Seed {
  mailbox: string
  id: string
  daysAgo: number
  from: string
  subject: string
  text: string
  answers?: string
  references?: string[]
  to?: string
  extra?: string
}

const seeds: Seed[] = [
  {
    mailbox: 'Archive',
    id: 'ann-1',
    daysAgo: 60,
    from: 'Ann <ann@example.org>',
    subject: 'Kettle',
    text: 'Do you sell copper kettles?',
  },
  {
    mailbox: 'Sent',
    id: 'own-1',
    daysAgo: 59,
    from: owner,
    subject: 'Re: Kettle',
    text: 'Yes, for 40 euros.',
    answers: 'ann-1',
    references: ['ann-1'],
  },
  {
    mailbox: 'INBOX',
    id: 'ann-2',
    daysAgo: 5,
    from: 'Ann <ann@example.org>',
    subject: 'Re: Kettle',
    text: 'When will you send it?',
    answers: 'own-1',
    references: ['ann-1', 'own-1'],
  },
  {
    mailbox: 'Sent',
    id: 'own-2',
    daysAgo: 4,
    from: owner,
    subject: 'Re: Kettle',
    text: 'We will send it on Monday, Ann.',
    answers: 'ann-2',
    references: ['ann-1', 'own-1', 'ann-2'],
  },
  {
    mailbox: 'INBOX',
    id: 'ann-3',
    daysAgo: 3,
    from: 'Ann <ann@example.org>',
    subject: 'Re: Kettle',
    text: 'Thank you, that is early enough.',
    answers: 'own-2',
    references: ['ann-1', 'own-1', 'ann-2', 'own-2'],
  },
  {
    mailbox: 'INBOX',
    id: 'bob-1',
    daysAgo: 8,
    from: 'Bob <bob@example.net>',
    subject: 'Lieferung',
    text: 'Liefern Sie auch nach Wien?',
  },
  {
    mailbox: 'Sent',
    id: 'own-3',
    daysAgo: 7,
    from: owner,
    subject: 'Re: Lieferung',
    text: 'Ja, wir liefern auch nach Wien, und das ist für Sie kostenlos.',
    answers: 'bob-1',
  },
  {
    mailbox: 'INBOX',
    id: 'eve-1',
    daysAgo: 9,
    from: 'Eve <eve@example.net>',
    subject: 'Fine',
    text: 'All is well.',
  },
  {
    mailbox: 'Sent',
    id: 'own-4',
    daysAgo: 8.5,
    from: owner,
    subject: 'Re: Fine',
    text: 'Good to hear.',
    answers: 'eve-1',
  },
  {
    mailbox: 'Sent',
    id: 'own-5',
    daysAgo: 6,
    from: owner,
    subject: 'Re: Gone',
    text: 'No.',
    answers: 'deleted-1',
  },
  {
    mailbox: 'Sent',
    id: 'own-6',
    daysAgo: 6,
    from: owner,
    subject: 'Re: Robot',
    text: 'On holiday.',
    answers: 'bob-1',
    extra: 'Auto-Submitted: auto-replied',
  },
  {
    mailbox: 'Sent',
    id: 'own-7',
    daysAgo: 2,
    from: owner,
    subject: 'Offer',
    text: 'A first mail of my own.',
  },
]

/** The owner's usual style: in mails to more than three people, so that it counts as a habit. */
const habits: Seed[] = Array.from({ length: 12 }, (_, at) => ({
  mailbox: 'Sent',
  id: `habit-${at}`,
  daysAgo: 90 - at,
  from: owner,
  to: `"Person Number${at % 4}" <person${at % 4}@example.org>`,
  subject: `Matter ${at}`,
  text: `Good day,\r\n\r\nthis is about the matter that you have written to us of, and we will look at it.\r\n\r\nWith warm regards\r\nOlga`,
}))

const triage = (over: object) => ({
  spam: { is: false, kind: 'none', confidence: 0.97 },
  sentiment: { label: 'neutral', intensity: 0.2 },
  language: 'en',
  category: 'orders',
  urgency: 1,
  needs_reply: true,
  manipulation: false,
  summary: 'A mail.',
  confidence: 0.9,
  ...over,
})
const composed = (text: string, language: string) => ({
  text,
  language,
  answers: [{ ask: 'when', answered: true, source: 'thread' }],
  missing: [],
  confidence: 0.9,
  needs_person: false,
})

const asked: StandInRequest[] = []

/** A prompt that contains the word DAYLIGHT gets another text and another category. */
function scripted(request: StandInRequest) {
  asked.push(request)
  const { question, body } = request
  const other = body.messages[0]?.content.includes('DAYLIGHT') ?? false
  const subject = question.facts.get('subject') ?? ''
  const answer = (value: object) => ({ content: JSON.stringify(value) })
  if (question.task === 'triage') {
    if (subject === 'Fine') return answer(triage({ needs_reply: false }))
    if (subject === 'Lieferung')
      return answer(
        triage({
          ...{ language: 'de', category: other ? 'other' : 'delivery' },
          asks: ['Liefern Sie auch nach Wien?'],
        }),
      )
    return answer(triage({}))
  }
  if (subject === 'Lieferung')
    return answer(composed('Ja, wir liefern auch nach Wien, und das ist für Sie kostenlos.', 'de'))
  return answer(
    composed(other ? 'We will send it on Monday, Ann.' : 'We will send it on Tuesday, Ann.', 'en'),
  )
}

let dovecot: Dovecot
let standIn: StandIn
let directory: string

beforeAll(async () => {
  dovecot = await startDovecot()
  standIn = await startStandIn({ behaviour: scripted })
  directory = mkdtempSync(join(tmpdir(), 'replyd-backtest-'))
  await withClient(dovecot, owner, async (client) => {
    for (const mailbox of ['Archive', 'Sent', 'Drafts', 'Junk']) await client.mailboxCreate(mailbox)
    for (const seed of [...habits, ...seeds])
      await client.append(
        seed.mailbox,
        octetsOf(seed),
        ['\\Answered'],
        new Date(started - seed.daysAgo * day),
      )
  })
  const server = `host: ${dovecot.host}, secure: false, user: ${owner}, password: ${dovecot.password}`
  writeFileSync(
    join(directory, 'replyd.yaml'),
    `accounts: [{ address: ${owner}, imap: { ${server}, port: ${dovecot.imapPort} }, smtp: { ${server}, port: 1 } }]
categories: [{ name: orders, description: kettles }, { name: delivery, description: where to }]
model: { name: gpt-4o-mini, baseUrl: "${standIn.baseUrl}", apiKey: k, price: { input: 0.15, cachedInput: 0.075, output: 0.6 } }
`,
  )
})

afterAll(async () => {
  await Promise.all([standIn.close(), dovecot.stop()])
  rmSync(directory, { recursive: true, force: true })
})

function octetsOf({ id, from, to: named, subject, text, answers, references, extra }: Seed): Buffer {
  const angle = (name: string) => `<${name}@example.org>`
  const correspondent = /Kettle/.test(subject)
    ? 'ann@example.org'
    : /Lieferung/.test(subject)
      ? 'bob@example.net'
      : 'eve@example.net'
  const to = named ?? (from === owner ? correspondent : owner)
  const fields = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: ${angle(id)}`,
    ...(answers ? [`In-Reply-To: ${angle(answers)}`] : []),
    ...(references ? [`References: ${references.map(angle).join(' ')}`] : []),
    ...(extra ? [extra] : []),
    'Content-Type: text/plain; charset=utf-8',
  ]
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${text}\r\n`)
}

/** Everything in the mailboxes: places, counters, flags, octets. */
async function snapshot() {
  const states = await withClient(dovecot, owner, async (client) => {
    const query = {
      messages: true,
      uidNext: true,
      uidValidity: true,
      highestModseq: true,
      unseen: true,
    } as const
    const states: unknown[] = []
    for (const { path, flags, specialUse } of await client.list()) {
      // The server's hint that a mailbox may have new mail (RFC 3501 section 7.2.2): it depends on the state of its
      // index.
      const lasting = [...flags].filter((flag) => !/^\\(?:un)?marked$/i.test(flag)).sort()
      states.push({ path, flags: lasting, specialUse, status: await client.status(path, query) })
    }
    return states
  })
  const paths = ['INBOX', 'Archive', 'Sent', 'Drafts', 'Junk']
  const mails = await Promise.all(paths.map((path) => readMailbox(dovecot, owner, path)))
  return { states, mails }
}

interface Report {
  sent: number
  lost: number
  cases: BacktestCase[]
  categories: CategoryFigures[][]
  differences: PromptDifference[] | null
}

const backtest = (...more: string[]) => run(['backtest', '-c', join(directory, 'replyd.yaml'), ...more])

test('compares with what was sent, knowing no more than was known then, and changes nothing', async () => {
  const before = await snapshot()
  asked.length = 0
  const { status, out, err } = await backtest('--json')
  expect([status, err]).toEqual([0, ''])
  expect(await snapshot()).toEqual(before)
  const { sent, lost, cases, categories, differences } = JSON.parse(out) as Report
  // In the last 30 days: answers to ann-2, bob-1, eve-1 and to one that is missing. Not: a robot's, an unsolicited
  // mail, an old one.
  expect([sent, lost, differences]).toEqual([4, 1, null])
  // Newest in \Sent first.
  expect(cases.map(({ subject }) => subject)).toEqual(['Fine', 'Lieferung', 'Re: Kettle'])
  // One of seven words differs.
  expect(cases[2]?.outcomes[0]?.comparison).toMatchObject({ edit: 1 / 7, words: { ours: 7, theirs: 7 } })
  expect(cases[1]?.outcomes[0]?.comparison).toMatchObject({ edit: 0, sameLanguage: true })
  expect(cases[0]?.outcomes[0]).toMatchObject({ text: null, judged: { to: 'done', reason: 'nothing-asked' } })
  expect(categories[0]).toMatchObject([
    { category: 'orders', mails: 2, written: { count: 1, of: 2 }, unchanged: { count: 0, of: 2 } },
    { category: 'delivery', mails: 1, written: { count: 1, of: 1 }, unchanged: { count: 1, of: 1 } },
    {
      category: 'all',
      mails: 3,
      written: { count: 2, of: 3 },
      unchanged: { count: 1, of: 3 },
      asks: { count: 2, of: 2 },
    },
  ])
  const written = asked.find(
    ({ question }) => question.task === 'compose' && question.facts.get('subject') === 'Re: Kettle',
  )
  const prompt = written?.body.messages.map(({ content }) => content).join('\n') ?? ''
  expect(prompt).toMatch(
    /sender, [^\n]+:\nDo you sell copper kettles\?[\s\S]+owner, [^\n]+:\nYes, for 40 euros\./,
  )
  expect(prompt).not.toMatch(/Monday|early enough/)
  expect(prompt).toMatch(/The owner's style [^\n]*greeting "Good day,"/)
  const contacts = asked
    .filter(({ question }) => question.task === 'triage')
    .map(({ question }) => [question.facts.get('subject'), question.facts.get('first contact')])
  expect(contacts).toContainEqual(['Lieferung', 'yes'])
  expect(contacts).toContainEqual(['Re: Kettle', 'no'])
})

test('a saved reply is used as the daemon would, and what is not tried is named', async () => {
  const file = join(directory, 'saved.yaml')
  const text = 'Ja, wir liefern nach Wien.'
  writeFileSync(
    file,
    `${readFileSync(join(directory, 'replyd.yaml'), 'utf8')}attachments: { pdf: true }
answers: [{ name: wien, category: delivery, when: { words: [Wien] }, language: de, text: "${text}" }]
lookups: [{ name: order, when: { match: "AB-[0-9]+" }, http: { url: "https://shop.example/{match}" }, public: true, fields: { state: $.state } }]
`,
  )
  asked.length = 0
  const { out } = await run(['backtest', '-c', file, '--json'])
  const { cases } = JSON.parse(out) as Report
  expect(cases.map(({ outcomes }) => outcomes[0]?.text)).toEqual([
    null,
    text,
    'We will send it on Tuesday, Ann.',
  ])
  const composed = asked.filter(({ question }) => question.task === 'compose')
  expect(composed.map(({ question }) => question.facts.get('subject'))).toEqual(['Re: Kettle'])
  expect((await run(['backtest', '-c', file])).out).toContain('Not tried: lookup order, attachments.pdf.')
})

test('shows what other prompts would change, and still changes nothing', async () => {
  const folder = join(directory, 'other')
  cpSync(new URL('../../prompts/', import.meta.url), folder, { recursive: true })
  for (const name of ['triage.md', 'compose.md'])
    writeFileSync(join(folder, name), `${readFileSync(join(folder, name), 'utf8')}\nDAYLIGHT\n`)
  const before = await snapshot()
  const { status, out, err } = await backtest('--json', '--prompts', folder)
  expect([status, err]).toEqual([0, ''])
  expect(await snapshot()).toEqual(before)
  const { categories, differences } = JSON.parse(out) as Report
  expect(
    differences?.map(({ subject, verdict, text, edits }) => ({ subject, verdict, text, edits })),
  ).toEqual([
    { subject: 'Lieferung', verdict: ['category: delivery → other'], text: 0, edits: [0, 0] },
    { subject: 'Re: Kettle', verdict: [], text: 1 / 7, edits: [1 / 7, 0] },
  ])
  expect(categories.map((rows) => rows.at(-1)?.unchanged?.count)).toEqual([1, 2])
  const { out: words } = await backtest('--prompts', folder)
  expect(words).toMatch(/^4 answers in Sent in the last 30d; 3 are used/)
  expect(words).toMatch(/→ .* 33 % of the replies .* today's prompts, 67 % with the others/)
})

test.each([
  [
    'the same prompts',
    ['--prompts', new URL('../../prompts', import.meta.url).pathname],
    /identical to those in use/,
  ],
  ['no duration', ['--since', 'yesterday'], /"yesterday" is not a duration, such as 30d/],
  ['a stranger', ['--account', 'x@example.com'], /no account x@example\.com: there is owner@example\.com/],
  [
    'too little money',
    ['--max-dollars', '0.00001'],
    /would cost about \$0\.00\d+, and the limit is \$0\.00001/,
  ],
] as const)('%s: one line, exit status 2, nothing spent', async (_name, more, line) => {
  const { requests } = standIn.counters()
  const { status, err } = await backtest(...more)
  expect(status).toBe(2)
  expect(err).toMatch(line)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(standIn.counters().requests).toBe(requests)
})
