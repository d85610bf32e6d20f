/** The statements do what the table says: every verb, on mails and replies at every place that can be reached, and at others. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { type Database, openDatabase, type Queryable } from '../../src/store/database.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { type Change, move } from '../../src/store/moves.ts'
import { insertReplies } from '../../src/store/replies.ts'
import { after, moves, type Place, type VerbName } from '../../src/store/transitions.ts'
import { account, seededAt, seedMessage, seedReply } from './seed.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

const verbs = Object.keys(moves) as VerbName[]
const asOf = (verb: VerbName) =>
  (moves[verb] as { mail?: { as: readonly Place['disposition'][] } }).mail?.as ?? [undefined]
const nameOf = ({ stage, disposition, reply }: Place) => `${stage} ${disposition} ${reply}`

/** From a mail that has just come, by every verb; a reply comes with compose or a person. */
function reachable(): Place[] {
  const found = new Map<string, Place>()
  const queue: Place[] = [{ stage: 'guard', disposition: 'pending', reply: null }]
  for (let place = queue.pop(); place; place = queue.pop()) {
    if (found.has(nameOf(place))) continue
    found.set(nameOf(place), place)
    for (const verb of verbs)
      for (const as of asOf(verb)) {
        const next = after(verb, place, as)
        if (next) queue.push(next)
      }
    if (place.reply === null && place.stage === 'compose') queue.push({ ...place, reply: 'composed' })
  }
  return [...found.values()]
}

const places = reachable()
const idOf = (at: number) => `p${String(at).padStart(4, '0')}`

async function put(session: Queryable): Promise<void> {
  await session.query('delete from replyd.message')
  const messages = places.map(({ stage, disposition }, at) => ({
    ...seedMessage(idOf(at), at + 1, 'kim@example.org'),
    ...{ step: stage, disposition },
  }))
  await storeIngested(session, { messages }, seededAt)
  const replies = places.flatMap(({ stage, reply }, at) =>
    reply === null ? [] : [{ ...seedReply(idOf(at), 'kim@example.org'), at: stage, now: seededAt }],
  )
  await insertReplies(session, replies)
  const states = places.map(({ reply }, at) => ({ id: idOf(at), state: reply }))
  await session.query(
    `update replyd.reply r set state = x.state from jsonb_to_recordset($1::jsonb) as x (id text, state text) where x.id = r.id`,
    [JSON.stringify(states)],
  )
}

async function standing(session: Queryable): Promise<string[]> {
  const { rows } = await session.query<Place>(
    `select m.step as stage, m.disposition, r.state as reply from replyd.message m left join replyd.reply r on r.id = m.id order by m.id`,
  )
  return rows.map(nameOf)
}

class Undo extends Error {}

async function agrees(db: Database, verb: VerbName, disposition: Place['disposition'] | undefined) {
  const undone = db.transaction(async (session) => {
    await put(session)
    const moved: string[] = []
    for (const [at, { stage }] of places.entries()) {
      const change = {
        id: idOf(at),
        at: stage,
        reason: 'ok',
        actor: 'Ann',
        ...(disposition ? { disposition } : {}),
      }
      if (await move(session, verb, change as unknown as Change<VerbName>, seededAt)) moved.push(idOf(at))
    }
    const expected = places.map((place) => after(verb, place, disposition))
    expect(moved).toEqual(expected.flatMap((next, at) => (next === null ? [] : [idOf(at)])))
    expect(await standing(session)).toEqual(expected.map((next, at) => nameOf(next ?? (places[at] as Place))))
    const { rows } = await session.query<{ n: number }>('select count(*)::int as n from replyd.event')
    expect(rows[0]?.n).toBe('mail' in moves[verb] ? moved.length : 0)
    throw new Undo()
  })
  await expect(undone).rejects.toThrow(Undo)
}

let postgres: Postgres
const directory = mkdtempSync(join(tmpdir(), 'replyd-transitions-'))
beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
})
afterAll(async () => {
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
})

test.each([
  ['PostgreSQL', true],
  ['embedded', false],
])('%s: every verb does to every place what the table says', async (_name, onServer) => {
  expect(places.length).toBeGreaterThan(40)
  expect(account).toBe('me@example.com')
  const databaseUrl = onServer ? await postgres.createDatabase() : null
  await using db = await openDatabase({ directory, databaseUrl }, silentLog)
  for (const verb of verbs) for (const as of asOf(verb)) await agrees(db, verb, as)
})
