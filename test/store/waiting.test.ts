/** Waiting mails in the embedded store: their order and counts, and the results of a search. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { mailsOfSender } from '../../src/store/history.ts'
import {
  countWaiting,
  lastDecision,
  listMails,
  type Show,
  waitingBefore,
  waitingCounts,
  waitingMails,
} from '../../src/store/review-lists.ts'
import { putWaiting } from '../flow/waiting.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-waiting-'))
const account = 'me@shop.example'
let db: Database

const letters = [
  ['zoe', 'Zoë Lindqvist', 'My new bike', 'The brakes are loud.'],
  ['leila', 'ليلى حداد', 'موعد التسليم', 'متى تصل الدراجة؟'],
  ['jose', 'JOSÉ Núñez', 'Straße, order 4712', "Where's my\nnew bell?"],
  ['sofia', 'Со́фья Ёлкина', 'Вопрос', 'Когда вы открыты?'],
  ['tanaka', '田中 さくら', '土曜日の営業時間について', 'ガラスは割れますか。'],
] as const

const set = (id: string, mail: string, reply = 'id = id') =>
  db.query(
    `with changed as (update replyd.message set ${mail} where id = '${id}') update replyd.reply set ${reply} where id = '${id}'`,
  )

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
  for (const [at, [id, fromName, subject, reply]] of letters.entries()) {
    const mail = { id, account, from: `${id}@buyers.example`, fromName, subject, text: 'Hello', reply }
    await putWaiting(db, { ...mail, uid: at + 1 }, new Date(Date.UTC(2026, 10, 1 + at)))
    // As in mode `draft`.
    await set(
      id,
      `step = 'done', disposition = 'drafted', reason = 'mode-draft'`,
      `state = 'saved', saved_uid = 1, hold_reason = 'mode-draft'`,
    )
  }
})

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const idsOf = async (filter: { search?: string; show?: Show } = {}) =>
  (await waitingMails(db, filter)).map(({ id }) => id)

test('the sender’s newer mails that get no draft are counted on the one that waits', async () => {
  const sender = {
    account,
    from: 'often@buyers.example',
    fromName: 'Often',
    subject: 'More',
    text: 'Hello',
    reply: '',
  }
  for (const [at, id] of ['often1', 'often2', 'often3'].entries())
    await putWaiting(db, { ...sender, id, uid: 900 + at }, new Date(Date.UTC(2026, 9, 1 + at)))
  const leaveAlone = `step = 'done', disposition = 'declined', reason = 'drafts-unsent'`
  for (const id of ['often2', 'often3']) await set(id, leaveAlone)
  const counted = async () =>
    (await waitingMails(db, { search: 'from:often' })).map(({ id, leftAlone }) => [id, leftAlone])
  expect(await counted()).toEqual([['often1', 2]])
  const past = await mailsOfSender(db, { account, address: sender.from, exceptId: 'often1' }, 10)
  expect(past).toMatchObject({ count: 2, leftAlone: 2 })
  await db.query(`delete from replyd.message where id like 'often%'`)
})

test("the last decision is the person's own, recent, and still in force", async () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 9, minute))
  const decided = (id: string, actor: string, minute: number) =>
    db.query(
      `insert into replyd.event (message_id, at, step, disposition, reason, actor) values ($1, $2, 'done', 'drafted', 'mode-draft', $3)`,
      [id, at(minute), actor],
    )
  for (const [id, actor, minute] of [
    ['zoe', 'Ann', 1],
    ['jose', 'Ann', 2],
    ['sofia', 'Ben', 3],
  ] as const)
    await decided(id, actor, minute)
  const last = async (actor: string, minute = 0) =>
    (await lastDecision(db, { actor, reasons: ['mode-draft'], since: at(minute) }))?.id ?? null
  expect(await last('Ann')).toBe('jose')
  expect(await last('Ben')).toBe('sofia')
  expect(await last('Ann', 2)).toBeNull()
  await set('jose', `disposition = 'held', reason = 'reopened'`)
  expect(await last('Ann')).toBe('zoe')
  await set('jose', `disposition = 'drafted', reason = 'mode-draft'`)
  await db.query(`delete from replyd.event where actor in ('Ann', 'Ben')`)
})

describe('a search', () => {
  test.each([
    ['zoe', 'zoe'],
    ['ZOË', 'zoe'],
    ['bik', 'zoe'],
    ['bike lindqvist', 'zoe'],
    ['"My new bike"', 'zoe'],
    ['"bike new"', ''],
    ['new', 'zoe jose'],
    ['from:zoe', 'zoe'],
    ['from:bike', ''],
    ['subject:bike new', 'zoe'],
    ['from:"Zoe Lindqvist" brakes', 'zoe'],
    ['from:zoe@buyers.example', 'zoe'],
    ['لیلی', 'leila'],
    ['ليلى', 'leila'],
    ['التسليم متى', 'leila'],
    ['jose nunez', 'jose'],
    ['strasse', 'jose'],
    ['straße', 'jose'],
    ['47', 'jose'],
    ['٤٧', 'jose'],
    ['12', ''],
    ['where’s', 'jose'],
    ['"my new bell"', 'jose'],
    ['елкина', 'sofia'],
    ['ЁЛКИНА', 'sofia'],
    ['софья', 'sofia'],
    ['営業時間', 'tanaka'],
    ['100%', ''],
    ['(brakes', ''],
    ['[a-z]', ''],
    ['\u0000', 'zoe leila jose sofia tanaka'],
    ['"', 'zoe leila jose sofia tanaka'],
  ])('%s', async (search, expected) => {
    const found = expected.split(' ').filter((id) => id !== '')
    expect(await idsOf({ search })).toEqual(found)
    expect(await countWaiting(db, { search })).toBe(found.length)
    // The history contains no text of replies.
    if (!/brakes|bell|متى|where|"my new|^new$/i.test(search))
      expect((await listMails(db, { search, limit: 9 })).map(({ id }) => id).sort()).toEqual(found.sort())
  })

  test("the history's field for the sender ignores accents, too", async () => {
    expect((await listMails(db, { from: 'zoe lind', limit: 9 })).map(({ id }) => id)).toEqual(['zoe'])
  })
})

describe('the order', () => {
  test('what needs somebody comes first, then what is urgent, then what is old', async () => {
    await set('tanaka', 'id = id', `hold_reason = 'needs-person mode-draft'`)
    await set('sofia', `verdict = '{"urgency": 2}'`)
    expect(await idsOf()).toEqual(['tanaka', 'sofia', 'zoe', 'leila', 'jose'])
    expect(await idsOf({ show: 'held' })).toEqual(['tanaka'])
  })

  test.each([
    ['edited', `step = 'review', disposition = 'held', reason = 'edited'`, `text = 'Mine.'`],
    ['approved', `step = 'deliver', disposition = 'approved', reason = 'approved-by-person'`, 'id = id'],
    ['taken back', `step = 'done', disposition = 'drafted', reason = 'cancelled'`, 'id = id'],
  ])('stays when a reply is %s, and the numbers of the tabs add up', async (_what, mail, reply) => {
    const before = await idsOf()
    for (const id of ['leila', 'tanaka']) await set(id, mail, reply)
    expect(await idsOf()).toEqual(before)
    const { all, held, ready, sending } = await waitingCounts(db)
    expect(held + ready + sending).toBe(all)
    for (const [show, count] of Object.entries({ held, ready, sending }))
      expect(await idsOf({ show: show as Show })).toHaveLength(count)
    for (const id of ['leila', 'tanaka'])
      await set(
        id,
        `step = 'done', disposition = 'drafted', reason = 'mode-draft'`,
        `text = draft_text, state = 'saved'`,
      )
  })

  test('what a person has written into a draft is theirs: it needs nobody, before its undo and after', async () => {
    const needed = async () => (await waitingCounts(db)).held
    for (const reason of ['edited', 'cancelled', 'reopened']) {
      await set('tanaka', `step = 'review', disposition = 'held', reason = '${reason}'`, `text = 'Mine.'`)
      expect([reason, await needed()]).toEqual([reason, 0])
    }
    await set('tanaka', `reason = 'smtp-rejected'`)
    expect(await needed()).toBe(1)
  })

  test('a reply waiting only for routine approval is ready; the menu counts it, as nothing else does', async () => {
    const held = (reply: string) =>
      set('jose', `step = 'review', disposition = 'held', reason = 'mode-review'`, `state = 'held', ${reply}`)
    const placeNow = async () => {
      const { here } = await waitingCounts(db)
      const shows = await Promise.all((['held', 'ready'] as const).map((show) => idsOf({ show })))
      return [shows.findIndex((ids) => ids.includes('jose')) === 0 ? 'held' : 'ready', here]
    }
    const { here } = await waitingCounts(db)
    const before = await idsOf()
    await held(`hold_reason = 'mode-review', saved_uid = null, claims = '[]'`)
    expect(await placeNow()).toEqual(['ready', here + 1])
    expect(await idsOf()).toEqual(before)
    await held(`claims = '[{"claim": "9 pm", "kind": "date"}]'`)
    expect(await placeNow()).toEqual(['held', here + 1])
    expect((await idsOf())[0]).toBe('jose')
    await held(`claims = '[]', hold_reason = 'low-confidence mode-review'`)
    expect(await placeNow()).toEqual(['held', here + 1])
    // Rewritten at somebody's request: the same, unless replyd doubts the new text.
    await set('jose', `reason = 'rewritten'`, `hold_reason = 'low-confidence rewritten'`)
    expect(await placeNow()).toEqual(['held', here + 1])
    await set('jose', `reason = 'rewritten'`, `hold_reason = 'rewritten'`)
    expect(await placeNow()).toEqual(['ready', here + 1])
    await held(`text = 'Mine.'`)
    expect(await placeNow()).toEqual(['ready', here + 1])
    await set(
      'jose',
      `step = 'done', disposition = 'drafted', reason = 'mode-draft'`,
      `text = draft_text, state = 'saved', hold_reason = 'mode-draft', saved_uid = 1`,
    )
  })

  test('a mail whose reply is being rewritten keeps its place and its tab, but is not counted', async () => {
    const rewriting = true
    const ids = async (show: Show) => (await waitingMails(db, { show, rewriting })).map(({ id }) => id)
    const before = await Promise.all((['all', 'held', 'ready'] as const).map(ids))
    const counts = await waitingCounts(db)
    await set(
      'leila',
      `step = 'compose', disposition = 'pending', reason = 'rewrite-asked', instruction = ''`,
      `state = 'composed'`,
    )
    expect(await Promise.all((['all', 'held', 'ready'] as const).map(ids))).toEqual(before)
    expect(await countWaiting(db, { search: 'ليلى', rewriting })).toBe(1)
    expect(await idsOf()).not.toContain('leila')
    expect((await waitingCounts(db)).all).toBe(counts.all - 1)
    await set(
      'leila',
      `step = 'done', disposition = 'drafted', reason = 'mode-draft', instruction = null`,
      `state = 'saved'`,
    )
  })

  test('the rows before a mail are counted, for a mail that has left the list, too', async () => {
    const ids = await idsOf()
    for (const [at, id] of ids.entries()) expect(await waitingBefore(db, {}, id)).toBe(at)
    await set('leila', `step = 'done', disposition = 'rejected'`, `state = 'rejected'`)
    expect(await waitingBefore(db, {}, 'leila')).toBe(ids.indexOf('leila'))
    expect(await waitingBefore(db, {}, 'nothing')).toBeNull()
  })
})
