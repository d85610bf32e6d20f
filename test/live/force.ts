/** Puts rows into the initial state of a test, whether or not a verb of the daemon leads there. */
import type { Disposition, ReplyState, Stage } from '../../src/base/dispositions.ts'
import type { Queryable } from '../../src/store/database.ts'
import { moveMails, moveReplies } from '../../src/store/moves.ts'
import { insertReplies, type NewReply, type ReplyRow } from '../../src/store/replies.ts'
import type { MailFields, ReplyFields } from '../../src/store/transitions.ts'

interface Forced extends MailFields {
  id: string
  from: Stage
  to: Stage
  disposition: Disposition
}

/** False when the mail is not at `from`. */
export async function forceMail(db: Queryable, change: Forced, now: Date): Promise<boolean> {
  return (await moveMails(db, [{ having: null, ...change, now }])).has(change.id)
}

/** Null when the reply is in none of these states. */
export async function forceReply(
  db: Queryable,
  change: ReplyFields & { id: string; from: readonly ReplyState[]; to: ReplyState; actor: string },
  now: Date,
): Promise<ReplyRow | null> {
  const { id, from, to, actor, ...fields } = change
  const forced = {
    id,
    from,
    to,
    actor,
    looksOnly: false,
    orNone: false,
    others: [],
    mailAt: null,
    fields,
    now,
  }
  return (await moveReplies(db, [forced], 'row')).get(id) ?? null
}

/** A composed reply to a mail at that stage. False when it was not stored. */
export async function putReply(db: Queryable, reply: NewReply, at: Stage, now: Date): Promise<boolean> {
  return (await insertReplies(db, [{ reply, at, now }])).has(reply.id)
}
