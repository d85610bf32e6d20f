import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import type { Reason } from '../../src/base/reasons.ts'
import type { TellableEvent } from '../../src/store/webhooks.ts'
import { budgetPayload, gapsOf, nameOfEvent, reportsOf, stopPayload } from '../../src/web/webhook-events.ts'
import { postTo, retryDelay, signatureOf } from '../../src/web/webhooks.ts'
import { listening } from '../listening.ts'

test.each([
  ['held', 'decide', 'reply.held'],
  ['uncertain', 'deliver', 'reply.held'],
  ['drafted', 'deliver', 'reply.drafted'],
  ['drafted', 'done', null],
  ['sent', 'deliver', 'reply.sent'],
  ['sent', 'review', null],
  ['sent-by-owner', 'done', 'reply.sent'],
  ['filed', 'file', 'mail.junked'],
  ['marked', 'file', 'mail.junked'],
  ['declined', 'triage', null],
  ['restored', 'done', null],
] as const)('%s at %s is %s', (disposition, step, name) =>
  expect(nameOfEvent({ disposition, step, reason: 'mode-review' })).toBe(name),
)

test.each([
  ['held', 'review', 'edited', null],
  ['held', 'deliver', 'cancelled', null],
  ['held', 'done', 'reopened', null],
  ['held', 'done', 'junk-undone', null],
  ['held', 'review', 'held-again', null],
  ['drafted', 'deliver', 'cancelled', null],
  ['held', 'done', 'draft-without-addressee', 'reply.held'],
  ['held', 'deliver', 'restored', 'reply.held'],
  ['filed', 'done', 'junked-by-owner', 'mail.junked'],
] as const)(
  '%s at %s by %s is %s: what a person has just done is no news',
  (disposition, step, reason, name) => {
    expect(nameOfEvent({ disposition, step, reason })).toBe(name)
    const missing = ['the price']
    if (name === null) expect(gapsOf({ disposition, step, reason, missing, detail: null })).toEqual([])
  },
)

const price = ['the price']
test.each([
  ['held', 'decide', price, null, price],
  ['held', 'decide', [], null, []],
  ['held', 'decide', null, null, []],
  ['held', 'review', price, null, []],
  ['held', 'compose', null, 'missing: the price; the day', ['the price', 'the day']],
  ['held', 'compose', price, 'not read: a\nmissing: the day', ['the day']],
  ['held', 'compose', null, 'not read: missing: x', []],
  ['held', 'compose', null, null, []],
  ['drafted', 'deliver', price, null, price],
  ['drafted', 'done', price, null, []],
  ['sent', 'deliver', price, null, []],
  ['approved', 'decide', price, null, []],
] as const)('%s at %s with %j and %j misses %j', (disposition, step, missing, detail, gaps) =>
  expect(
    gapsOf({ disposition, step, reason: 'mode-review', missing: missing && [...missing], detail }),
  ).toEqual(gaps),
)

describe('webhook-id', () => {
  const event = {
    ...{ id: 9, at: new Date('2026-11-28T10:00:00Z'), step: 'decide', disposition: 'held' },
    ...{
      reason: 'mode-review' as Reason,
      messageId: '01kkbfjyqvqsrqk42rh8x4ebgq',
      account: 'a@shop.example',
    },
    ...{ fromAddress: null, subject: null, summary: null, detail: null, missing: ['the price'] },
  } as TellableEvent
  const idsOf = (change: Partial<TellableEvent>) => reportsOf({ ...event, ...change }).map(({ id }) => id)

  test('is the same at every try, and another one for each event', () => {
    expect(idsOf({})).toEqual(idsOf({}))
    expect(new Set(idsOf({})).size).toBe(2)
    for (const id of idsOf({})) expect(id).toMatch(/^evt_[0-9a-f]{32}$/)
  })

  test.each([
    ['of a new store', { messageId: '01kkbfk2w8v4t9c4m2hw6ynbcd' }],
    ['after a restore, of a number that was used', { at: new Date('2026-11-28T11:00:00Z') }],
    ['of the next event', { id: 10 }],
  ])('differs %s', (_, change) => {
    for (const id of idsOf(change)) expect(idsOf({})).not.toContain(id)
  })
})

describe('the signature', () => {
  test('is that of Standard Webhooks, with a secret in base64', () => {
    const key = Buffer.from('a secret of ours, 24 byt')
    const expected = createHmac('sha256', key).update('event-1.1700000000.{}').digest('base64')
    expect(signatureOf(`whsec_${key.toString('base64')}`, 'event-1', 1_700_000_000, '{}')).toBe(
      `v1,${expected}`,
    )
  })

  test('changes with the body', () => {
    expect(signatureOf('plain secret', 'e', 1, '{}')).not.toBe(signatureOf('plain secret', 'e', 1, '{ }'))
  })
})

test.each([
  [1, 2_000],
  [5, 32_000],
  [12, 3_600_000],
  [2_000, 3_600_000],
])('after %d failures it waits %d ms', (attempts, ms) => expect(retryDelay(attempts)).toBe(ms))

describe('a receiver', () => {
  const message = { id: 'event-1', body: '{"a":1}', at: new Date('2026-11-28T10:00:00.900Z') }
  const patient = new AbortController().signal
  const told = async (answer: RequestListener, signal = patient) => {
    const asked: string[] = []
    await using server = await listening((request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    })
    return { failure: await postTo({ url: `${server.url}/hook`, secret: 's' }, message, signal), asked }
  }

  test('is posted the signed event', async () => {
    let seen = ''
    const { failure } = await told(async (request, response) => {
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
      seen = [request.method, id, at, signature, await text(request)].join(' ')
      response.writeHead(204).end()
    })
    expect(failure).toBeNull()
    expect(seen).toBe(
      `POST event-1 1795860000 ${signatureOf('s', 'event-1', 1_795_860_000, message.body)} ${message.body}`,
    )
  })

  test('that never ends its answer counts as notified', async () => {
    const { failure } = await told((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.writeHead(200).on('drain', more)
      more()
    })
    expect(failure).toBeNull()
  })

  test.each([301, 307, 404, 500])('that answers %d does not, and no redirect is followed', async (status) => {
    const { failure, asked } = await told((_request, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(),
    )
    expect([failure, asked]).toEqual([`HTTP ${status}`, ['/hook']])
  })

  test('that says nothing does not keep the daemon from stopping', async () => {
    const stop = new AbortController()
    const { failure } = await told(() => stop.abort(), stop.signal)
    expect(failure).toMatch(/aborted/)
  })
})

const budget = { timeZone: 'UTC' } as Parameters<typeof budgetPayload>[1]
const page = readFileSync(fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json))

test.each(examples.map((example) => [example.type, example]))(
  'the example of %s says what replyd would',
  (type, example) => {
    const { mail, at, missing = null, account, reason } = example
    const said = (payload: object) => JSON.parse(JSON.stringify({ type, ...payload }))
    if (type === 'account.stopped') expect(said(stopPayload(new Date(at), account, reason))).toEqual(example)
    else if (type === 'budget.reached')
      expect(said(budgetPayload(new Date(at), { ...budget, perDay: example.perDay }))).toEqual(example)
    else {
      const step = ['mail.junked', 'reply.held'].includes(type) ? ('decide' as const) : ('deliver' as const)
      const event = { ...mail, id: 1, step, at: new Date(at), messageId: mail.id, fromAddress: mail.from }
      const reports = reportsOf({ ...event, missing, detail: null })
      expect(reports.map((each) => said({ type: each.type, ...each.payload }))).toContainEqual(example)
    }
  },
)
