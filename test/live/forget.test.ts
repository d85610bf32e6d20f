/** A privacy request leaves no text of the correspondent in any column of the store, and keeps the ledger. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { backedUpTables } from '../../src/store/backup.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { forgetCorrespondent } from '../../src/store/forget.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { fillState } from '../store-template.ts'
import { putReply } from './force.ts'
import { account, seededAt, seedMails, seedOthers } from './seed.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

const mark = 'PrivateMatter'

/**
 * Columns used by the ledger and the limits that contain no text of people. Any other column must be empty of the
 * correspondent's text: add a new one to src/store/forget.ts, or here with a reason.
 */
const kept = new Set(
  [
    'message: id account mailbox uid_validity message_id email_id thread_id flags from_address step disposition reason codes ceiling',
    'message: junk_mailbox junk_uid_validity header_hash',
    'body: id',
    'spam_example: message_id account source',
    'event: message_id step disposition reason actor',
    'reply: id account state kind reply_message_id reverse_path addressee addressees text_hash language composed hold_reason actor',
    'reply: saved_mailbox saved_uid_validity',
    'reply_change: reply_id actor from_state to_state',
    'model_call: id message_id account step day model prompt_hash knowledge_hash answered_by shares',
    'negative_answer: message_id reply_id',
    'human_thread: account message_id source',
    // Not about one mail.
    'style: account',
    'unlearned: account lesson actor',
    // The owner's own texts.
    'snippet: id name text actor',
    'sender_rule: account pattern rule source',
    'rate_limit: name state',
    'model_notice: model said',
    'autonomy_grant: account category granted_by taken_back taken_back_by',
    'account_state: account stopped paused_by',
    'cursor: account mailbox uid_validity',
    'sent_cursor: account mailbox uid_validity',
    // About people who log in, not about correspondents.
    'api_token: created_by hash name scopes',
    'push_device: actor device digest_at digest_day endpoint id keys quiet_from quiet_until session troubled',
    'session: actor address device id mark person',
    'person: id name role password_hash added_by',
    'page_password: hash set_by',
    // The owner's own settings, as sender_rule.
    'setting_edit: path old value actor',
    // The row is removed: see test/flow/style.test.ts.
    'correspondent: account address',
    // Only addresses; the rows of shares are removed the next day.
    'spending: day account share',
    'lease: name holder',
    'store: id',
    'digest: account day',
    'webhook: id budget_day last_error stopped',
  ].flatMap((line) => {
    const [table, columns = ''] = line.split(': ')
    return columns.split(' ').map((column) => `${table}.${column}`)
  }),
)

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
})
afterAll(() => postgres?.stop())

/** Writes the mark into every column that could hold text and is not on the list. */
async function markAll(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ place: string; table: string; column: string; type: string }>(
    `select table_name || '.' || column_name as place, table_name::text as table, column_name::text as column,
       data_type::text as type from information_schema.columns
      where table_schema = 'replyd' and table_name <> 'migration' and data_type in ('text', 'jsonb', 'bytea')`,
  )
  const values: Record<string, string> = {
    text: `'${mark}'`,
    jsonb: `'["${mark}"]'`,
    bytea: `'${mark}'::bytea`,
  }
  const open = rows.filter(({ place }) => !kept.has(place) || place === 'reply.composed')
  for (const { table, column, type } of open) {
    await db.query(`update replyd.${table} set ${column} = ${values[type]}`)
  }
  return open.map(({ place }) => place).sort()
}

async function places(db: Database): Promise<string[]> {
  const found: string[] = []
  for (const table of await backedUpTables(db)) {
    const { rows } = await db.query<{ row: Record<string, unknown> }>(
      `select to_json(t) as row from replyd.${table} t`,
    )
    for (const { row } of rows) {
      for (const [column, value] of Object.entries(row)) {
        const text = JSON.stringify(value)
        if (text.includes(mark) || text.includes(Buffer.from(mark).toString('hex')))
          found.push(`${table}.${column}`)
      }
    }
  }
  return [...new Set(found)].sort()
}

describe.each([
  ['embedded', false],
  ['PostgreSQL', true],
])('%s', (_name, withPostgres) => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-forget-'))
  let db: Database

  beforeAll(async () => {
    const databaseUrl = withPostgres ? await postgres.createDatabase() : null
    if (!databaseUrl) await fillState(directory)
    db = await openDatabase({ directory, databaseUrl }, silentLog)
  })
  beforeEach(async () => {
    for (const table of await backedUpTables(db)) await db.query(`truncate replyd.${table} cascade`)
  })
  afterAll(async () => {
    await db[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  test('no text is left in any column; rows stay, and what waited is closed', async () => {
    await seedMails(db, ['sent', 'held', 'approved', 'saved', 'composed', 'uncertain'], 'Ann@Example.org')
    await seedOthers(db)
    const marked = await markAll(db)
    expect(await places(db)).toEqual(marked)
    expect(marked).toEqual(expect.arrayContaining(['body.text', 'message.subject', 'reply.octets']))
    const result = await forgetCorrespondent(db, ' ann@example.ORG ', 'Bob', seededAt)
    expect(result).toEqual({ mails: 6, replies: 6, closed: 6, underWay: 0 })
    expect(await places(db)).toEqual([])
    expect(await loadMessage(db, 'm-held')).toMatchObject({
      step: 'done',
      disposition: 'rejected',
      reason: 'forgotten',
      messageId: '<m-held@example.org>',
      fromAddress: 'Ann@Example.org',
    })
    for (const id of ['m-held', 'm-approved', 'm-saved', 'm-composed'])
      expect(await loadReply(db, id)).toMatchObject({ state: 'rejected', actor: 'Bob' })
    expect(await loadReply(db, 'm-sent')).toMatchObject({ state: 'sent', textHash: 'h', claimedAt: seededAt })
    expect(await loadReply(db, 'm-uncertain')).toMatchObject({ state: 'uncertain' })
    expect(await forgetCorrespondent(db, 'ann@example.org', 'Bob', seededAt)).toMatchObject({ closed: 0 })
  })

  test("nobody else's text goes, and a reply that is going out keeps its own until it is out", async () => {
    await seedMails(db, ['sent'], 'somebody@example.org')
    await seedMails(db, ['sending', 'saving'], 'ann@example.org', 100)
    await markAll(db)
    const result = await forgetCorrespondent(db, 'ann@example.org', 'Bob', seededAt)
    expect(result).toEqual({ mails: 0, replies: 0, closed: 0, underWay: 2 })
    expect(await loadReply(db, 'm-sent')).toMatchObject({ text: mark })
    expect((await loadReply(db, 'm-sending'))?.octets.toString()).toBe(mark)
  })

  test('a reply that was being written meanwhile is not stored', async () => {
    await seedMails(db, ['held'], 'ann@example.org')
    const reply = await loadReply(db, 'm-held')
    await forgetCorrespondent(db, 'ann@example.org', 'Bob', seededAt)
    await db.query('delete from replyd.reply')
    expect(reply && (await putReply(db, { ...reply, account }, 'done', seededAt))).toBe(false)
    expect(await loadReply(db, 'm-held')).toBeNull()
  })
})
