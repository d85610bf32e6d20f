/** The path of a reply from the model to the mailbox: on real Dovecot and Postfix, step by step. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Composed } from '../../src/base/verdicts.ts'
import type { Role } from '../../src/daemon/daemon.ts'
import { type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { cancel } from '../../src/review/approve.ts'
import { loadReply } from '../../src/store/replies.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { readMailbox } from './mailboxes.ts'
import { approveCurrentText, letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
/** The model's text, replacing the stand-in's reply. */
let written: Partial<Composed> | null = null
let asked: StandInRequest[] = []

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: (request) => {
        asked.push(request)
        if (request.question.task !== 'compose' || written === null) return undefined
        const sound = {
          text: '',
          language: 'en',
          answers: [],
          missing: [],
          confidence: 0.9,
          needs_person: false,
        }
        return { content: JSON.stringify({ ...sound, ...written }) }
      },
    }),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

function start(
  address: string,
  more: { account?: object; replies?: object; document?: object; roles?: Role[] } = {},
): Promise<Walk> {
  asked = []
  written = null
  return startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: more.roles ?? [],
    account: { authservIds: ['mx.replyd.test'], sentCopy: true, ...more.account },
    document: {
      budget: { timeZone: 'UTC' },
      replies: { mode: 'send', undo: '0s', minConfidence: 0.3, ...more.replies },
      ...more.document,
    },
  })
}

const question = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
const customer = 'kim@asks.example'

const delivering = (address: string) => (id: string, text: string, references?: string[]) =>
  dovecot.deliver(
    address,
    letter({ id, from: customer, to: address, text, ...(references ? { references } : {}) }),
  )

test.each([
  ['needs_person', { needs_person: true, missing: ['the contract', 'who signed it'] }],
  ['missing alone', { needs_person: false, missing: ['the contract', 'who signed it'] }],
])('a model that writes nothing, with %s, hands the mail to a person and says why', async (name, answer) => {
  const address = `legal-${name.length}@shop.example`
  await using walk = await start(address, { roles: ['web'] })
  written = answer
  await dovecot.deliver(
    address,
    letter({ id: `<${name.length}@asks.example>`, from: customer, to: address, text: question }),
  )
  const row = await walk.handle()
  expect(row).toMatchObject({ step: 'review', disposition: 'held', reason: 'needs-person' })
  expect(row.detail).toBe('missing: the contract; who signed it')
  expect(row.verdict).toMatchObject({ summary: expect.stringMatching(/\S/) })
  expect(await loadReply(walk.context.db, row.id)).toBeNull()
  expect(await readMailbox(dovecot, address, 'Drafts')).toEqual([])
  // The page and the command line say so.
  const REPLYD_URL = walk.running.daemon.url ?? ''
  const page = await (await fetch(new URL(`/replies/${row.id}`, REPLYD_URL))).text()
  expect(page).toContain('A person should answer this one.')
  expect(page).toContain('missing: the contract; who signed it')
  const environment = { REPLYD_URL, REPLYD_TOKEN: 'none' }
  const { out } = await run(['replies', 'show', row.id], { environment })
  const { summary } = row.verdict as { summary: string }
  expect(out).toContain(
    `No reply. A person should answer this one.\n${summary}\nmissing: the contract; who signed it`,
  )
})

test('the first automatic reply to a person says above the text what wrote it, the next one only how to reach a person', async () => {
  const address = 'desk@first.example'
  const replies = { disclosureAt: 'above', disclosureIn: 'first' }
  await using walk = await start(address, { replies, account: { name: 'Ann Shop Ltd.' } })
  const disclosed: string[] = []
  const warranty = 'Hello,\n\nis there a warranty on frames?\n\nKim'
  const mails = [
    ['kim@first.example', question],
    ['lou@other.example', question],
    ['kim@first.example', warranty],
  ] as const
  for (const [from, text] of mails) {
    const id = `<first${disclosed.length}@asks.example>`
    await dovecot.deliver(address, letter({ id, from, to: address, text }))
    const row = await walk.handle()
    expect(row).toMatchObject({ disposition: 'sent' })
    const reply = await loadReply(walk.context.db, row.id)
    const { text: sent, fields } = parseOctets(reply?.octets ?? Buffer.alloc(0))
    expect(firstField({ fields }, 'x-ai-disclosure')).toBe('written-and-sent-by-ai')
    expect(sent).toMatch(/^Reply HUMAN to reach a person\.\s*$/m)
    disclosed.push(sent?.split('\n')[0]?.trim() ?? '')
  }
  const line = 'Written and sent by an AI system on behalf of Ann Shop Ltd.'
  expect(disclosed).toEqual([line, line, expect.not.stringContaining('AI system')])
})

test('somebody who answers HUMAN to an automatic reply gets a person, and no more automatic replies in that thread', async () => {
  const address = 'desk@human.example'
  await using walk = await start(address)
  const deliver = delivering(address)
  await deliver('<one@asks.example>', question)
  expect(await walk.handle()).toMatchObject({
    disposition: 'sent',
    reason: 'all-clear',
    // The server's own words, with its code only once.
    detail: expect.stringMatching(/^250 2\./),
  })
  await postfix.drained()
  const [answer] = await readMailbox(dovecot, customer, 'INBOX')
  expect(parseOctets(answer?.octets ?? Buffer.alloc(0)).text).toContain(
    `Written and sent by an AI system on behalf of ${address}.\nReply HUMAN to reach a person.`,
  )
  const thread = ['<one@asks.example>', answer?.messageId ?? '']
  const before = asked.length
  await deliver('<two@asks.example>', `Human.\n\n> ${question}`, thread)
  expect(await walk.handle()).toMatchObject({ step: 'review', disposition: 'held', reason: 'human-asked' })
  expect(asked.length).toBe(before)
  // Automatic replies have ended in this thread, but not in another one.
  await deliver('<three@asks.example>', `${question}\nIs anybody there?`, thread)
  expect(await walk.handle()).toMatchObject({
    disposition: 'drafted',
    reason: 'guard-ceiling',
    ceiling: 'draft',
  })
  await deliver('<four@asks.example>', 'Hello,\n\ncan I collect a repair on Saturday?\n\nKim')
  expect(await walk.handle()).toMatchObject({ disposition: 'sent' })
})

test('a HUMAN that comes within the undo window holds back the automatic reply', async () => {
  const address = 'undo@human.example'
  await using walk = await start(address, { replies: { undo: '1h' } })
  const deliver = delivering(address)
  await deliver('<u1@asks.example>', question)
  const first = await walk.handle()
  walk.ahead += 3_600_001
  expect((await walk.walk(first.id)).row.disposition).toBe('sent')
  await deliver('<u2@asks.example>', 'Hello,\n\ncan I collect a repair on Saturday?\n\nKim')
  const second = await walk.handle()
  expect(second).toMatchObject({ disposition: 'approved', reason: 'all-clear' })
  await deliver('<u3@asks.example>', 'HUMAN', ['<u2@asks.example>'])
  expect(await walk.handle()).toMatchObject({ disposition: 'held', reason: 'human-asked' })
  walk.ahead += 3_600_001
  expect((await walk.walk(second.id)).row).toMatchObject({ disposition: 'drafted', reason: 'human-asked' })
})

test('a forged HUMAN is not obeyed, and ids that nobody has seen are not kept', async () => {
  const address = 'forged@human.example'
  await using walk = await start(address)
  const deliver = delivering(address)
  await deliver('<f1@asks.example>', question)
  expect(await walk.handle()).toMatchObject({ disposition: 'sent' })
  const human = letter({
    id: '<f2@asks.example>',
    from: customer,
    to: address,
    text: 'HUMAN',
    references: ['<f1@asks.example>', '<invented@asks.example>'],
  })
  await dovecot.deliver(address, human.replace('dmarc=pass', 'dmarc=fail'))
  expect((await walk.handle()).reason).not.toBe('human-asked')
  await dovecot.deliver(address, human.replace('<f2@asks.example>', '<f3@asks.example>'))
  expect(await walk.handle()).toMatchObject({ disposition: 'held', reason: 'human-asked' })
  const { rows } = await walk.context.db.query<{ id: string }>(
    'select message_id as id from replyd.human_thread where account = $1 order by 1',
    [address],
  )
  expect(rows.map(({ id }) => id)).toEqual(['<f1@asks.example>', '<f3@asks.example>'])
})

test('HUMAN ends only the automatic replies to its author, whatever ids it names', async () => {
  const address = 'others@human.example'
  await using walk = await start(address)
  const deliver = delivering(address)
  await deliver('<k1@asks.example>', 'Hello,\n\ncan I collect a repair on Saturday?\n\nKim')
  expect(await walk.handle()).toMatchObject({ disposition: 'sent' })
  const byEve = (id: string, text: string, references: string[] = []) =>
    dovecot.deliver(address, letter({ id, from: 'eve@elsewhere.example', to: address, text, references }))
  await byEve('<e1@elsewhere.example>', question)
  expect(await walk.handle()).toMatchObject({ disposition: 'sent' })
  await byEve('<e2@elsewhere.example>', 'HUMAN', ['<e1@elsewhere.example>', '<k1@asks.example>'])
  expect(await walk.handle()).toMatchObject({ disposition: 'held', reason: 'human-asked' })
  await deliver('<k2@asks.example>', question, ['<k1@asks.example>'])
  expect(await walk.handle()).toMatchObject({ disposition: 'sent' })
})

test('HUMAN from somebody who was never answered automatically is a mail like any other', async () => {
  const address = 'first@human.example'
  await using walk = await start(address)
  await dovecot.deliver(
    address,
    letter({ id: '<h@asks.example>', from: customer, to: address, text: 'HUMAN' }),
  )
  expect((await walk.handle()).reason).not.toBe('human-asked')
})

test('outside of business hours an automatic reply waits for the opening, and a person’s does not', async () => {
  const address = 'office@hours.example'
  const now = new Date()
  const tomorrow = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][now.getUTCDay()]
  await using walk = await start(address, { replies: { businessHours: `${tomorrow} 09:00-10:00` } })
  const opening = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1, 9))
  await dovecot.deliver(
    address,
    letter({ id: '<o1@asks.example>', from: customer, to: address, text: question }),
  )
  const row = await walk.handle()
  expect(row).toMatchObject({
    step: 'deliver',
    disposition: 'approved',
    reason: 'outside-hours',
    dueAt: opening,
  })
  expect(await loadReply(walk.context.db, row.id)).toMatchObject({ state: 'approved', sendAfter: opening })
  // One run that is too early, and one that is too late because the daemon was down during the business hours.
  const early = await walk.walk(row.id)
  expect(early.putOff).toMatchObject({ until: opening, reason: 'outside-hours' })
  walk.ahead = opening.getTime() - Date.now() + 5 * 3_600_000
  const late = await walk.walk(row.id)
  expect(late.putOff).toMatchObject({
    until: new Date(opening.getTime() + 7 * 86_400_000),
    reason: 'outside-hours',
  })
  // A reply that a person approves is sent at once, outside of the hours, too.
  const other = 'lou@asks.example'
  walk.ahead = 0
  await dovecot.deliver(
    address,
    letter({ id: '<o2@asks.example>', from: other, to: address, text: question }),
  )
  const second = await walk.handle()
  expect(second.reason).toBe('outside-hours')
  const review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  await cancel(review, second.id, 'Ann')
  await approveCurrentText(review, second.id)
  expect((await walk.walk(second.id)).row).toMatchObject({
    disposition: 'sent',
    reason: 'approved-by-person',
  })
  walk.ahead = opening.getTime() - Date.now() + 1000
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
})

test('each account writes with its own prompts and its own knowledge', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'replyd-prompts-'))
  try {
    for (const name of ['triage.md', 'compose.md', 'check.md']) {
      const packaged = readFileSync(new URL(`../../prompts/${name}`, import.meta.url), 'utf8')
      writeFileSync(join(folder, name), `${packaged}\nWe are pirates.\n`)
    }
    writeFileSync(join(folder, 'anchors.txt'), 'Anchors are weighed on Saturday at noon.')
    const account = (name: string, own: object) => {
      const server = {
        host: dovecot.host,
        user: `${name}@two.example`,
        password: dovecot.password,
        secure: false,
      }
      const imap = { ...server, port: dovecot.imapPort }
      const smtp = { ...server, host: postfix.host, port: postfix.smtpPort }
      return { address: `${name}@two.example`, imap, smtp, since: 'all', ...own }
    }
    const accounts = [account('plain', {}), account('pirate', { prompts: folder, knowledge: folder })]
    for (const name of ['plain', 'pirate']) {
      await using walk = await start(`${name}@two.example`, { document: { accounts } })
      await dovecot.deliver(
        `${name}@two.example`,
        letter({ id: `<${name}@asks.example>`, from: customer, to: `${name}@two.example`, text: question }),
      )
      await walk.handle()
      const prompts = asked.map(({ body }) => body.messages.map(({ content }) => content).join('\n'))
      expect(prompts.map((prompt) => prompt.includes('We are pirates.'))).toEqual(
        prompts.map(() => name === 'pirate'),
      )
      const composing = prompts.at(-1) ?? ''
      expect(composing.includes('Anchors are weighed')).toBe(name === 'pirate')
      expect(composing.includes('open Tuesday to Friday')).toBe(name === 'plain')
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
