import type { Disposition } from '../base/dispositions.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

interface SenderQuestion {
  account: string
  address: string
  /** The mail in question: only earlier mail counts, and not the answer to it. */
  id: string
}

interface KnownSender {
  /** Earlier mails from this sender, excluding spam, 100 at most; 0 means a first contact. */
  earlier: number
  /** Whether replyd or, according to \\Sent, the owner has written to this address before. */
  writtenTo: boolean
  /** Whether the owner has. Automatic replies do not count. */
  isCorrespondent: boolean
}

async function findSenders(db: Queryable, questions: readonly SenderQuestion[]): Promise<KnownSender[]> {
  const { rows } = await db.query<KnownSender>(
    `select known.earlier, c.stands or exists (select 1 from replyd.reply r where r.account = q.account and r.addressee = q.address
           and r.id <> q.id and r.state = 'sent') as "writtenTo", c.stands as "isCorrespondent"
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, address text, id text)
       cross join lateral (select count(*)::int as earlier from (select 1 from replyd.message m
         where m.account = q.account and m.from_address = q.address and m.id < q.id
           and m.disposition not in ('filed', 'marked', 'pending') limit 100) as accepted) as known
       cross join lateral (select exists (select 1 from replyd.correspondent c
         where c.account = q.account and c.address = lower(q.address)) as stands) as c
      order by one.at`,
    [storable(questions)],
  )
  return rows
}

const senderOf = batched(findSenders)

/** What the store knows about a mail's sender. */
export function knownSender(
  db: Queryable,
  account: string,
  address: string,
  id: string,
): Promise<KnownSender> {
  return senderOf(db, { account, address, id })
}

export interface SenderHistory {
  firstContact: boolean
  writtenBefore: boolean
  isCorrespondent: boolean
}

/** What is known about the sender when a mail arrives. */
export async function senderHistory(
  db: Queryable,
  { account, fromAddress, id }: { account: string; fromAddress: string | null; id: string },
): Promise<SenderHistory> {
  if (!fromAddress) return { firstContact: true, writtenBefore: false, isCorrespondent: false }
  const { earlier, writtenTo, isCorrespondent } = await knownSender(db, account, fromAddress, id)
  return { firstContact: earlier === 0, writtenBefore: writtenTo, isCorrespondent }
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
): Promise<{ latest: EarlierMail[]; count: number; leftAlone: number }> {
  const { rows } = await db.query<EarlierMail & { count: number; leftAlone: number }>(
    `select id, subject, internal_date as "internalDate", disposition, count(*) over ()::int as count,
         count(*) filter (where reason = 'drafts-unsent' and id > $3) over ()::int as "leftAlone"
       from (select * from replyd.message where account = $1 and from_address = $2 and id <> $3 and disposition <> 'duplicate'
         order by id desc limit 1000) as known order by internal_date desc, id desc limit $4`,
    [account, address, exceptId, limit],
  )
  const { count = 0, leftAlone = 0 } = rows[0] ?? {}
  return { latest: rows.map(({ count: _, leftAlone: __, ...mail }) => mail), count, leftAlone }
}
