/** Whether the provider files sent mail is found out once for each account, from its first sent reply. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { UncertainError } from '../../src/base/errors.ts'
import { providerFilesWithinMs } from '../../src/deliver/finish.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { loadAccountState } from '../../src/store/accounts.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox } from './mailboxes.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const walkWith = (server: ScriptedServer, address: string) =>
  startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: server.port },
    standIn,
    account: { authservIds: ['mx.replyd.test'], replies: { mode: 'send', undo: '0s', minConfidence: 0 } },
  })

/** Lets a mail of that person be answered, as far as it goes now. */
async function answer(walk: Walk, address: string, from: string) {
  const text = 'Hello,\n\nwhat are your opening hours on Saturday?'
  await dovecot.deliver(address, letter({ id: `<${from}>`, from, to: address, text }))
  const [arrived] = await walk.arrive()
  const id = arrived?.id ?? ''
  return { id, ...(await walk.walk(id)) }
}

const copies = async (address: string) => (await readMailbox(dovecot, address, 'Sent')).length
const stateOf = (walk: Walk, address: string) => loadAccountState(walk.context.db, address)

test.each([false, true])(
  'a server that files nothing: replyd stores each copy, also if its first answer is lost: %s',
  async (isLost) => {
    await using server = await ScriptedServer.start()
    const address = `own-${isLost}@copy.example`
    await using walk = await walkWith(server, address)
    const first = await answer(walk, address, 'kim@asks.example')
    expect([first.putOff?.reason, await copies(address)]).toEqual(['sent-copy', 0])
    const { imap } = walk.account
    const append = imap.append.bind(imap)
    if (isLost)
      imap.append = async (...given) => {
        imap.append = append
        await append(...given)
        throw new UncertainError('the connection was lost')
      }
    walk.ahead += providerFilesWithinMs + 1000
    const again = await walk.walk(first.id)
    expect(again.putOff?.reason).toBe(isLost ? 'sent-copy' : undefined)
    walk.ahead += providerFilesWithinMs + 1000
    expect((await walk.walk(first.id)).row.disposition).toBe('sent')
    expect([await copies(address), (await stateOf(walk, address)).sentCopy]).toEqual([1, true])
    expect((await answer(walk, address, 'ann@asks.example')).row.disposition).toBe('sent')
    expect(await copies(address)).toBe(2)
  },
)

test('a server that files sent mail: replyd stores no second copy', async () => {
  const address = 'files@copy.example'
  await using server = await ScriptedServer.start()
  await using walk = await walkWith(server, address)
  const first = await answer(walk, address, 'kim@asks.example')
  const sent = server.mails[0]
  if (sent === undefined) throw new Error('nothing was sent')
  await walk.account.imap.append('Sent', sent, ['\\Seen'], [], new Date())
  walk.ahead += providerFilesWithinMs + 1000
  expect((await walk.walk(first.id)).row.disposition).toBe('sent')
  expect([await copies(address), (await stateOf(walk, address)).sentCopy]).toEqual([1, false])
})
