/** The whole path of a mail on real Dovecot, on each of the four state/queue combinations. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { sampleWorld } from '../../src/demo/world.ts'
import { decodeWords, plainLine } from '../../src/mail/address.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import {
  type Dovecot,
  deliverAll,
  type Postfix,
  type Postgres,
  type Redis,
  startDovecot,
  startPostfix,
  startPostgres,
  startRedis,
} from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'
import { readMailbox } from './mailboxes.ts'

let dovecot: Dovecot
let postfix: Postfix
let redis: Redis
let postgres: Postgres
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, redis, postgres, standIn] = await Promise.all([
    startDovecot(),
    startRedis(),
    startPostgres({ fsync: false }),
    startStandIn(),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), redis?.stop(), postgres?.stop(), standIn?.close()])
})

describe.each([
  ['embedded', false, false],
  ['redis', true, false],
  ['redis-postgres', true, true],
  ['postgres', false, true],
])('%s', (name, withRedis, withPostgres) => {
  test('every sample ends as it says it should, and each draft threads under its original', async () => {
    const address = `${name}@nordlicht.example`
    const { samples } = sampleWorld(new Date())
    // The samples are written to another address.
    const octetsOf = (octets: Buffer) =>
      Buffer.from(octets.toString('latin1').replaceAll('support@nordlicht.example', address), 'latin1')
    await using running = await startDaemon({
      address,
      imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
      smtp: { host: postfix.host, port: postfix.smtpPort },
      standIn,
      redisUrl: withRedis ? redis.newDatabase() : null,
      databaseUrl: withPostgres ? await postgres.createDatabase() : null,
      account: { authservIds: ['mail.nordlicht.example'] },
    })
    await deliverAll(
      dovecot,
      samples.map(({ octets }) => ({
        user: address,
        octets: octetsOf(octets),
        reversePath: reversePathOf(octets),
      })),
    )
    const rows = await running.settled(samples.length)
    const outcome = new Map(rows.map((row) => [row.subject, row.disposition]))
    const expected = new Map(
      samples.map(({ octets, expect: { disposition } }) => [subjectOf(octetsOf(octets)), disposition]),
    )
    expect(outcome).toEqual(expected)
    const drafts = await readMailbox(dovecot, address, 'Drafts')
    const drafted = rows.filter(({ disposition }) => disposition === 'drafted')
    expect(drafts.map(({ inReplyTo }) => inReplyTo).sort()).toEqual(
      drafted.map(({ messageId }) => messageId).sort(),
    )
    for (const draft of drafts) {
      expect(draft.flags).toContain('\\Draft')
      expect(draft.references).toContain(draft.inReplyTo)
    }
    const junk = await readMailbox(dovecot, address, 'Junk')
    expect(junk).toHaveLength(rows.filter(({ disposition }) => disposition === 'filed').length)
    for (const mail of junk) expect(mail.flags).toContain('$Junk')
    const inbox = await readMailbox(dovecot, address, 'INBOX')
    expect(inbox).toHaveLength(samples.length - junk.length)
    for (const mail of [...inbox, ...junk]) expect(mail.flags).not.toContain('\\Seen')
  })
})

function subjectOf(octets: Buffer): string {
  return plainLine(decodeWords(firstField(parseOctets(octets), 'subject') ?? ''))
}

/** The site's own server adds one on delivery. */
function reversePathOf(octets: Buffer): string {
  return /^<?([^>]*)>?$/.exec(firstField(parseOctets(octets), 'return-path') ?? '')?.[1] ?? ''
}
