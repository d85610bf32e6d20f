/** A step hands the next one exactly the stored row, and an outdated version commits nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { loadMail } from '../../src/store/bodies.ts'
import { mailAfter, replyAfter, replyDecided } from '../../src/store/carried.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { move, moveKnown, storeReply } from '../../src/store/moves.ts'
import { loadReply, saveChecked } from '../../src/store/replies.ts'
import { aVerdict } from '../triage/a-verdict.ts'
import { forceMail, putReply } from './force.ts'
import { account, seededAt, seedMails, seedReply } from './seed.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

let postgres: Postgres
let database: Database

beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
  database = await openDatabase({ directory: '', databaseUrl: await postgres.createDatabase() }, silentLog)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await postgres.stop()
})

const now = new Date('2026-03-11T10:00:00.456Z')
const id = 'm-composed'

async function atTriage() {
  await database.query('delete from replyd.message')
  await seedMails(database, ['composed'], 'kim@example.org')
  await database.query('delete from replyd.reply')
  await database.query(`update replyd.body set structure = structure || '{"children": [], "parameters": {}}'`)
  await forceMail(
    database,
    { id, from: 'deliver', to: 'triage', disposition: 'pending', reason: 'ok' },
    seededAt,
  )
  const mail = await loadMail(database, id)
  if (!mail) throw new Error('no mail')
  return mail
}

test('mail and reply are carried as the store has them', async () => {
  const mail = await atTriage()
  const { version } = mail.row
  const wanted = {
    ...({ id, at: 'triage', version, reason: 'needs-reply', detail: 'asks\0' } as const),
    verdict: { ...aVerdict, summary: 'a\0b\ud800' },
  }
  const moved = await move(database, 'wantReply', wanted, now)
  if (!moved) throw new Error('not moved')
  const carried = mailAfter(mail, 'wantReply', wanted, moved, now)
  expect(carried.row).toEqual((await loadMail(database, id))?.row)

  const text = 'a\0b\ud800'
  const reply = { ...seedReply(id, 'kim@example.org'), text, sources: [{ file: 'f', heading: text, text }] }
  const change = { id, at: 'compose', version: carried.row.version, reason: 'composed' } as const
  const stored = await storeReply(database, reply, change, seededAt)
  if (!stored) throw new Error('not stored')
  const after = mailAfter(carried, 'storeReply', change, stored, seededAt)
  expect(after.row).toEqual((await loadMail(database, id))?.row)
  const known = replyAfter(reply, stored, seededAt)
  expect(known).toEqual(await loadReply(database, id))

  const chosen = { id, at: 'decide', version: after.row.version, reason: 'mode-draft' } as const
  const fields = { holdReasons: ['mode-draft'] } as const
  const drafted = await moveKnown(database, 'chooseDraft', { ...chosen, reply: fields }, now)
  const chosenVersion = { checked: null, version: drafted?.reply?.version ?? '' }
  expect(replyDecided(known, 'chooseDraft', fields, chosenVersion)).toEqual(await loadReply(database, id))
})

test('a reply that is scheduled is carried with its check and its automatic octets', async () => {
  await atTriage()
  await forceMail(
    database,
    { id, from: 'triage', to: 'decide', disposition: 'pending', reason: 'ok' },
    seededAt,
  )
  await putReply(database, { ...seedReply(id, 'kim@example.org'), kind: 'draft' }, 'decide', seededAt)
  const known = await loadReply(database, id)
  if (!known) throw new Error('no reply')
  const checked = { uncheckable: true } as const
  await saveChecked(database, { id, checked })
  const fields = {
    ...({ kind: 'send', octets: Buffer.from('automatic'), addressees: ['ann@example.org'] } as const),
    ...{ replyMessageId: '<automatic@example.com>', textHash: 'i', holdReasons: [], sendAfter: now },
  }
  const change = { id, at: 'decide', reason: 'ok', reply: fields } as const
  const scheduled = await moveKnown(database, 'schedule', change, now)
  const version = scheduled?.reply?.version ?? ''
  expect(scheduled?.reply).toEqual({ id, version })
  expect(replyDecided(known, 'schedule', fields, { checked, version })).toEqual(await loadReply(database, id))
})

test('a decision on an outdated mail or reply commits nothing', async () => {
  const mail = await atTriage()
  const wanted = { id, at: 'triage', reason: 'needs-reply', version: mail.row.version } as const
  await database.query('update replyd.message set subject = null where id = $1 and account = $2', [
    id,
    account,
  ])
  expect(await move(database, 'wantReply', wanted, now)).toBeNull()
  await move(
    database,
    'wantReply',
    { ...wanted, version: (await loadMail(database, id))?.row.version ?? '' },
    now,
  )

  await storeReply(database, seedReply(id, 'kim@example.org'), { id, at: 'compose', reason: 'composed' }, now)
  const version = (await loadReply(database, id))?.version ?? ''
  await move(database, 'chooseDraft', { id, at: 'decide', reason: 'mode-draft', reply: {} }, now)
  expect(await move(database, 'startSaving', { id, reply: { version } }, now)).toBeNull()
  const fresh = (await loadReply(database, id))?.version ?? ''
  expect(await move(database, 'startSaving', { id, reply: { version: fresh } }, now)).not.toBeNull()
  // Another worker that has read the same reply does not save it too.
  expect(await move(database, 'startSaving', { id, reply: { version: fresh } }, now)).toBeNull()
})
