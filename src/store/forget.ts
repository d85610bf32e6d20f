/**
 * A privacy request: removes all stored text of one correspondent. Rows and addresses stay, because the ledger and
 * the limits on automatic answers need them: nothing is answered again.
 */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import type { Database, Queryable } from './database.ts'
import { moveSeveralWithReplies } from './moves.ts'
import { removeStyles } from './styles.ts'

export interface Forgotten {
  /** Mails from that address, and mails answered to it. */
  mails: number
  replies: number
  /** Waiting mails: they are closed, and nothing is sent for them. */
  closed: number
  /** Replies that are being sent or saved: their text stays until this is requested again. */
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
    const mails = await mailsOf(session, address.trim().toLowerCase())
    const closed = await closeOpen(session, mails, actor, now)
    const ids = mails.filter(({ id, step }) => step === 'done' || closed.has(id)).map(({ id }) => id)
    const replies = await emptyReplies(session, ids)
    await emptyMails(session, ids)
    await removeStyles(session, null)
    await session.query('delete from replyd.correspondent where lower(address) = lower($1)', [address.trim()])
    return { mails: ids.length, replies, closed: closed.size, underWay: mails.length - ids.length }
  })
}

interface Named {
  id: string
  step: Stage
  disposition: Disposition
  state: ReplyState | null
}

/** Locks the rows: a step that runs at the same time finds its row changed and leaves it alone. */
async function mailsOf(session: Queryable, address: string): Promise<Named[]> {
  const { rows } = await session.query<Named>(
    `select m.id, m.step, m.disposition, r.state from replyd.message m left join replyd.reply r on r.id = m.id
      where lower(m.from_address) = $1 or exists (select 1 from jsonb_array_elements_text(r.addressees) a where lower(a) = $1) for update of m`,
    [address],
  )
  return rows
}

/**
 * A reply that may have been sent stays uncertain; undecided replies are rejected, and drafts are no longer watched.
 */
async function closeOpen(
  session: Queryable,
  mails: readonly Named[],
  actor: string,
  now: Date,
): Promise<Set<string>> {
  const changes = mails
    .filter(({ step }) => step !== 'done')
    .map(({ id, step, disposition }) => ({
      ...{ id, at: step, actor, reason: 'forgotten' as const, reply: { sendAfter: null } },
      disposition: disposition === 'uncertain' ? disposition : ('rejected' as const),
    }))
  const closed = await moveSeveralWithReplies(session, 'forget', changes, now)
  const drafts = mails
    .filter(({ step, state }) => step === 'done' && state === 'saved')
    .map(({ id, disposition }) => ({
      ...{ id, at: 'done' as const, actor, reason: 'forgotten' as const },
      disposition: disposition === 'drafted' ? ('rejected' as const) : disposition,
    }))
  await moveSeveralWithReplies(session, 'forgetDraft', drafts, now)
  return closed
}

/** The minimum that the pages expect of a model's answer. */
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
    `update replyd.reply set octets = '', subject = '', envelope = null, text = '', draft_text = '', composed = $2, claims = '[]', sources = '[]', omitted = '[]', checked = null,
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
