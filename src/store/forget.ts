/**
 * A privacy request: every stored text of one correspondent goes. Rows and addresses stay, because the ledger and the limits
 * on automatic answers go by them: nothing is answered again.
 */
import type { Database, Queryable } from './database.ts'
import { removeStyles } from './styles.ts'

export interface Forgotten {
  /** Mails of that address, and mails that it was answered for. */
  mails: number
  replies: number
  /** Mails that waited for something: they are closed, and nothing goes out for them. */
  closed: number
  /** Replies that are just being sent or saved: their text stays until this is asked for again. */
  underWay: number
}

/** @param address of the correspondent, in any case @param actor who asked for it */
export function forgetCorrespondent(
  db: Database,
  address: string,
  actor: string,
  now: Date,
): Promise<Forgotten> {
  return db.transaction(async (session) => {
    const { ids, underWay } = await mailsOf(session, address.trim().toLowerCase())
    const closed = await closeOpen(session, ids, actor, now)
    const replies = await emptyReplies(session, ids)
    await emptyMails(session, ids)
    await removeStyles(session, null)
    await session.query('delete from replyd.correspondent where lower(address) = lower($1)', [address.trim()])
    return { mails: ids.length, replies, closed, underWay }
  })
}

/** Locks the rows: a step that runs meanwhile finds its row changed and leaves it alone. */
async function mailsOf(session: Queryable, address: string): Promise<{ ids: string[]; underWay: number }> {
  const { rows } = await session.query<{ id: string; state: string | null }>(
    `select m.id, r.state from replyd.message m left join replyd.reply r on r.id = m.id
      where lower(m.from_address) = $1 or exists (select 1 from jsonb_array_elements_text(r.addressees) a where lower(a) = $1) for update of m`,
    [address],
  )
  const isUnderWay = ({ state }: { state: string | null }) => state === 'sending' || state === 'saving'
  return {
    ids: rows.filter((row) => !isUnderWay(row)).map(({ id }) => id),
    underWay: rows.filter(isUnderWay).length,
  }
}

/** A reply that may have gone out stays uncertain; what was not decided is rejected, and a draft is no longer looked at. */
async function closeOpen(
  session: Queryable,
  ids: readonly string[],
  actor: string,
  now: Date,
): Promise<number> {
  await session.query(
    `with changed as (
       update replyd.reply r set state = 'rejected', actor = $2, send_after = null from replyd.reply b
        where r.id = any($1) and b.id = r.id and r.state in ('composed', 'held', 'approved', 'saved') returning r.id, b.state
     )
     insert into replyd.reply_change (reply_id, at, actor, from_state, to_state)
     select id, $3, $2, state, 'rejected' from changed`,
    [ids, actor, now],
  )
  const { rowCount } = await session.query(
    `with open as (
       select id, step, case when disposition = 'uncertain' then disposition else 'rejected' end as disposition
         from replyd.message where id = any($1) and step <> 'done'
     ), noted as (
       insert into replyd.event (message_id, at, step, disposition, reason, actor)
       select id, $3, step, disposition, 'forgotten', $2 from open
     )
     update replyd.message m set step = 'done', disposition = o.disposition, reason = 'forgotten', updated_at = $3
       from open o where o.id = m.id returning m.id`,
    [ids, actor, now],
  )
  return rowCount ?? 0
}

/** What the pages expect of an answer of the model. */
const nothingComposed = {
  text: '',
  language: 'und',
  answers: [],
  missing: [],
  confidence: 0,
  needs_person: true,
}

async function emptyReplies(session: Queryable, ids: readonly string[]): Promise<number> {
  const { rowCount } = await session.query(
    `update replyd.reply set octets = '', subject = '', text = '', draft_text = '', composed = $2, claims = '[]', sources = '[]', omitted = '[]', checked = null,
       reply_text = null where id = any($1) returning id`,
    [ids, JSON.stringify(nothingComposed)],
  )
  await session.query('update replyd.reply_change set diff = null where reply_id = any($1)', [ids])
  return rowCount ?? 0
}

async function emptyMails(session: Queryable, ids: readonly string[]): Promise<void> {
  await session.query('delete from replyd.body where id = any($1)', [ids])
  await session.query('delete from replyd.spam_example where message_id = any($1)', [ids])
  await session.query('update replyd.event set detail = null where message_id = any($1)', [ids])
  await session.query(
    `update replyd.message set subject = null, from_name = null, detail = null, instruction = null, last_error = null,
       verdict = null where id = any($1)`,
    [ids],
  )
}
