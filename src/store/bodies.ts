import type { Message, Part } from '../mail/message.ts'
import { parseFields } from '../mail/octets.ts'
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'
import { storable } from './storable.ts'

/** What was read of a mail: removed after the retention time, while the ledger row stays. */
export interface Body {
  id: string
  /** The outermost header block, as fetched. */
  header: Buffer
  structure: Part
  text: string
  html: string | null
  hiddenText: boolean
  faults: readonly string[]
}

export async function insertBodies(db: Queryable, bodies: readonly Body[]): Promise<void> {
  const encoded = bodies.map((body) => ({ ...body, header: body.header.toString('base64') }))
  await db.query(
    `insert into replyd.body (id, header, structure, text, html, hidden_text, faults)
     select x.id, decode(x.header, 'base64'), x.structure, x.text, x.html, x."hiddenText", x.faults
       from jsonb_to_recordset($1::jsonb) as x (id text, header text, structure jsonb, text text, html text,
         "hiddenText" boolean, faults jsonb)
     on conflict (id) do nothing`,
    [storable(encoded)],
  )
}

/** A mail as the steps see it. */
export interface StoredMail {
  row: MessageRow
  message: Message
}

type JoinedRow = MessageRow & Omit<Body, 'id'>

/** Rows with their bodies, for those ids that still have one. */
export async function loadMails(db: Queryable, ids: readonly string[]): Promise<StoredMail[]> {
  const { rows } = await db.query<JoinedRow>(
    `select ${messageColumns}, b.header, b.structure, b.text, b.html, b.hidden_text as "hiddenText", b.faults
       from replyd.message m join replyd.body b on b.id = m.id where m.id = any($1)`,
    [ids],
  )
  return rows.map(({ header, structure, text, html, hiddenText, faults, ...row }) => ({
    row,
    message: { fields: parseFields(header), structure, text, html, hiddenText, faults },
  }))
}

export async function loadMail(db: Queryable, id: string): Promise<StoredMail | null> {
  return (await loadMails(db, [id]))[0] ?? null
}

/** Removes the stored text of mails that came to rest and were ingested before that; the ledger row stays. Returns how many. */
export async function removeBodiesBefore(db: Queryable, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from replyd.body b using replyd.message m where m.id = b.id and m.step = 'done' and m.ingested_at < $1`,
    [before],
  )
  return rowCount ?? 0
}
