import type { Disposition } from '../base/dispositions.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

interface EarlierQuestion {
  account: string
  address: string
  beforeId: string
}

async function countEarlier(db: Queryable, questions: readonly EarlierQuestion[]): Promise<number[]> {
  const { rows } = await db.query<{ n: number }>(
    `select (select count(*)::int from (select 1 from replyd.message m where m.account = q.account and m.from_address = q.address
         and m.id < q."beforeId" and m.disposition not in ('filed', 'marked', 'pending') limit 100) as known) as n
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, address text, "beforeId" text) order by one.at`,
    [storable(questions)],
  )
  return rows.map(({ n }) => n)
}

const earlierOf = batched(countEarlier)

/** Number of earlier mails from this sender, without spam; 0 means a first contact. */
export function earlierMails(
  db: Queryable,
  account: string,
  address: string,
  beforeId: string,
): Promise<number> {
  return earlierOf(db, { account, address, beforeId })
}

interface WrittenQuestion {
  account: string
  addressee: string
  exceptId: string
}

async function findWritten(db: Queryable, questions: readonly WrittenQuestion[]): Promise<boolean[]> {
  const { rows } = await db.query<{ known: boolean }>(
    `select exists (select 1 from replyd.reply r where r.account = q.account and r.addressee = q.addressee
         and r.id <> q."exceptId" and r.state = 'sent')
         or exists (select 1 from replyd.correspondent c where c.account = q.account and c.address = lower(q.addressee)) as known
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, addressee text, "exceptId" text) order by one.at`,
    [storable(questions)],
  )
  return rows.map(({ known }) => known)
}

const writtenOf = batched(findWritten)

/**
 * Whether replyd or, according to \\Sent, the owner has written to this address before: then the correspondence is
 * known.
 */
export function writtenTo(
  db: Queryable,
  account: string,
  addressee: string,
  exceptId: string,
): Promise<boolean> {
  return writtenOf(db, { account, addressee, exceptId })
}

/** What is known of the sender when a mail arrives. */
export async function senderHistory(
  db: Queryable,
  { account, fromAddress, id }: { account: string; fromAddress: string | null; id: string },
): Promise<{ firstContact: boolean; writtenBefore: boolean }> {
  if (!fromAddress) return { firstContact: true, writtenBefore: false }
  const [earlier, writtenBefore] = await Promise.all([
    earlierMails(db, account, fromAddress, id),
    writtenTo(db, account, fromAddress, id),
  ])
  return { firstContact: earlier === 0, writtenBefore }
}

export interface EarlierMail {
  id: string
  subject: string | null
  internalDate: Date
  disposition: Disposition
}

/** The other mails of this sender: the latest of them, and how many there are (at most 1,000 are counted). */
export async function mailsOfSender(
  db: Queryable,
  { account, address, exceptId }: { account: string; address: string; exceptId: string },
  limit: number,
): Promise<{ latest: EarlierMail[]; count: number }> {
  const { rows } = await db.query<EarlierMail & { count: number }>(
    `select id, subject, internal_date as "internalDate", disposition, count(*) over ()::int as count
       from (select * from replyd.message where account = $1 and from_address = $2 and id <> $3 and disposition <> 'duplicate'
         order by id desc limit 1000) as known order by internal_date desc, id desc limit $4`,
    [account, address, exceptId, limit],
  )
  return { latest: rows.map(({ count: _count, ...mail }) => mail), count: rows[0]?.count ?? 0 }
}
