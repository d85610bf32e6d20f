/**
 * Inputs after public bug reports that need a daemon (test/fixtures/reports, kind `daemon`): on real servers, in mode
 * send. Faults of the text: what was not read is neither closed in silence nor answered automatically.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { triage } from '../../src/demo/stand-in/triage.ts'
import { type Override, type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { loadReply } from '../../src/store/replies.ts'
import { type Hooks, Relay } from '../live/relay.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox } from './mailboxes.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
let users = 0
let asked: StandInRequest[] = []
/** Replaces the stand-in's answers. */
let answer: (request: StandInRequest) => Override | undefined = () => undefined

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: (request) => {
        asked.push(request)
        return answer(request)
      },
    }),
  ])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

interface Desk extends AsyncDisposable {
  walk: Walk
  relay: Relay
  /** What the daemon hands over to be sent. */
  smtp: ScriptedServer
  deliver(octets: Buffer | string): Promise<void>
  drafts(): ReturnType<typeof readMailbox>
}

const address = 'support@harbor.example'

/** Opens a desk like the one for which the reports were written, each with a separate mailbox. */
async function open(replies: object = {}, hooks: Hooks = {}): Promise<Desk> {
  asked = []
  answer = () => undefined
  const user = `desk${users++}@harbor.example`
  const [relay, smtp] = await Promise.all([Relay.start(dovecot.imapPort, hooks), ScriptedServer.start()])
  const walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: relay.port, user, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: smtp.port },
    standIn,
    account: {
      authservIds: ['mx.harbor.example', 'mx.replyd.test'],
      replies: { mode: 'send', undo: '0s', ...replies },
    },
  })
  return {
    walk,
    relay,
    smtp,
    deliver: (octets) => dovecot.deliver(user, octets, 'anna.berg@kunde.example'),
    drafts: () => readMailbox(dovecot, user, 'Drafts'),
    [Symbol.asyncDispose]: async () => {
      await walk[Symbol.asyncDispose]()
      await Promise.all([smtp[Symbol.asyncDispose](), relay[Symbol.asyncDispose]()])
    },
  }
}

const report = (file: string) => readFileSync(new URL(`../fixtures/reports/${file}`, import.meta.url))

describe('the model sees', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await open()
  })
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]()
  })

  const sees = async (octets: Buffer | string, words: string) => {
    await desk.deliver(octets)
    const row = await desk.walk.handle()
    expect(asked.findLast(({ question }) => question.task === 'triage')?.question.mail).toContain(words)
    expect(row.verdict).toMatchObject({ needs_reply: true })
    expect(row.reason).not.toBe('text-not-read')
  }

  test.each([
    [
      'a question below 60 KB of quoted text',
      'd13-bottom-post-under-60k-quote',
      'when are you open on Saturday?',
    ],
    [
      'a question below an image of 70 KB',
      'd15-html-only-inline-data-image',
      'when are you open on Saturday?',
    ],
    ['both wishes of a mail', 'd18-html-control-small', 'cancel my order 4711'],
  ])('%s: %s', (_, file, words) => sees(report(`${file}.eml`), words))

  /** The mail with both wishes, with something of that many octets between them. */
  const between = (octets: number, encoding: string, make: (filling: string) => string) => {
    const [header = '', body = ''] = report('d18-html-control-small.eml')
      .toString()
      .split(/\r?\n\r?\n/)
    const html = body.replace('</p><p>', () => `</p>${make('iVBORw0KGgo'.repeat(octets / 11))}<p>`)
    const encoded =
      encoding === 'base64' ? Buffer.from(html).toString('base64').replace(/.{76}/g, '$&\r\n') : html
    const fields = header
      .replace(/8bit/, encoding)
      .replace(/h3-d18/, `between-${octets}-${encoding}-${make.name}`)
    return `${fields}\r\n\r\n${encoded}\r\n`
  }
  const image = (filling: string) => `<img src="data:image/png;base64,${filling}">`
  const style = (filling: string) => `<style>.a { background: url(data:image/png;base64,${filling}) }</style>`
  const comment = (filling: string) => `<!-- ${filling} -->`

  test.each([
    ['an image', image, 70_000, '8bit'],
    ['an encoded image', image, 70_000, 'base64'],
    ['an image of 3 MB', image, 3_000_000, 'base64'],
    ['a style sheet', style, 70_000, '8bit'],
    ['a comment', comment, 70_000, '8bit'],
  ] as const)('a second wish below %s', (_, make, octets, encoding) =>
    sees(between(octets, encoding, make), 'cancel my order 4711'),
  )
})

test('d01: the second mail under a Message-ID that was used before is drafted', async () => {
  await using desk = await open()
  for (const half of ['a-reused-message-id-first', 'b-reused-message-id-second']) {
    await desk.deliver(report(`d01${half}.eml`))
    expect(await desk.walk.handle()).toMatchObject({ disposition: 'drafted' })
  }
  expect(await desk.drafts()).toHaveLength(2)
})

test('d02: the same mail by two routes gets one draft', async () => {
  await using desk = await open()
  await desk.deliver(report('d02a-same-mail-copy.eml'))
  expect(await desk.walk.handle()).toMatchObject({ disposition: 'drafted' })
  await desk.deliver(report('d02b-same-mail-copy.eml'))
  await desk.walk.arrive()
  const { rows } = await desk.walk.context.db.query<{ disposition: string }>(
    'select disposition from replyd.message order by id desc limit 1',
  )
  expect(rows).toEqual([{ disposition: 'duplicate' }])
  expect(await desk.drafts()).toHaveLength(1)
})

describe('a model that packs its answer', () => {
  const question = 'Hello, when are you open on Saturday?'
  const composed = (file: string) =>
    (JSON.parse(report(file).toString()) as { model_answers: { text: string } }).model_answers
  const mail = (id: string) =>
    letter({ id: `<${id}@kunde.example>`, from: 'anna.berg@kunde.example', to: address, text: question })

  let desk: Desk
  beforeAll(async () => {
    desk = await open()
  })
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]()
  })

  async function receive(model: object, id: string) {
    answer = ({ question: { task } }) => (task === 'compose' ? { content: JSON.stringify(model) } : undefined)
    await desk.deliver(mail(id))
    return desk.walk.handle()
  }

  test('without it the answer is approved', async () => {
    const sound = composed('t04-preamble.json')
    const text = sound.text.replace(/^Here is a draft[^\n]*\n\n/, '')
    expect(await receive({ ...sound, text }, 'sound')).toMatchObject({ disposition: 'approved' })
  })

  test.each([
    ['t01-markdown.json', /\*\*|##/],
    ['t03-html-tags.json', /<p>/],
    ['t04-preamble.json', /Here is a draft/],
    ['t07-escaped-newlines.json', /\\n/],
  ])('%s: a draft without the packing', async (file, packing) => {
    const row = await receive(composed(file), file)
    expect(row).toMatchObject({ disposition: 'drafted' })
    const text = (await loadReply(desk.walk.context.db, row.id))?.text ?? ''
    expect(text).toContain('The shop is open Tuesday to Friday')
    expect(text).not.toMatch(packing)
    const draft = (await desk.drafts()).at(-1)
    expect(parseOctets(draft?.octets ?? Buffer.alloc(0)).text).not.toMatch(packing)
  })
})

/** Dovecot has no part 99 and says NIL: the relay gives that as its answer about part 1. */
const nothingOfTheText: Hooks = {
  toServer: (line) => line.replaceAll('BODY.PEEK[1]', 'BODY.PEEK[99]'),
  toClient: (line) => line.replaceAll('BODY[99]', 'BODY[1]'),
}

describe('d19: a server that answers NIL for the text', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await open({}, nothingOfTheText)
  })
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]()
  })

  test.each([
    ['asks nothing', { needs_reply: false }],
    ['asks something', { needs_reply: true }],
    ['is spam', { spam: { is: true, kind: 'phishing', confidence: 1 } }],
  ])('hands a mail to a person though the model says that it %s', async (name, verdict) => {
    answer = ({ question }) => ({ content: JSON.stringify({ ...triage(question), ...verdict }) })
    await desk.deliver(
      report('d19-text-part-nil.eml').toString().replace('h3-d19', `h3-d19 ${name}`.replace(/ /g, '-')),
    )
    const row = await desk.walk.handle()
    expect(row).toMatchObject({ step: 'review', disposition: 'held', reason: 'text-not-read' })
    expect(row.detail).toContain('the text was not read (part 1)')
    expect(desk.smtp.mails).toEqual([])
  })

  test('once only is asked again, and the mail is read', async () => {
    let asks = 0
    desk.relay.hooks = {
      ...nothingOfTheText,
      toServer: (line) =>
        line.replaceAll('BODY.PEEK[1]', (section) => (asks++ === 0 ? 'BODY.PEEK[99]' : section)),
    }
    answer = () => undefined
    await desk.deliver(report('d19-text-part-nil.eml'))
    expect(await desk.walk.handle()).toMatchObject({ disposition: 'drafted' })
    expect(asks).toBeGreaterThan(1)
  })
})

describe('replies.draftDespite', () => {
  const marks = ['Auto-Submitted: auto-generated', 'Precedence: bulk']
  const marked = (header: string) =>
    letter({
      id: `<${header.replace(/\W+/g, '-')}@kunde.example>`,
      from: 'Anna Berg <anna.berg@kunde.example>',
      to: address,
      text: 'Hello, when are you open on Saturday?',
      headers: [header],
    })

  test.each([
    ['draft', [], 'declined', 0],
    ['draft', ['auto-generated', 'bulk'], 'drafted', 2],
    ['review', ['auto-generated', 'bulk'], 'held', 0],
    ['send', ['auto-generated', 'bulk'], 'declined', 0],
  ] as const)('mode %s with %j: such mail is %s', async (mode, draftDespite, disposition, drafts) => {
    await using desk = await open({ mode, draftDespite })
    for (const mark of marks) {
      await desk.deliver(marked(mark))
      expect(await desk.walk.handle()).toMatchObject({ disposition })
    }
    expect(desk.smtp.mails).toEqual([])
    expect(await desk.drafts()).toHaveLength(drafts)
  })
})
