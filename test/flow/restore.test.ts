/** A backup is taken half way, work goes on, the machine is lost, and the backup is restored to another store. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { writeKnowledge } from '../../src/demo/world.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { run } from '../cli/run.ts'
import { watchLedger } from '../live/changes.ts'
import {
  type Dovecot,
  deliverAll,
  type Postgres,
  startDovecot,
  startPostgres,
} from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { startChild } from './child.ts'
import { filledUp, readMailbox } from './mailboxes.ts'

const address = 'support@replyd.test'
const directory = mkdtempSync(join(tmpdir(), 'replyd-restore-'))
/** A border server that has checked the author. */
const sieve = `require ["editheader", "variables"];
if header :matches "from" "*@*>" { set "domain" "\${2}"; }
addheader "Authentication-Results" "mx.replyd.test; dmarc=pass header.from=\${domain}";
`

let dovecot: Dovecot
let postgres: Postgres
let standIn: StandIn

beforeAll(async () => {
  const extraConfig = 'plugin {\n  sieve_extensions = +editheader\n}'
  ;[dovecot, postgres, standIn] = await Promise.all([
    startDovecot({ sieve, extraConfig }),
    startPostgres({ fsync: false }),
    startStandIn(),
  ])
  await writeKnowledge(join(directory, 'knowledge'))
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), postgres?.stop(), standIn?.close()])
  rmSync(directory, { recursive: true, force: true })
})

function configuration(name: string, smtpPort: number, databaseUrl: string | null): string {
  const path = join(directory, `${name}.yaml`)
  const document = {
    accounts: [
      {
        address,
        imap: { host: dovecot.host, port: dovecot.imapPort, secure: false, password: dovecot.password },
        smtp: { host: '127.0.0.1', port: smtpPort, secure: false },
        since: 'all',
        authservIds: ['mx.replyd.test'],
        sentCopy: true,
      },
    ],
    replies: { mode: 'send', undo: '0s', minConfidence: 0.3 },
    model: { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', concurrency: 10 },
    knowledge: './knowledge',
    state: { directory: `./${name}`, ...(databaseUrl === null ? {} : { databaseUrl }) },
    web: { port: 0 },
  }
  writeFileSync(path, stringify(document))
  return path
}

const questions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const n = from + at
    const header = [
      `From: Ann Miller <ann@asks${n}.example>`,
      `To: ${address}`,
      'Subject: Opening hours',
      `Message-ID: <question-${n}@asks${n}.example>`,
      'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    ]
    const octets = `${header.join('\r\n')}\r\n\r\nHello,\r\n\r\nwhat are your opening hours on Saturday?\r\n`
    return { user: address, octets, reversePath: `ann@asks${n}.example` }
  })

const originalOf = (octets: Buffer) => firstField(parseOctets(octets), 'in-reply-to') ?? ''

test('each mail is handled once, nothing goes out twice, and what was being sent is uncertain', async () => {
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let dots = 0
  // The SMTP server accepts the fourth mail, but its answer never arrives.
  await using smtp = await ScriptedServer.start(async (moment) => {
    if (moment !== 'dot' || ++dots !== 4) return undefined
    await released
    return 'drop'
  })
  const before = configuration('before', smtp.port, null)
  const file = join(directory, 'backup.gz')
  {
    await using lost = await startChild({ args: ['start', '--config', before] })
    await deliverAll(dovecot, questions(0, 8))
    await smtp.received(8)
    // Their copies: by then the store knows of each answer but the missing one.
    await filledUp(dovecot, address, 'Sent', 7)
    const backup = await run(['backup', file, '--config', before])
    expect(backup).toMatchObject({ status: 0, err: '' })
    release()
    // Life goes on after the backup.
    await deliverAll(dovecot, questions(8, 14))
    await smtp.received(11)
    await lost.kill()
  }
  const unanswered = originalOf(smtp.mails[3] ?? Buffer.alloc(0))
  const url = await postgres.createDatabase()
  const after = configuration('after', smtp.port, url)
  // The machine is lost; its key was kept with the backup.
  const key = join(directory, 'before', 'oauth.key')
  const restored = await run(['restore', file, '--key', key, '--config', after])
  expect(restored).toMatchObject({ status: 0, err: '' })
  expect(restored.out).toContain('looked up in Sent: 1.')
  const database = new pg.Pool({ connectionString: url, max: 1 })
  await using _new = await startChild({ args: ['start', '--config', after] })
  await using changes = await watchLedger(url)
  const handled = async () => {
    const { rows } = await database.query<{ id: string; disposition: string }>(
      `select message_id as id, disposition from replyd.message where step in ('review', 'done')`,
    )
    return rows
  }
  const rows = await changes.until(async () => {
    const now = await handled()
    return now.length >= 14 ? now : null
  })
  const outcome = new Map(rows.map(({ id, disposition }) => [id, disposition]))
  await database.end()
  expect(outcome.size).toBe(14)
  expect(outcome.get(unanswered)).toBe('uncertain')
  const sentOnce = smtp.mails.map(originalOf)
  expect(new Set(sentOnce).size).toBe(sentOnce.length)
  const drafted = (await readMailbox(dovecot, address, 'Drafts')).map(({ inReplyTo }) => inReplyTo ?? '')
  expect(new Set(drafted).size).toBe(drafted.length)
  // Mail that is new to the restored store has already been answered, or becomes a draft: a person sends it.
  for (const [id, disposition] of outcome) {
    const went = sentOnce.includes(id)
    const allowed =
      id === unanswered ? ['uncertain'] : went ? ['sent', 'declined', 'superseded', 'drafted'] : ['drafted']
    expect([id, allowed.includes(disposition), disposition]).toEqual([id, true, disposition])
  }
  expect([...outcome.values()].filter((disposition) => disposition === 'sent').length).toBeGreaterThan(3)
})
