/**
 * Quirks of single mail servers that harm a user, imitated by a relay in front of a real server (docs/odd-servers.md).
 */
import { EventEmitter, once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { OwnerActionError, TemporaryError } from '../../src/base/errors.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { Watcher } from '../../src/receive/watch.ts'
import { Leases } from '../../src/store/leases.ts'
import { type Hooks, Relay } from '../live/relay.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox } from './mailboxes.ts'
import { approveCurrentText, letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
let users = 0

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

interface Odd extends AsyncDisposable {
  walk: Walk
  relay: Relay
  server: ScriptedServer
  address: string
}

/** A walk whose mailbox is reached through the hooks. */
async function odd(hooks: Hooks): Promise<Odd> {
  const address = `odd${users++}@replyd.test`
  const relay = await Relay.start(dovecot.imapPort, hooks)
  const server = await ScriptedServer.start()
  const walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: relay.port, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: server.port },
    standIn,
    account: {
      imap: { host: dovecot.host, port: relay.port, password: dovecot.password, secure: false, poll: '1s' },
      authservIds: ['mx.replyd.test'],
      sentCopy: true,
      replies: { mode: 'review', undo: '0s' },
    },
  })
  return {
    walk,
    relay,
    server,
    address,
    async [Symbol.asyncDispose]() {
      await walk[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await relay[Symbol.asyncDispose]()
    },
  }
}

const text = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
const from = 'kim@asks.example'

test('a copy that \\Sent refuses for now does not keep the original unanswered', async () => {
  await using o = await odd({
    toServer: (line) => line.replace(/(APPEND "?)Sent/, '$1Nowhere'),
    // Courier's refusal has no response code, so it counts as temporary.
    toClient: (line) => line.replace('[TRYCREATE] ', ''),
  })
  const { walk, address } = o
  await dovecot.deliver(address, letter({ id: '<one@asks.example>', from, to: address, text }))
  const row = await walk.handle()
  await approveCurrentText({ context: walk.context, pipeline: walk.running.daemon.pipeline }, row.id)
  await expect(walk.walk(row.id)).rejects.toBeInstanceOf(TemporaryError)
  expect(o.server.mails).toHaveLength(1)
  const [original] = await readMailbox(dovecot, address, 'INBOX')
  expect(original?.flags).toContain('\\Answered')
  o.relay.hooks = {}
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
  expect(await readMailbox(dovecot, address, 'Sent')).toHaveLength(1)
  expect(o.server.mails).toHaveLength(1)
})

describe('a mailbox with a new UIDVALIDITY at each look', () => {
  const events = new EventEmitter()

  /** @param until when the renumbering ends: at the first SELECT, as on Courier, or only with the test */
  function renumbering(until: 'SELECT' | 'test'): Hooks & { statuses: number; polls: number } {
    let settled = false
    let next = 1000
    const hooks = {
      statuses: 0,
      polls: 0,
      toServer: (line: string) => {
        if (/^\S+ SELECT "?INBOX/.test(line)) settled = until === 'SELECT'
        if (/^\S+ STATUS/.test(line)) hooks.statuses++
        if (/^\S+ NOOP/.test(line)) events.emit('poll', ++hooks.polls)
        return line
      },
      toClient: (line: string) =>
        settled ? line : line.replace(/UIDVALIDITY \d+/g, () => `UIDVALIDITY ${++next}`),
    }
    return hooks
  }

  function watch({ walk: { context, account } }: Odd, restMs: { first: number; longest: number }) {
    const stop = new AbortController()
    const log = Object.assign(Object.create(context.log), {
      warn: ({ event }: { event: string }) => events.emit(event),
    })
    const troubles: (string | null)[] = []
    const ingested: string[] = []
    const leases = new Leases(context.db, { holder: 'test', isGone: () => true }, log)
    const watcher = new Watcher({ ...context, log }, account, {
      onIngested: async (mails) => {
        ingested.push(...mails.map(({ row }) => row.messageId ?? ''))
        events.emit('ingested')
      },
      onStopped: (error) => events.emit('trouble', error),
      onTrouble: (error) => {
        troubles.push(error?.name ?? null)
        events.emit('trouble', error)
      },
      restMs,
      leases,
    })
    const done = watcher.run(stop.signal)
    const end = async () => {
      stop.abort()
      await done
      leases[Symbol.dispose]()
    }
    return { troubles, ingested, [Symbol.asyncDispose]: end }
  }

  test('until it is opened for writing is opened that way before its first mail is read', async () => {
    await using o = await odd(renumbering('SELECT'))
    await dovecot.deliver(o.address, letter({ id: '<one@asks.example>', from, to: o.address, text }))
    await using watched = watch(o, { first: 60_000, longest: 60_000 })
    while (watched.ingested.length < 1) await once(events, 'ingested')
    expect(watched.troubles).toEqual([])
  })

  test('is left alone between two looks, whatever the server reports meanwhile', async () => {
    const hooks = renumbering('test')
    await using o = await odd(hooks)
    await using _watched = watch(o, { first: 60_000, longest: 60_000 })
    await once(events, 'watch.failed')
    const { statuses, polls } = hooks
    await dovecot.deliver(o.address, letter({ id: '<one@asks.example>', from, to: o.address, text }))
    while (hooks.polls < polls + 3) await once(events, 'poll')
    expect(hooks.statuses).toBe(statuses)
  })

  test('the owner is informed once, and again when it can be read', async () => {
    await using o = await odd(renumbering('test'))
    await dovecot.deliver(o.address, letter({ id: '<one@asks.example>', from, to: o.address, text }))
    await using watched = watch(o, { first: 5, longest: 50 })
    const [error] = await once(events, 'trouble')
    expect(error).toBeInstanceOf(OwnerActionError)
    expect((error as Error).message).toMatch(/INBOX new numbers \(UIDVALIDITY\)/)
    o.relay.hooks = {}
    const [over] = await once(events, 'trouble')
    expect(over).toBeNull()
    while (watched.ingested.length < 1) await once(events, 'ingested')
    expect(watched.troubles).toEqual(['OwnerActionError', null])
    expect(new Set(watched.ingested)).toEqual(new Set(['<one@asks.example>']))
  })
})
