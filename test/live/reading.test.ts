/** From a mailbox scripted by the test into the store and on to the guard, on each kind of store. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { guard, guardNewMail } from '../../src/guard/step.ts'
import type { Fetched, ImapAccount } from '../../src/imap/imap.ts'
import { type Fault, faultOf } from '../../src/mail/fault.ts'
import { parseFields, splitHeader } from '../../src/mail/mime/octets.ts'
import { parseStructure } from '../../src/mail/mime/structure.ts'
import { Pipeline } from '../../src/pipeline/pipeline.ts'
import type { Queues } from '../../src/queue/queues.ts'
import { readNew } from '../../src/receive/catch-up.ts'
import { ingest, type Judge, LeaseLost } from '../../src/receive/ingest.ts'
import { loadMail, loadMails, type StoredMail } from '../../src/store/bodies.ts'
import { loadCursor, saveCursor } from '../../src/store/cursors.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { takeLease } from '../../src/store/leases.ts'
import { move } from '../../src/store/moves.ts'
import { file } from '../../src/triage/file.ts'
import { fillState } from '../store-template.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

const now = new Date('2026-03-10T09:00:00Z')
const address = 'me@example.com'
const lease = { name: 'watch', fence: 1 }
const source = { mailbox: 'INBOX', uidValidity: '1', baselineAt: new Date(0), renumberedUid: 0, lease }

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
})
afterAll(() => postgres.stop())

const nothing = async () => undefined

const half = faultOf('text-cut', '1')

const letter = (uid: number, body = 'Hello') =>
  `From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: ${address}\r\nMessage-ID: <${uid}@x>\r\nSubject: a question\r\n\r\n${body}`

function fetched(uid: number, text = letter(uid), fault: Fault | null = null): Fetched {
  const octets = Buffer.from(text)
  const header = splitHeader(octets)
  const { structure, bodies } = parseStructure(parseFields(header), octets.subarray(header.length))
  const rest = { flags: ['\\Flagged'], messageId: null, emailId: 'e', threadId: 't', vanished: false, fault }
  return { uid, size: octets.length, internalDate: now, header, structure, texts: new Map(bodies), ...rest }
}

describe.each([
  ['embedded', false],
  ['PostgreSQL', true],
])('%s', (_name, onServer) => {
  let directory: string
  let db: Database
  let context: StepContext
  let ids = 0

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'replyd-reading-'))
    if (!onServer) await fillState(directory)
    db = await openDatabase({ directory, databaseUrl: onServer ? postgres.url : null }, silentLog)
  })

  afterAll(async () => {
    await db[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  beforeEach(async () => {
    await db.query('truncate replyd.message, replyd.cursor, replyd.lease cascade')
    expect(await takeLease(db, lease.name, 'this process', 60_000)).toBe(1)
    const cursor = { account: address, mailbox: 'INBOX', uidValidity: '1', lastUid: 0, baselineUid: 0 }
    await saveCursor(db, { ...cursor, baselineAt: new Date(0), renumberedUid: 0 }, now)
    const settings = {
      owner: { address, aliases: [], displayName: null, authservIds: [], ownLists: [] },
      mailbox: 'INBOX',
      spam: { action: 'junk' },
    }
    const accounts = new Map([[address, { settings }]])
    const parts = { db, accounts, log: silentLog, clock: { now: () => now }, newId: () => `id-${++ids}` }
    context = parts as unknown as StepContext
  })

  const accountWith = (imap: Partial<ImapAccount>) =>
    ({ settings: context.accounts.get(address)?.settings, imap }) as Account

  const lastUid = async () => (await loadCursor(db, address, 'INBOX'))?.lastUid

  /** Another process takes the lease over. */
  const loseLease = async () => {
    await takeLease(db, lease.name, 'this process', 0)
    expect(await takeLease(db, lease.name, 'another', 60_000)).toBe(2)
  }

  describe('a batch', () => {
    test('is handed on as it would be loaded', async () => {
      const html = `Content-Type: text/html\r\n${letter(3, `<b>Hi\0</b>${'<i>x</i>'.repeat(50_000)}`)}`
      const batch = [fetched(1), fetched(2, letter(2, 'a\0b'), half), fetched(3, html)]
      const handed = await ingest(context, accountWith({}), source, batch)
      const byId = ({ row: a }: StoredMail, { row: b }: StoredMail) => a.uid - b.uid
      const loaded = (
        await loadMails(
          db,
          handed.map(({ row }) => row.id),
        )
      ).sort(byId)
      expect(handed).toEqual(loaded)
      expect(handed.map(({ message }) => message.faults[0])).toEqual([undefined, half, undefined])
      const [first] = handed
      expect(await loadMail(db, first?.row.id ?? '')).toEqual(first)
    })

    test('hands on nothing that arrived before, and the guard skips a row that has moved on', async () => {
      const account = accountWith({})
      const mails = await ingest(context, account, source, [fetched(1), fetched(2)])
      expect(await ingest(context, account, source, [fetched(1), fetched(2)])).toEqual([])
      expect(await ingest(context, account, source, [fetched(3, letter(1))])).toEqual([])
      const id = mails[0]?.row.id
      await db.query(`update replyd.message set step = 'done' where id = $1`, [id])
      expect([...(await guard(context, mails)).keys()]).toEqual([mails[1]?.row.id])
      expect([...(await guard(context, mails)).keys()]).toEqual([])
    })

    test('that is judged before it is stored ends like one that is judged afterwards', async () => {
      const account = accountWith({})
      const judge: Judge = (mails) => guardNewMail(context, account, mails)
      const reply = letter(9).replace('Subject', 'In-Reply-To: <8@x>\r\nSubject')
      const bounce = letter(4).replace('From', 'Auto-Submitted: auto-replied\r\nFrom')
      const earlier = fetched(1, letter(1, 'Earlier'))
      const batch = [
        ...[fetched(2), fetched(3, letter(1, 'Another mail under the same id')), fetched(4, bounce)],
        ...[fetched(5, letter(5, 'One')), fetched(6, letter(5, 'Two')), fetched(8), fetched(9, reply)],
      ]
      const outcome = async (judged?: Judge) => {
        await db.query('truncate replyd.message cascade')
        await guard(context, await ingest(context, account, source, [earlier]))
        const mails = await ingest(context, account, source, batch, judged)
        const left = mails.filter(({ row }) => row.step === 'guard').map(({ row }) => row.uid)
        const ofIds = mails.map(({ row }) => row.id)
        expect(mails).toEqual((await loadMails(db, ofIds)).sort((a, b) => a.row.uid - b.row.uid))
        await guard(context, mails)
        const { rows } = await db.query<{ codes: string[] }>(
          `select m.uid::int, m.step, m.disposition, m.reason, m.codes, m.ceiling, m.due_at, m.header_hash,
             (select jsonb_agg(jsonb_build_array(e.at, e.step, e.disposition, e.reason, e.actor)) from replyd.event e where e.message_id = m.id) as events
             from replyd.message m order by m.uid`,
        )
        return { left, rows }
      }
      const [before, after] = [await outcome(judge), await outcome()]
      expect(before.rows).toEqual(after.rows)
      expect(before.rows.map(({ codes }) => codes.includes('reused-message-id'))).toEqual(
        [1, 2, 3, 4, 5, 6, 8, 9].map((uid) => [3, 5, 6].includes(uid)),
      )
      // The mails whose verdict depends on another mail of the batch.
      expect(before.left).toEqual([5, 6, 9])
      expect(after.left).toEqual([2, 3, 4, 5, 6, 8, 9])
    })

    test('with a copy that a program seems to have written does not silence the mail', async () => {
      const account = accountWith({})
      const judge: Judge = (mails) => guardNewMail(context, account, mails)
      const marked = letter(1).replace('From', 'X-Spam-Flag: YES\r\nFrom')
      const dispositions = async () => {
        const { rows } = await db.query<{ disposition: string }>(
          'select disposition from replyd.message order by uid',
        )
        return rows.map(({ disposition }) => disposition)
      }
      await ingest(context, account, source, [fetched(1, marked)], judge)
      await ingest(context, account, source, [fetched(2, `X-Spam-Flag: YES\r\n${marked}`)], judge)
      await ingest(context, account, source, [fetched(3, letter(1))], judge)
      await ingest(context, account, source, [fetched(4, `X-Route: alias\r\n${letter(1)}`)], judge)
      expect(await dispositions()).toEqual(['declined', 'duplicate', 'pending', 'duplicate'])
      // Moved, by the owner.
      await ingest(context, account, source, [fetched(5, marked)], judge)
      expect((await dispositions()).at(-1)).toBe('duplicate')
      const inOneBatch = [fetched(6, marked.replaceAll('<1@x>', '<6@x>')), fetched(7, letter(6))]
      const mails = await ingest(context, account, source, inOneBatch, judge)
      expect(mails.map(({ row }) => row.uid)).toEqual([6, 7])
      expect((await dispositions()).slice(-2)).toEqual(['declined', 'pending'])
    })

    test('with a copy that is called spam, before or after the mail arrives, does not silence the mail', async () => {
      const imap: Partial<ImapAccount> = {
        flags: async () => [],
        addFlags: async () => true,
        removeFlags: async () => true,
      }
      const { settings } = accountWith({})
      const account = {
        settings: { ...settings, spam: { ...settings.spam, action: 'mark' } },
        imap,
      } as Account
      context = { ...context, accounts: new Map([[address, account]]) }
      const judge: Judge = (mails) => guardNewMail(context, account, mails)
      const routed = (routes: number) => `${'X-Route: alias\r\n'.repeat(routes)}${letter(1)}`
      const arrives = (uid: number) => ingest(context, account, source, [fetched(uid, routed(uid))], judge)
      const rows = async () => {
        const sql = 'select id, step, disposition from replyd.message order by uid'
        return (await db.query<{ id: string; step: string; disposition: string }>(sql)).rows
      }
      const spam = async (at: number) => {
        const id = (await rows())[at]?.id ?? ''
        const mails = await loadMails(db, [id])
        await guard(context, mails)
        await move(db, 'callSpam', { id, at: 'triage', reason: 'spam-scam' }, now)
        expect(await file(context, id)).not.toBeNull()
      }
      for (const uid of [1, 2, 3]) await arrives(uid)
      expect((await rows()).map(({ step }) => step)).toEqual(['triage', 'done', 'done'])
      await spam(0)
      expect((await rows()).map(({ step }) => step)).toEqual(['done', 'guard', 'done'])
      await arrives(4)
      expect((await rows()).map(({ step }) => step)).toEqual(['done', 'guard', 'done', 'done'])
      await spam(1)
      expect((await rows()).map(({ step }) => step)).toEqual(['done', 'done', 'guard', 'done'])
      await spam(2)
      await spam(3)
      await arrives(5)
      expect((await rows()).map(({ disposition }) => disposition)).toEqual([
        ...['marked', 'marked', 'marked', 'marked', 'pending'],
      ])
    })

    test('with a refused copy before the mail: it is still judged, although a third mail affects both', async () => {
      const account = accountWith({})
      const judge: Judge = (mails) => guardNewMail(context, account, mails)
      const refused = letter(1).replace('From', 'X-Spam-Flag: YES\r\nFrom')
      const batch = [fetched(1, letter(1, 'Another')), fetched(2, refused), fetched(3, letter(1))]
      await guard(context, await ingest(context, account, source, batch, judge))
      const { rows } = await db.query('select step, disposition from replyd.message order by uid')
      expect(rows.slice(1)).toEqual([
        { step: 'done', disposition: 'declined' },
        { step: 'guard', disposition: 'pending' },
      ])
    })

    test('that was renumbered keeps its rows, unless the lease is lost', async () => {
      const [mail] = await ingest(context, accountWith({}), source, [fetched(1)])
      const renumbered = { ...source, uidValidity: '2' }
      const uids = async () => {
        const { rows } = await db.query('select id, uid_validity, uid::int from replyd.message order by uid')
        return rows
      }
      const id = mail?.row.id
      const again = () => ingest(context, accountWith({}), renumbered, [fetched(7, letter(1)), fetched(8)])
      await loseLease()
      await expect(again()).rejects.toThrow(LeaseLost)
      expect(await uids()).toEqual([{ id, uid_validity: '1', uid: 1 }])
      renumbered.lease = { ...lease, fence: 2 }
      expect((await again()).map(({ row }) => row.uid)).toEqual([8])
      expect(await uids()).toMatchObject([{ id, uid_validity: '2', uid: 7 }, { uid: 8 }])
    })

    test('that coincides with a take-over of the lease waits for it and is not stored', async () => {
      let late: Promise<unknown> = Promise.resolve()
      await db.transaction(async (session) => {
        await takeLease(session, lease.name, 'this process', 0)
        await takeLease(session, lease.name, 'another', 60_000)
        late = ingest(context, accountWith({}), source, [fetched(1)]).catch((error: unknown) => error)
        const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
        while (onServer && (await db.query(waiting)).rows.length === 0);
      })
      expect(await late).toBeInstanceOf(LeaseLost)
      expect(await lastUid()).toBe(0)
    })
  })

  describe('a mailbox', () => {
    /** Batches of one mail each; `before` runs when a batch is asked for. */
    const mailboxOf = (count: number, before: (uid: number) => Promise<void> = async () => undefined) => {
      const uids = Array.from({ length: count }, (_, at) => at + 1)
      const imap: Partial<ImapAccount> = {
        state: async (path) => ({
          path,
          uidValidity: '1',
          uidNext: count + 1,
          exists: count,
          highestModseq: null,
        }),
        uidsAfter: async (_mailbox, _uidValidity, after) => uids.filter((uid) => uid > after),
        async *fetch(_mailbox, _uidValidity, wanted) {
          for (const uid of wanted) {
            await before(uid)
            yield [fetched(uid)]
          }
        },
      }
      return accountWith(imap)
    }

    test('is read in order, and a batch is handed on before the next', async () => {
      const handed: number[] = []
      let underWay = 0
      await readNew(context, mailboxOf(6), lease, async (mails) => {
        expect(++underWay).toBe(1)
        expect(await lastUid()).toBeGreaterThanOrEqual(Math.max(...mails.map(({ row }) => row.uid)))
        handed.push(...mails.map(({ row }) => row.uid))
        underWay--
      })
      expect(handed).toEqual([1, 2, 3, 4, 5, 6])
      expect(await lastUid()).toBe(6)
    })

    test('renews the statistics of the tables that it fills, and so does a pipeline', async () => {
      const analysed = async () => {
        const { rows } = await db.query<{ rows: number }>(
          `select reltuples::int as rows from pg_class where oid = 'replyd.message'::regclass`,
        )
        return rows[0]?.rows
      }
      const uids = Array.from({ length: 600 }, (_, at) => at + 1)
      const imap: Partial<ImapAccount> = {
        ...mailboxOf(600).imap,
        async *fetch() {
          yield uids.map((uid) => fetched(uid))
        },
      }
      await readNew(context, accountWith(imap), lease, async () => undefined)
      expect(await analysed()).toBe(600)
      await db.query(
        `insert into replyd.message select (jsonb_populate_record(m, jsonb_build_object('id', n || '-' || m.id, 'uid', m.uid + 1000 * n))).*
           from replyd.message m, generate_series(1, 2) n`,
      )
      // Otherwise the sweeper would guard them.
      await db.query(`update replyd.message set step = 'done'`)
      const handlers: Parameters<Queues['work']>[2][] = []
      const queues: Partial<Queues> = {
        work: (_name, _jobs, handler) => {
          handlers.push(handler)
          return { drain: nothing, resize: () => undefined }
        },
        enqueueMissing: nothing,
      }
      const config = { model: { tasks: {}, fallback: null } }
      await using pipeline = new Pipeline(
        { ...context, config } as unknown as StepContext,
        queues as Queues,
        0,
      )
      pipeline.work({ model: 1, mailbox: 1 })
      const { signal } = new AbortController()
      const jobs = uids.slice(0, 200).map((job) => handlers[0]?.('triage', `unknown-${job}`, signal))
      await Promise.all(jobs)
      expect(await analysed()).toBe(1800)
    })

    test('is read no further once a batch could not be handed on; its rows stay for the sweeper', async () => {
      const failure = new Error('no guard')
      const handed: number[] = []
      const read = readNew(context, mailboxOf(6), lease, async (mails) => {
        handed.push(...mails.map(({ row }) => row.uid))
        if (handed.includes(2)) throw failure
      })
      await expect(read).rejects.toBe(failure)
      expect(handed).toEqual([1, 2])
      const { rows } = await db.query<{ uid: number }>(
        `select uid::int from replyd.message where step = 'guard' order by uid`,
      )
      expect(rows.map(({ uid }) => uid)).toEqual([1, 2, 3])
      expect(await lastUid()).toBe(3)
    })

    test('is left when the lease is lost while the next batch is on its way', async () => {
      const ahead = new Promise<never>(() => undefined)
      const handed: number[] = []
      const account = mailboxOf(6, async (uid) => {
        if (uid === 3) await loseLease()
        // The requested batch never arrives, so nothing may wait for it.
        if (uid > 3) await ahead
      })
      const read = readNew(context, account, lease, async (mails) => {
        handed.push(...mails.map(({ row }) => row.uid))
      })
      await expect(read).rejects.toThrow(LeaseLost)
      const stored = (await lastUid()) ?? 0
      expect(handed).toEqual(Array.from({ length: stored }, (_, at) => at + 1))
      expect(stored).toBeLessThan(3)
    })

    test('that fails half-way has handed on all that was stored', async () => {
      const account = mailboxOf(6, async (uid) => {
        if (uid === 5) throw new Error('connection lost')
      })
      const handed: number[] = []
      const read = readNew(context, account, lease, async (mails) => {
        await loadCursor(db, address, 'INBOX')
        handed.push(...mails.map(({ row }) => row.uid))
      })
      await expect(read).rejects.toThrow('connection lost')
      expect(handed).toEqual([1, 2, 3, 4])
    })
  })
})
