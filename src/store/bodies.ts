import { Lru } from '../base/lru.ts'
import type { ReadAttachment } from '../mail/attachments.ts'
import type { Fault } from '../mail/fault.ts'
import type { Message, Part } from '../mail/message.ts'
import { parseFields, textCharset } from '../mail/mime/octets.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'
import { storable } from './storable.ts'

/** What was read of a mail: removed after the retention time, while the ledger row stays. */
export interface MailBody {
  id: string
  /** The outermost header block, as fetched. */
  header: Buffer
  structure: Part
  text: string
  html: string | null
  hiddenText: boolean
  faults: readonly Fault[]
}

/** A mail as the steps see it. */
export interface StoredMail {
  row: MessageRow
  message: Message
}

type JoinedRow = MessageRow & { [Key in keyof Omit<MailBody, 'id'>]: MailBody[Key] | null }

const column = (name: string) => `case when m.id = any($2) then null else b.${name} end`
const joined = `select ${messageColumns}, ${column('header')} as header, ${column('structure')} as structure, ${column('text')} as text,
  ${column('html')} as html, ${column('hidden_text')} as "hiddenText", ${column('faults')} as faults
  from replyd.message m join replyd.body b on b.id = m.id where m.id = any($1)`

/**
 * Rows with their bodies, for ids that still have one.
 * @param known messages that are not read again: a body never changes until it is removed
 */
async function readMails(db: Queryable, ids: readonly string[], known: Lru<Message>): Promise<StoredMail[]> {
  const { rows } = await db.query<JoinedRow>(joined, [ids, ids.filter((id) => known.get(id) !== undefined)])
  return rows.map(({ header, structure, text, html, hiddenText, faults, ...row }) => ({
    row,
    message:
      known.get(row.id) ??
      ({
        fields: parseFields(header ?? Buffer.alloc(0), structure ? textCharset(structure) : ''),
        structure,
        text,
        html,
        hiddenText,
        faults,
      } as Message),
  }))
}

/** Rows with their bodies, for ids that still have one. */
export async function loadMails(db: Queryable, ids: readonly string[]): Promise<StoredMail[]> {
  return ids.length === 0 ? [] : readMails(db, ids, new Lru(0))
}

/** A mail's steps follow each other closely: its text is read once, its row each time. Mails; UTF-16 units. */
const cached = { mails: 200, length: 20_000 }
const recent = new WeakMap<Queryable, Lru<Message>>()

/** Mails that arrive together and will be triaged before others evict them. */
const few = 20

/**
 * Caches mails that were just stored, so that their next step does not read them. Mails of a backlog are read when
 * they are processed.
 */
export function cacheMails(db: Queryable, mails: readonly StoredMail[]): void {
  if (mails.length > few) return
  const known = cacheOf(db)
  for (const mail of mails) remember(known, mail)
}

function cacheOf(db: Queryable): Lru<Message> {
  const known = recent.get(db) ?? new Lru<Message>(cached.mails)
  recent.set(db, known)
  return known
}

function remember(messages: Lru<Message>, { row, message }: StoredMail): void {
  if (message.text.length + (message.html?.length ?? 0) > cached.length) return
  messages.set(row.id, message)
}

export const loadMail = batched<string, StoredMail | null>(
  async (db, ids) => {
    const known = cacheOf(db)
    const mails = new Map((await readMails(db, ids, known)).map((mail) => [mail.row.id, mail]))
    for (const mail of mails.values()) remember(known, mail)
    return ids.map((id) => mails.get(id) ?? null)
  },
  // Two steps must not share one row.
  { nameOf: (id) => id },
)

/**
 * Removes the stored text of settled mails that were ingested before that; the ledger row stays. Returns how many.
 */
export async function removeBodiesBefore(db: Queryable, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from replyd.body b using replyd.message m where m.id = b.id and m.step = 'done' and m.ingested_at < $1`,
    [before],
  )
  return rowCount ?? 0
}

/** What was read of the mail's files. Null if they were not read yet, or the mail's text is gone. */
export async function loadAttachments(db: Queryable, id: string): Promise<ReadAttachment[] | null> {
  const { rows } = await db.query<{ attachments: ReadAttachment[] | null }>(
    'select attachments from replyd.body where id = $1',
    [id],
  )
  return rows[0]?.attachments ?? null
}

export async function saveAttachments(
  db: Queryable,
  id: string,
  attachments: readonly ReadAttachment[],
): Promise<void> {
  await db.query('update replyd.body set attachments = $2 where id = $1', [id, storable(attachments)])
}
