import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { openImapAccount } from '../../src/imap/imap.ts'
import { Watcher } from '../../src/receive/watch.ts'
import { Leases } from '../../src/store/leases.ts'
import { quietOptions } from '../live/imap-account.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { letter, startWalk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn
beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})
afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

test('a changed flag wakes the observer, but the mailbox is not read for it', async () => {
  const address = 'looks@replyd.test'
  await using walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
  })
  const { context, account } = walk
  await dovecot.deliver(
    address,
    letter({ id: '<one@asks.example>', from: 'kim@asks.example', to: address, text: 'Hello' }),
  )
  const leases = new Leases(context.db, { holder: 'test', isGone: () => true }, context.log)
  const stop = new AbortController()
  const watcher = new Watcher(context, account, {
    ...{ leases, onIngested: async () => undefined },
    ...{ onStopped: () => undefined, onTrouble: () => undefined },
  })
  const done = watcher.run(stop.signal)
  await watcher.lookedAgain(0, stop.signal)
  const read = jest.spyOn(account.imap, 'state')
  const looks = watcher.looks
  await using phone = openImapAccount(account.settings, quietOptions)
  const { uidValidity } = await phone.state('INBOX')
  await phone.addFlags('INBOX', uidValidity, 1, ['\\Flagged'])
  await watcher.lookedAgain(looks, stop.signal)
  expect(read).not.toHaveBeenCalled()
  stop.abort()
  await done
  leases[Symbol.dispose]()
})
