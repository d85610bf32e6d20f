/** Sources that the writer of a reply is given, or must never be given: on real Dovecot, step by step. */

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { forceReply } from '../live/force.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { withClient } from './mailboxes.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
/** The last question of the step compose. */
let prompt = ''

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question, body }) => {
        if (question.task === 'compose') prompt = body.messages.at(-1)?.content ?? ''
        return undefined
      },
    }),
  ])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const start = (address: string) =>
  startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: dovecot.host, port: 1 },
    standIn,
    account: { authservIds: ['mx.replyd.test'], name: 'Ann Shop' },
  })

/** The text between the markers of that kind; null if there is no such block. */
const block = (kind: string) =>
  new RegExp(`<<<${kind}:\\w+\\n(.*?)\\n${kind}:\\w+>>>`, 's').exec(prompt)?.[1] ?? null

/** The owner changes the draft and sends it from their own program. */
async function sendEdited({ context }: Walk, row: MessageRow, edit: (text: string) => string): Promise<void> {
  const reply = await loadReply(context.db, row.id)
  const change = { id: row.id, from: ['saved'], to: 'sent', actor: 'owner' } as const
  const text = edit(reply?.text ?? '')
  const sent = await forceReply(context.db, { ...change, text, finishedAt: new Date() }, new Date())
  expect(sent?.state).toBe('sent')
}

const hours = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
const collect = 'Hello,\n\ncan I collect a repair on Saturday?'

test('corrections come from the account’s own category without what is personal, earlier replies from the same address', async () => {
  const address = 'ann@sources.example'
  await using walk = await start(address)
  const deliver = async (id: string, from: string, text: string) => {
    await dovecot.deliver(address, letter({ id, from, to: address, text }))
    return walk.handle()
  }
  const first = await deliver('<s1@asks.example>', 'Kim Sand <kim@asks.example>', hours)
  expect(first.disposition).toBe('drafted')
  expect([block('CORRECTIONS'), block('EARLIER'), block('THREAD')]).toEqual([null, null, null])
  await sendEdited(
    walk,
    first,
    (text) => `${text}\n\nDear Kim Sand, ring 030 1234567 and ask for kim@asks.example.`,
  )

  // For a different person the writer gets corrections, but nothing that Kim was sent.
  await deliver('<s2@asks.example>', 'Lou Reed <lou@asks.example>', collect)
  expect(block('CORRECTIONS')).toMatch(/^Draft: .*\nThe owner sent: Dear …, ring … and ask for …$/s)
  expect(block('EARLIER')).toBeNull()
  expect(prompt).not.toMatch(/kim|sand|1234567/i)

  // For Kim, in another thread, it gets what Kim was sent.
  await deliver('<s3@asks.example>', 'Kim Sand <kim@asks.example>', collect)
  expect(block('EARLIER')).toMatch(/^owner, .*ring 030 1234567 and ask for/s)

  // The reply would go to somebody else, who only claims to be Kim.
  await dovecot.deliver(
    address,
    letter({
      id: '<s4@asks.example>',
      from: 'Kim Sand <kim@asks.example>',
      to: address,
      text: collect,
      headers: ['Reply-To: thief@asks.example'],
    }),
  )
  expect((await walk.handle()).disposition).toBe('drafted')
  expect(block('EARLIER')).toBeNull()
  expect(block('MAIL')).toContain('collect a repair')
})

test('a thread holds the owner’s own mails, oldest first, and nothing that the addressee did not take part in', async () => {
  const address = 'ann@thread.example'
  await using walk = await start(address)
  const deliver = async (id: string, from: string, text: string, references?: string[]) => {
    await dovecot.deliver(
      address,
      letter({ id, from, to: address, text, ...(references ? { references } : {}) }),
    )
    return walk.handle()
  }
  await deliver('<t1@asks.example>', 'kim@asks.example', `${hours}\n\nThe secret of Kim is the pin 4711.`)
  const byHand = letter({
    id: '<t2@thread.example>',
    from: address,
    to: 'kim@asks.example',
    text: 'Come on Saturday at noon.\n\nOn Tue, Kim wrote:\n> what are your opening hours?',
    references: ['<t1@asks.example>'],
  })
  await withClient(dovecot, address, (client) => client.append('Sent', Buffer.from(byHand), ['\\Seen']))

  await deliver('<t3@asks.example>', 'kim@asks.example', collect, [
    '<t1@asks.example>',
    '<t2@thread.example>',
  ])
  const thread = block('THREAD') ?? ''
  expect(thread).toMatch(/^sender, .*pin 4711.*owner, .*Come on Saturday at noon\.$/s)
  expect(thread).not.toContain('Kim wrote')

  // A stranger who knows the ids learns nothing by referring to them.
  await deliver('<t4@else.example>', 'thief@else.example', collect, [
    '<t1@asks.example>',
    '<t2@thread.example>',
  ])
  expect(block('THREAD')).toBeNull()
  expect(prompt).not.toMatch(/4711|Saturday at noon/)
})

test('an overlong thread is cut, and the row says so', async () => {
  const address = 'ann@long.example'
  await using walk = await start(address)
  const references: string[] = []
  for (let at = 1; at <= 6; at++) {
    const id = `<l${at}@asks.example>`
    const text = `${collect}\n\n${`Line ${at} of many words that nobody reads. `.repeat(60)}`
    await dovecot.deliver(
      address,
      letter({
        id,
        from: 'kim@asks.example',
        to: address,
        text,
        ...(at > 1 ? { references: [...references] } : {}),
      }),
    )
    references.push(id)
  }
  const rows = await walk.arrive()
  const { row } = await walk.walk(rows.at(-1)?.id ?? '')
  expect(row.detail ?? '').not.toBe('')
  const { rows: events } = await walk.context.db.query<{ detail: string }>(
    `select detail from replyd.event where message_id = $1 and step = 'compose'`,
    [row.id],
  )
  expect(events[0]?.detail).toMatch(/^not read: .*thread: \d messages in the middle$/)
  expect(block('THREAD')).toMatch(/^sender, .*Line 1 of.*\[… \d messages left out …\].*Line 5 of/s)
  // More references than are looked up.
  const many = Array.from({ length: 40 }, (_, at) => `<far${at}@asks.example>`)
  await dovecot.deliver(
    address,
    letter({
      id: '<l7@asks.example>',
      from: 'kim@asks.example',
      to: address,
      text: collect,
      references: many,
    }),
  )
  const last = await walk.handle()
  const { rows: more } = await walk.context.db.query<{ detail: string }>(
    `select detail from replyd.event where message_id = $1 and step = 'compose'`,
    [last.id],
  )
  expect(more[0]?.detail).toBe('not read: thread: 10 messages at its beginning')
})
