/** The owner's style, from their own mail on a real Dovecot. */

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { observeCorrespondents } from '../../src/observe/correspondents.ts'
import { observeStyle } from '../../src/observe/style.ts'
import { forgetCorrespondent } from '../../src/store/forget.ts'
import { knownSender } from '../../src/store/history.ts'
import { loadReply } from '../../src/store/replies.ts'
import { loadStyles, removeStyles } from '../../src/store/styles.ts'
import { forceReply } from '../live/force.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { readMailbox, withClient } from './mailboxes.ts'
import { letter, startWalk } from './walk.ts'

const address = 'ann@style.example'
const names = ['Kim Sand', 'Lou Reed', 'Ida Blum', 'Max Stein']
let dovecot: Dovecot
let standIn: StandIn
/** The system message of the last reply. */
let told = ''

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question, body }) => {
        if (question.task === 'compose') told = body.messages[0]?.content ?? ''
        return undefined
      },
    }),
  ])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

/** Twelve of the owner's mails in each of two languages, nine in a third, and mails that are no evidence. */
function sentMails(): string[] {
  const sent = (at: number, text: string, headers: string[] = []) => {
    const name = names[at % names.length] ?? ''
    const to = `${name} <${name.split(' ')[0]?.toLowerCase()}@asks.example>`
    return letter({
      id: `<s${Math.random()}@style.example>`,
      from: `Ann Shop <${address}>`,
      to,
      text,
      headers,
    })
  }
  const first = (at: number) => names[at % names.length]?.split(' ')[0]
  const last = (at: number) => names[at % names.length]?.split(' ')[1]
  const twelve = Array.from({ length: 12 }, (_, at) => at)
  return [
    ...twelve.map((at) =>
      sent(
        at,
        `Hi ${first(at)},\n\nthanks for your mail, we have sent the parcel to you.\n\nAll the best,\nAnn\n\n-- \nShop Ltd`,
      ),
    ),
    ...twelve.map((at) =>
      sent(
        at,
        `Guten Tag Frau ${last(at)},\n\nvielen Dank für Ihre Nachricht. Wir haben das Paket heute an Sie gesendet.\n\nFreundliche Grüße\nAnn\n\nAm 1.1. schrieb Kim:\n> Wo ist das Paket?`,
      ),
    ),
    ...twelve
      .slice(0, 9)
      .map((at) =>
        sent(at, `Bonjour ${first(at)},\n\nnous avons envoyé le colis pour vous.\n\nCordialement`),
      ),
    ...twelve.map((at) =>
      sent(at, 'Dear robot,\n\nyour ticket is closed and we do not want to hear from you.\n\nThe machine', [
        'Auto-Submitted: auto-replied',
      ]),
    ),
  ]
}

test('is learned by language from the owner’s own mails, told to the model as a few facts, and refreshed once a day', async () => {
  await using walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: dovecot.host, port: 1 },
    standIn,
    account: { authservIds: ['mx.replyd.test'], name: 'Ann Shop' },
  })
  const { context, account } = walk
  const { db } = context
  const append = (mails: readonly string[]) =>
    withClient(dovecot, address, async (client) => {
      for (const mail of mails) await client.append('Sent', Buffer.from(mail), ['\\Seen'])
    })
  await append(sentMails())
  expect(await observeStyle(context, account)).toBe(true)
  const english = {
    greeting: 'Hi {first name},',
    closing: 'All the best, / Ann',
    words: 17,
    manner: null,
    evidence: 12,
  }
  const german = {
    greeting: 'Guten Tag Frau {last name},',
    closing: 'Freundliche Grüße / Ann',
    words: 20,
    manner: 'formal (Sie)',
    evidence: 12,
  }
  expect((await loadStyles(db, address))?.styles).toEqual({ en: english, de: german })
  expect((await readMailbox(dovecot, address, 'Sent')).every(({ flags }) => flags.includes('\\Seen'))).toBe(
    true,
  )

  // Once a day.
  expect(await observeStyle(context, account)).toBe(false)

  const ask = async (id: string, text: string) => {
    await dovecot.deliver(address, letter({ id, from: 'New One <new@asks.example>', to: address, text }))
    return walk.handle()
  }
  const question = 'Guten Tag,\n\nwann haben Sie am Samstag geöffnet? Ich möchte wissen, wie das ist.\n\nNeu'
  const row = await ask('<q1@asks.example>', question)
  expect(told).toContain(
    `The owner's style (fill in what stands in braces): greeting "Guten Tag Frau {last name},"; closing "Freundliche Grüße / Ann"; about 20 words; formal (Sie).`,
  )
  expect(told).not.toMatch(/Sand|Reed|Blum|Stein|Paket/)
  await ask('<q2@asks.example>', 'Bonjour,\n\nje voudrais savoir si vous livrez en France ?\n\nNeuf')
  expect(told).not.toContain("The owner's style")

  // Text that replyd wrote and nobody changed is no evidence, however often it was sent; rewritten text is.
  const reply = await loadReply(db, row.id)
  const change = { id: row.id, from: ['saved'], to: 'sent', actor: 'owner', finishedAt: new Date() } as const
  await forceReply(db, change, new Date())
  const answer = (text: string) =>
    letter({
      id: `<a${Math.random()}@style.example>`,
      from: address,
      to: 'New One <new@asks.example>',
      text,
      references: ['<q1@asks.example>'],
    })
  const unchanged = answer(reply?.text ?? '')
  const own = answer(
    'Guten Tag Frau One,\n\nam Samstag haben wir für Sie nicht geöffnet.\n\nFreundliche Grüße\nAnn',
  )
  await append([unchanged, unchanged, unchanged, own])
  walk.ahead += 86_400_001
  expect(await observeStyle(context, account)).toBe(true)
  expect((await loadStyles(db, address))?.styles).toMatchObject({
    de: { evidence: 13 },
    en: { evidence: 12 },
  })

  // `state.keep` removes only what was learned before that.
  await removeStyles(db, new Date(0))
  expect(await loadStyles(db, address)).not.toBeNull()
  await removeStyles(db, null)
  expect(await loadStyles(db, address)).toBeNull()
})

test('the people whom the owner has written to are read from all of \\Sent, then from what is new there', async () => {
  const own = 'bob@style.example'
  await using walk = await startWalk({
    address: own,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: own, password: dovecot.password },
    smtp: { host: dovecot.host, port: 1 },
    standIn,
  })
  const { context, account } = walk
  const append = (mails: { to: string; headers?: string[] }[]) =>
    withClient(dovecot, own, async (client) => {
      for (const [at, { to, headers = [] }] of mails.entries()) {
        const mail = letter({ id: `<${at}-${to}>`, from: `Bob <${own}>`, to, text: 'Hello', headers })
        await client.append('Sent', Buffer.from(mail), ['\\Seen'])
      }
    })
  const known = (addresses: string[]) =>
    Promise.all(
      addresses.map(async (address) => (await knownSender(context.db, own, address, 'none')).writtenTo),
    )
  const many = Array.from({ length: 120 }, (_, at) => ({ to: `n${at}@asks.example` }))
  await append([
    { to: 'First@Asks.example', headers: ['Cc: second@asks.example'] },
    ...many,
    { to: 'robot@asks.example', headers: ['Auto-Submitted: auto-replied'] },
  ])
  const look = (hours: number) => {
    const now = new Date(context.clock.now().getTime() + hours * 3_600_000)
    return observeCorrespondents({ ...context, clock: { ...context.clock, now: () => now } }, account)
  }
  expect(await look(0)).toBe(true)
  const asked = ['first@asks.example', 'second@asks.example', 'n0@asks.example', 'n119@asks.example']
  expect(await known(asked)).toEqual([true, true, true, true])
  expect(await known(['robot@asks.example', 'later@asks.example'])).toEqual([false, false])
  await append([{ to: 'later@asks.example' }])
  expect(await look(0.9)).toBe(false)
  expect(await look(1)).toBe(true)
  expect(await known(['later@asks.example'])).toEqual([true])
  // A privacy request takes the address away, and the next look does not bring it back.
  await forgetCorrespondent(context.db, 'later@asks.example', 'bob', context.clock.now())
  expect(await look(2.1)).toBe(true)
  expect(await known(['later@asks.example', 'first@asks.example'])).toEqual([false, true])
})
