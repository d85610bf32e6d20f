/** What the guard's rules need from the ledger (docs/rules.md, section 7), queried in one statement for many mails. */
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

/** Reserved slots count, including `sending` and `uncertain`. */
interface AutomaticReply {
  to: string
  at: Date
  messageId: string
  hash: string
}

interface GuardQuestion {
  account: string
  now: Date
  /** The mail's row, or what it will be if it is not stored yet: its Message-ID and `NewMessage.digest`. */
  id: string
  coming: { messageId: string | null; digest: string | null } | null
  /** The mail's own Message-ID, and those that it names. */
  own: string | null
  thread: readonly string[]
  /** Addresses in From. */
  authors: readonly string[]
  /** Where a reply would go; null if there is nobody. */
  addressee: string | null
  /** `textHash` of the reply about to be sent; null if there is none yet. */
  hash: string | null
}

interface GuardHistory {
  /**
   * Automatic replies of this account: those of the last day, those of the last week to an author or with the same
   * text, and those of any age among the thread's ids.
   */
  autoSent: AutomaticReply[]
  /** Which of the mail's ids belong to replies that this account wrote (drafts included). */
  ours: string[]
  /** The same mail was answered, by replyd or by the owner; its own row counts, too. */
  answered: boolean
  /** Another mail has the same Message-ID. */
  reused: boolean
  /** Somebody in the thread asked for a person. */
  humanAsked: boolean
  /** Unsent drafts and held replies for the addressee. */
  openDrafts: number
  /**
   * The thread's known participants: the From addresses of the mails stored under its ids, and of the replies. Of
   * several mails under one id the first counts: a later one may claim the id to get into the thread. Null if there
   * are none.
   */
  participants: string[] | null
}

/** Milliseconds. */
const day = 86_400_000
const week = 7 * day
/** Moments are rounded down, so that questions of one batch share a window; the rules count exactly. */
const rounding = 60_000

/** As JSON: dates are text. */
type StoredReply = Omit<AutomaticReply, 'at'> & { at: string }
type Found = Omit<GuardHistory, 'autoSent'> & { replies: StoredReply[] }

const replyJson = `jsonb_build_object('to', r.addressee, 'at', r.claimed_at, 'messageId', r.reply_message_id, 'hash', r.text_hash)`
const automatic = `r.account = q.account and r.kind = 'send'`

const windowOf = `coalesce((select jsonb_agg(${replyJson}) from (select * from replyd.reply r where ${automatic} and r.claimed_at >= q.since
  order by r.claimed_at desc limit 1000) r), '[]')`

const replies = `coalesce((select jsonb_agg(${replyJson}) from replyd.reply r where ${automatic} and r.claimed_at is not null
    and r.reply_message_id = any(q.thread)), '[]')
  || coalesce((select jsonb_agg(${replyJson}) from replyd.reply r where ${automatic} and r.claimed_at >= q.since
    and r.addressee = any(q.authors)), '[]')
  || case when q.hash is null then '[]' else coalesce((select jsonb_agg(${replyJson}) from replyd.reply r where ${automatic}
    and r.claimed_at >= q.since and r.text_hash = q.hash), '[]') end`

const ours = `array(select r.reply_message_id from replyd.reply r where r.account = q.account and r.reply_message_id = any(q.named))`

const mail = `(select m.message_id, m.header_hash from replyd.message m where m.id = q.id
  union all select q.coming->>'messageId', q.coming->>'digest' where q.coming is not null) m`

const answered = `exists (select 1 from ${mail} join replyd.message o on o.account = q.account and o.message_id = m.message_id
  where m.header_hash is not distinct from o.header_hash
    and o.disposition in ('sent', 'sent-by-owner', 'superseded', 'uncertain'))`

const reused = `exists (select 1 from ${mail} join replyd.message o on o.account = q.account and o.message_id = m.message_id
  where m.header_hash <> o.header_hash)`

const humanAsked = `exists (select 1 from replyd.human_thread h where h.account = q.account and h.message_id = any(q.named))`

const openDrafts = `(select count(*) from replyd.reply r where r.account = q.account and r.addressee = q.addressee
  and r.state in ('composed', 'held', 'saving', 'saved'))`

const participants = `(select jsonb_agg(address) from (
    select from_address as address from (select distinct on (m.message_id) m.from_address from replyd.message m
      where m.account = q.account and m.message_id = any(q.thread) order by m.message_id, m.id) first where from_address is not null
    union select jsonb_array_elements_text(r.addressees) from replyd.reply r where r.account = q.account and r.reply_message_id = any(q.thread)
    union select r.reverse_path from replyd.reply r where r.account = q.account and r.reply_message_id = any(q.thread)) known)`

const questionsOf = (parameter: string, columns: string) =>
  `jsonb_array_elements(${parameter}::jsonb) with ordinality as one (value, at) cross join jsonb_to_record(one.value) as q (${columns})`

const statement = `
select true as whole, one.at::int as at, ${windowOf} as found from ${questionsOf('$1', 'account text, since timestamptz')}
union all
select false, one.at::int, jsonb_build_object('replies', ${replies}, 'ours', ${ours}, 'answered', ${answered}, 'reused', ${reused},
  'humanAsked', ${humanAsked}, 'openDrafts', ${openDrafts}, 'participants', ${participants})
  from ${questionsOf('$2', 'account text, since timestamptz, id text, coming jsonb, named text[], thread text[], authors text[], addressee text, hash text')}`

interface Window {
  account: string
  since: number
}
const keyOf = ({ account, since }: Window) => `${since} ${account}`
const windowFor = ({ account, now }: GuardQuestion): Window => ({ account, since: before(now, day) })
const before = (now: Date, ms: number) => Math.floor((now.getTime() - ms) / rounding) * rounding

export const guardHistory = batched<GuardQuestion, GuardHistory>(async (db, questions) => {
  const windows = [...new Map(questions.map((one) => [keyOf(windowFor(one)), windowFor(one)])).values()]
  // Written out, because copying objects costs many times as much.
  const asked = questions.map(({ account, now, id, coming, own, thread, authors, addressee, hash }) => {
    const named = own === null ? thread : [own, ...thread]
    return {
      account,
      since: new Date(before(now, week)),
      id,
      coming,
      named,
      thread,
      authors,
      addressee,
      hash,
    }
  })
  const { rows } = await db.query<{ whole: boolean; at: number; found: unknown }>(statement, [
    storable(windows.map(({ account, since }) => ({ account, since: new Date(since) }))),
    storable(asked),
  ])
  const recent = new Map<string, RepliesById>()
  const ofMails: Found[] = []
  for (const { whole, at, found } of rows) {
    const window = windows[at - 1]
    if (whole && window) recent.set(keyOf(window), byId(found as StoredReply[]))
    else ofMails[at - 1] = found as Found
  }
  return questions.map((question, at) => {
    const { replies, ...rest } = ofMails[at] as Found
    const sent = new Map(recent.get(keyOf(windowFor(question))))
    for (const [id, reply] of byId(replies)) sent.set(id, reply)
    return { ...rest, autoSent: [...sent.values()] }
  })
})

type RepliesById = ReadonlyMap<string, AutomaticReply>

/** Each once. Questions of one batch share those of their window. */
const byId = (found: readonly StoredReply[]): RepliesById =>
  new Map(found.map(({ to, at, messageId, hash }) => [messageId, { to, at: new Date(at), messageId, hash }]))

/** Automatic replies of this account since that moment, newest first; at most 1,000. */
export const automaticRepliesSince = batched<{ account: string; since: Date }, AutomaticReply[]>(
  async (db: Queryable, questions) => {
    const { rows } = await db.query<{ found: StoredReply[] }>(
      `select ${windowOf} as found from ${questionsOf('$1', 'account text, since timestamptz')} order by one.at`,
      [storable(questions)],
    )
    return rows.map(({ found }) => [...byId(found).values()])
  },
)

/** Maximum number of stored ids of one mail's thread. */
const mostHumanIds = 100

/**
 * The sender asked for a person: the mail's own id and those it names are no longer answered automatically. This covers
 * only ids of the sender's own mails, and of replies with the mails that they answer: a reply's id is keyed, so a
 * person who knows it has the reply. The ids of other people's mails have no effect, because third parties may know
 * them.
 * @param mail.authors addresses of its From
 */
export async function saveHumanThread(
  db: Queryable,
  mail: { id: string; account: string; authors: readonly string[]; ids: readonly string[] },
): Promise<void> {
  await db.query(
    `with named as (select unnest($3::text[]) as id),
       answers as (select r.id, r.reply_message_id from replyd.reply r join named on named.id = r.reply_message_id
         where r.account = $1)
     insert into replyd.human_thread (account, message_id, source)
     select $1, found.id, $2 from (
       select reply_message_id as id from answers
       union select m.message_id from replyd.message m join named on named.id = m.message_id
         where m.account = $1 and (m.from_address = any($4) or m.id in (select id from answers))) as found
     on conflict do nothing`,
    [mail.account, mail.id, mail.ids.slice(-mostHumanIds), mail.authors],
  )
}
