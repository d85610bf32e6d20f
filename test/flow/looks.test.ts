import { EventEmitter, once } from 'node:events'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type ImapAccount, openImapAccount } from '../../src/imap/imap.ts'
import { Watcher } from '../../src/receive/watch.ts'
import { Leases } from '../../src/store/leases.ts'
import { quietOptions } from '../live/imap-account.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})
afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const mail = (address: string, id: string) =>
  letter({ id: `<${id}@asks.example>`, from: 'kim@asks.example', to: address, text: 'Hello' })

/** A mailbox with one mail, at the given interval of polls. */
async function mailbox(address: string, poll: string): Promise<Walk> {
  const { host, imapPort: port, password } = dovecot
  const walk = await startWalk({
    address,
    imap: { host, port, user: address, password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    account: { imap: { host, port, password, secure: false, poll } },
  })
  await dovecot.deliver(address, mail(address, 'one'))
  return walk
}

/** Its watcher after the first look. */
async function watching({ context, account }: Walk) {
  const events = new EventEmitter()
  const stop = new AbortController()
  const leases = new Leases(context.db, { holder: 'test', isGone: () => true }, context.log)
  const watcher = new Watcher(context, account, {
    leases,
    onIngested: async (mails) => void events.emit('ingested', mails.length),
    ...{ onStopped: () => undefined, onTrouble: () => undefined },
  })
  const done = watcher.run(stop.signal)
  await watcher.lookedAgain(0, stop.signal)
  const end = async () => {
    stop.abort()
    await done
    leases[Symbol.dispose]()
  }
  return { watcher, events, signal: stop.signal, [Symbol.asyncDispose]: end }
}

/** Emits `polled` whenever the mailbox's state is asked for, which then names as many more mails as given. */
function tell(events: EventEmitter, imap: ImapAccount, more: number): void {
  const state = imap.state.bind(imap)
  jest.spyOn(imap, 'state').mockImplementation(async (name) => {
    const found = await state(name)
    events.emit('polled')
    return { ...found, uidNext: found.uidNext + more }
  })
}

test('a changed flag wakes the observer, but the mailbox is not read for it', async () => {
  const address = 'looks1@replyd.test'
  await using walk = await mailbox(address, '10m')
  await using watched = await watching(walk)
  const { watcher, signal } = watched
  const read = jest.spyOn(walk.account.imap, 'state')
  const { looks } = watcher
  await using phone = openImapAccount(walk.account.settings, quietOptions)
  const { uidValidity } = await phone.state('INBOX')
  await phone.addFlags('INBOX', uidValidity, 1, ['\\Flagged'])
  await watcher.lookedAgain(looks, signal)
  expect(read).not.toHaveBeenCalled()
})

test('for a new mail the state is asked for once', async () => {
  const address = 'looks5@replyd.test'
  await using walk = await mailbox(address, '10m')
  await using watched = await watching(walk)
  const asked = jest.spyOn(walk.account.imap, 'state')
  const ingested = once(watched.events, 'ingested')
  await dovecot.deliver(address, mail(address, 'two'))
  await ingested
  expect(asked).toHaveBeenCalledTimes(1)
})

test('a poll that finds nothing new costs one command, and wakes nobody', async () => {
  const address = 'looks2@replyd.test'
  await using walk = await mailbox(address, '1s')
  await using watched = await watching(walk)
  const { watcher, events } = watched
  const { imap } = walk.account
  tell(events, imap, 0)
  // The first ones may still be looks, which ask twice.
  for (const _ of [1, 2, 3, 4]) await once(events, 'polled')
  const listed = jest.spyOn(imap, 'uidsAfter')
  const { looks } = watcher
  await once(events, 'polled')
  await once(events, 'polled')
  expect(watcher.looks).toBe(looks)
  expect(listed).not.toHaveBeenCalled()
  const ingested = once(events, 'ingested')
  await dovecot.deliver(address, mail(address, 'two'))
  expect(await ingested).toEqual([1])
  expect(watcher.looks).toBeGreaterThanOrEqual(looks)
})

test('a poll reads again if the mailbox has stated more than it shows', async () => {
  const address = 'looks3@replyd.test'
  await using walk = await mailbox(address, '1s')
  await using watched = await watching(walk)
  const { events } = watched
  tell(events, walk.account.imap, 1)
  // The first look asks twice, and then reads.
  for (const _ of [1, 2, 3, 4]) await once(events, 'polled')
  const listed = jest.spyOn(walk.account.imap, 'uidsAfter')
  for (const _ of [1, 2]) await once(events, 'polled')
  expect(listed).toHaveBeenCalled()
})

test('a lease that was lost and taken back is followed by a look, although nothing has changed', async () => {
  const address = 'looks4@replyd.test'
  await using walk = await mailbox(address, '10m')
  await using watched = await watching(walk)
  const { watcher, signal } = watched
  const { looks } = watcher
  await walk.context.db.query(
    `update replyd.lease set holder = 'other', fence = fence + 1, expires_at = clock_timestamp() where name like 'watch %'`,
  )
  await watcher.lookedAgain(looks, signal)
  expect(signal.aborted).toBe(false)
})
