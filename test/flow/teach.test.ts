/** A missing fact is typed once, and every waiting draft that lacked it is written again: on real Dovecot and PostgreSQL. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { writeTaught } from '../../src/knowledge/taught.ts'
import { edit } from '../../src/review/edit.ts'
import { declineOffer, offers } from '../../src/review/offers.ts'
import { gaps, type PersonalRefusal, resumeTeaching, taught, teach, unteach } from '../../src/review/teach.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
let walk: Walk

const address = 'shop@teach.example'
const token = 'a-token-of-twenty-letters'
const fact = 'Shipping to Norway costs 12 euros.'

/** Writes what the knowledge says, and names what it does not say. */
function written(prompt: string) {
  const mail = prompt.slice(prompt.lastIndexOf('MAIL'))
  const subject = /(Norway|bell)/.exec(mail)?.[1]
  const gap =
    subject === 'bell'
      ? 'the colour of the bell'
      : /cost/.test(mail)
        ? 'shipping costs to Norway'
        : 'the price of shipping to Norway'
  const known = subject === 'Norway' && prompt.includes(fact)
  const guesses = /guess/.test(mail) && !known
  const decides = /back my money/.test(mail)
  return {
    text: known
      ? fact
      : guesses
        ? 'It costs 4711 euros.'
        : /textless/.test(mail)
          ? ''
          : 'I shall find out and come back to you.',
    language: 'en',
    answers: [
      {
        ask: decides ? 'to get the money back' : gap,
        answered: known || guesses,
        source: known ? 'The price of shipping' : null,
      },
    ],
    missing: known || guesses || decides ? [] : [gap],
    confidence: 0.9,
    needs_person: decides,
  }
}

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question, body }) =>
        question.task === 'compose'
          ? { content: JSON.stringify(written(JSON.stringify(body.messages))) }
          : undefined,
    }),
  ])
  walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    roles: ['web'],
    account: { replies: { mode: 'review' } },
    document: { web: { port: 0, token } },
  })
})

afterAll(async () => {
  await walk?.[Symbol.asyncDispose]()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const arrive = async (name: string, text: string) => {
  const from = `${name} Berg <${name.toLowerCase()}@asks.example>`
  await dovecot.deliver(address, letter({ id: `<${name}@asks.example>`, from, to: address, text }))
  return (await walk.handle()).id
}
const textOf = async (id: string) => (await loadReply(walk.context.db, id))?.text

test('gaps are grouped, one fact fills them, and taking it back opens them again', async () => {
  const review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  const year = { since: new Date(0) }
  const price = await arrive('Anna', 'Hello, what is the price of shipping to Norway?')
  const cost = await arrive('Bert', 'Hello, what does shipping to Norway cost?')
  const textless = await arrive('Cleo', 'Hello, textless: what does shipping to Norway cost?')
  const edited = await arrive('Dora', 'Hello, what does shipping to Norway cost?')
  const bell = await arrive('Emil', 'Hello, which colour has the bell?')
  // Its reply states something that no source does, and so waits as doubtful; it names nothing as missing.
  const doubted = await arrive('Hugo', 'Hello, take a guess: what does shipping to Norway cost?')
  expect((await loadReply(walk.context.db, doubted))?.holdReasons).toContain('unsupported-claim')
  // Waits for a person's decision, which no fact can replace.
  const decision = await arrive('Ines', 'Hello, I want back my money for the bicycle.')
  await edit(review, edited, 'Ann', 'Twelve euros, dear Dora.')
  expect(await textOf(textless)).toBeUndefined()

  const open = await gaps(review, year)
  expect(open.map(({ mails }) => mails.map(({ id }) => id))).toEqual([
    [edited, textless, cost, price],
    [bell],
  ])
  const [gap] = open
  expect(gap).toMatchObject({
    account: address,
    question: 'shipping costs to Norway',
    others: ['the price of shipping to Norway'],
  })
  expect(gap?.mails.map(({ waits, edited }) => [waits, edited])).toEqual([
    [true, true],
    [true, false],
    [true, false],
    [true, false],
  ])

  // No fact about one correspondent gets in, even if a person confirms it.
  const lesson = { account: address, gap: gap?.id ?? '', question: 'The price of shipping', by: 'Ann' }
  const personal = teach(review, { ...lesson, fact: `${fact} Anna knows.`, confirmed: true })
  await expect(personal).rejects.toMatchObject({
    reason: 'personal-matter',
    found: [{ text: 'Anna', certain: true }],
  })
  const unsure = teach(review, { ...lesson, fact: `${fact} Mr Lund knows.` }) as Promise<unknown>
  const refusal = await unsure.catch((error: PersonalRefusal) => error)
  expect(refusal).toMatchObject({ reason: 'maybe-personal', message: expect.stringContaining('(Mr Lund)') })
  expect(taught(walk.context)).toEqual([])

  const done = await teach(review, { ...lesson, fact })
  expect(done.rewritten.sort()).toEqual([price, cost, textless, doubted].sort())
  expect(done.left).toEqual([edited])
  const path = join(walk.account.settings.knowledge ?? '', done.fact.file)
  expect(readFileSync(path, 'utf8')).toMatch(
    /^---\nquestion: "The price of shipping"\nby: "Ann"\nat: "20.*"\nmails: \["/,
  )
  for (const id of done.rewritten) {
    expect((await walk.walk(id)).row).toMatchObject({ disposition: 'held', reason: 'rewritten' })
    expect(await textOf(id)).toBe(fact)
  }
  expect(await textOf(edited)).toBe('Twelve euros, dear Dora.')
  for (const id of [bell, decision]) expect((await loadMessage(walk.context.db, id))?.step).toBe('review')
  expect((await gaps(review, year)).map(({ question }) => question)).toEqual(['the colour of the bell'])
  await expect(teach(review, { ...lesson, fact })).rejects.toMatchObject({ reason: 'unknown-gap' })

  const back = await unteach(review, { account: address, id: done.fact.id, by: 'Ann' })
  expect([existsSync(path), back.rewritten.sort()]).toEqual([false, done.rewritten])
  for (const id of back.rewritten) await walk.walk(id)
  expect(await textOf(price)).toBe('I shall find out and come back to you.')
  expect((await gaps(review, year))[0]?.mails).toHaveLength(4)
  expect(await textOf(doubted)).toBe('It costs 4711 euros.')
  await expect(unteach(review, { account: address, id: done.fact.id, by: 'Ann' })).rejects.toMatchObject({
    reason: 'unknown-fact',
  })

  // A process that ended right after the file was written: the next one goes on, once.
  const folder = walk.account.settings.knowledge ?? ''
  const about = { question: 'The price of shipping', fact, by: 'Ann', mails: done.fact.mails }
  const kept = writeTaught(folder, { ...about, at: new Date().toISOString() }, 'resume')
  expect((await resumeTeaching(review)).sort()).toEqual(done.rewritten)
  for (const id of done.rewritten) await walk.walk(id)
  expect([await textOf(price), await textOf(edited)]).toEqual([fact, 'Twelve euros, dear Dora.'])
  expect(await resumeTeaching(review)).toEqual([])
  await unteach(review, { account: address, id: kept.id, by: 'Ann' })
  for (const id of done.rewritten) await walk.walk(id)
})

test('what a person adds to a draft is offered once, and the terminal teaches through the daemon', async () => {
  const review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  const [one, other] = [
    await arrive('Fred', 'Which colour has the bell?'),
    await arrive('Gina', 'Which colour has the bell?'),
  ]
  await edit(review, one, 'Ann', 'Dear Fred,\n\nThe bell is green and weighs 3 kg. Fred, call me.\n\nAnn')
  await edit(review, other, 'Ann', 'Dear Gina,\n\nThe bell has 2 colours.\n\nAnn')
  const open = await offers(review, { since: new Date(0) })
  expect(open.map(({ fact, question, mail }) => [fact, question, mail.id])).toEqual([
    ['The bell has 2 colours.', 'the colour of the bell', other],
    ['The bell is green and weighs 3 kg.', 'the colour of the bell', one],
    ['Twelve euros, dear ….', 'shipping costs to Norway', expect.any(String)],
  ])
  for (const at of [0, 2]) await declineOffer(review, open[at]?.id ?? '')
  const environment = { REPLYD_URL: walk.running.daemon.url ?? '', REPLYD_TOKEN: token }
  const replyd = (...words: string[]) => run(['teach', ...words], { environment })
  const listed = await replyd('--offers')
  expect([listed.err, listed.out]).toEqual([
    '',
    expect.stringContaining(`${open[1]?.id}\nthe colour of the bell`),
  ])
  expect(listed.out).not.toContain('2 colours')
  expect((await replyd('--accept', open[1]?.id ?? '')).out).toContain('taught/20')
  expect((await replyd('--offers')).out).toBe('Nothing is offered.\n')
  expect((await replyd('--accept', open[1]?.id ?? '')).err).toContain('This offer no longer exists.')

  const gap = (JSON.parse((await replyd('--json')).out) as { id: string; question: string }[]).find(
    ({ question }) => /shipping/.test(question),
  )
  expect((await replyd()).out).toContain(`${gap?.id} shipping costs to Norway: 4 mails, last on 20`)
  expect((await replyd('--gap', gap?.id ?? '')).status).toBe(2)
  expect((await replyd('--gap', gap?.id ?? '', '--fact', 'Peter Olsen pays.')).err).toContain('(Peter Olsen)')
  expect((await replyd('--gap', gap?.id ?? '', '--fact', fact)).out).toContain(
    '4 drafts will be written again.\n1 mail left as they are',
  )
  const [{ id: taughtId }] = JSON.parse((await replyd('--taught', '--json')).out) as [{ id: string }]
  expect((await replyd('--undo', taughtId)).out).toBe('Taken back: replies do not use it any more.\n')
  expect((await replyd('--undo', taughtId)).err).toContain('There is no such taught fact.')
})
