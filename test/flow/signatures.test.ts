/**
 * The installed program (dist) itself proves authors: DKIM and ARC with keys made here, and a name server on loopback.
 * The bundle is tested in addition to the modules, because the library is CommonJS and loaded late.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { letter } from '../../bench/attack/letter.ts'
import { NameServer } from '../../bench/attack/name-server.ts'
import { accountAt, type Row, type Servers, startServers, Victim } from '../../bench/attack/victim.ts'
import { deliverAll } from '../live/servers/index.ts'
import { nameServer, type Signer, sealed, signed, signer } from '../mail/signed.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'

/** Trusts the seals of one list. */
const [owner, subscriber] = ['owner@replyd.test', 'subscriber@replyd.test']
const list = 'lists.example'
let servers: Servers
let smtp: ScriptedServer
let names: NameServer
let victim: Victim
const keys = new Map<string, Signer>()
const key = (domain: string): Signer => {
  const found = keys.get(domain)
  if (!found) throw new Error(`no key for ${domain}`)
  return found
}

beforeAll(async () => {
  ;[servers, smtp, names] = await Promise.all([startServers(), ScriptedServer.start(), NameServer.start()])
  const published = nameServer()
  for (const domain of ['shop.example', 'mail.bike.example', list])
    keys.set(domain, signer(published, domain))
  keys.set('ed.example', signer(published, 'ed.example', 'ed25519-sha256'))
  for (const domain of ['shop.example', 'ed.example', 'bike.example'])
    published.records.set(`_dmarc.${domain}`, 'v=DMARC1; p=reject')
  for (const [name, text] of published.records) names.txt.set(name, [text])
  const keysOf = { smtp: { port: smtp.port }, replies: { mode: 'send', undo: '0s', minConfidence: 0 } }
  victim = await Victim.start(servers, {
    accounts: [
      accountAt(servers, owner, keysOf),
      accountAt(servers, subscriber, { ...keysOf, arcSealers: [list] }),
    ],
    nodeArgs: names.nodeArgs(),
  })
})

afterAll(async () => {
  await victim?.[Symbol.asyncDispose]()
  await Promise.all([servers, smtp, names].map((each) => each?.[Symbol.asyncDispose]()))
})

async function outcomeOf(to: string, id: string, octets: string): Promise<Row> {
  await deliverAll(servers.dovecot, [{ user: to, octets }])
  return victim.settled(id)
}

test.each([
  ['shop.example', 'shop.example'],
  ['ed.example', 'ed.example'],
  // Relaxed alignment (RFC 7489 section 3.1.1).
  ['bike.example', 'mail.bike.example'],
])('a mail from %s signed by %s is answered, and an altered one is not', async (from, domain) => {
  const whole = letter({ to: owner, from: `ann@${from}` })
  const other = letter({ to: owner, from: `bob@${from}` })
  const altered = (await signed(other.octets, key(domain))).replace('Saturday', 'Sunday')
  expect(await outcomeOf(owner, whole.id, await signed(whole.octets, key(domain)))).toMatchObject({
    disposition: 'sent',
  })
  expect(await outcomeOf(owner, other.id, altered)).toMatchObject({
    disposition: 'drafted',
    reason: 'unauthenticated',
  })
})

const listed = async (to: string, name: string) => {
  const { id, octets } = letter({ to, from: `${name}@shop.example` })
  const changed = (await signed(octets, key('shop.example'))).replace('\r\nSubject: ', '\r\nSubject: [shop] ')
  return { id, octets: await sealed(changed, key(list), 'dmarc=pass header.from=shop.example') }
}

test("a list's copy is explained by its seal where the list is not trusted", async () => {
  const { id, octets } = await listed(owner, 'cleo')
  const row = await outcomeOf(owner, id, octets)
  expect(row).toMatchObject({ disposition: 'drafted', reason: 'unauthenticated' })
  expect(row.detail).toContain(`only ${list}, which is not in arcSealers, says that its author was proven`)
})

test("a list's copy is answered where the owner trusts its seals, and its altered copy is not", async () => {
  const [whole, other] = [await listed(subscriber, 'ann'), await listed(subscriber, 'bob')]
  expect(await outcomeOf(subscriber, whole.id, whole.octets)).toMatchObject({ disposition: 'sent' })
  const altered = other.octets.replace('Saturday', 'Sunday')
  expect(await outcomeOf(subscriber, other.id, altered)).toMatchObject({
    disposition: 'drafted',
    reason: 'unauthenticated',
  })
})
