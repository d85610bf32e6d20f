/**
 * Carries out what transitions.ts allows: one statement per kind of verb, in which every row has its own condition.
 */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import { batched } from './batched.ts'
import type { Database, Queryable } from './database.ts'
import { bothStatement, mailStatement, replyStatement, type Wanted } from './move-statements.ts'
import { insertReplies, type NewReply, type ReplyRow } from './replies.ts'
import { storable, type Whole } from './storable.ts'
import {
  type MailFields,
  type MailOnlyVerb,
  type MailVerb,
  type Move,
  moves,
  type ReplyFields,
  type ReplyVerb,
  type VerbName,
} from './transitions.ts'

interface MailMove extends MailFields {
  id: string
  /** `null` if nothing should happen. */
  from: Stage | null
  having: readonly Disposition[] | null
  to: Stage
  disposition: Disposition
  actor?: string
  now: Date
}

interface ReplyMove {
  id: string
  from: readonly ReplyState[]
  /** `null`: the state stays. */
  to: ReplyState | null
  looksOnly: boolean
  orNone: boolean
  others: readonly ReplyState[]
  mailAt: Stage | null
  actor: string
  fields: ReplyFields
  now: Date
}

/** Those of ReplyFields that the statement takes as they are. */
type Plain = Whole<Omit<ReplyFields, 'octets' | 'holdReasons' | 'saved'>>

/**
 * JSON does not keep `undefined`, so a field that can be cleared with null has a separate flag. Written out, because
 * copying objects costs many times as much.
 */
const asWanted = ({ id, from, to, looksOnly, orNone, others, mailAt, actor, fields, now }: ReplyMove) =>
  ({
    id,
    from,
    to,
    looksOnly,
    orNone,
    others,
    mailAt,
    actor,
    now,
    version: fields.version,
    fromText: fields.fromText,
    kind: fields.kind,
    octets: fields.octets?.toString('base64'),
    addressees: fields.addressees,
    subject: fields.subject,
    setsEnvelope: fields.envelope !== undefined,
    envelope: fields.envelope,
    replyMessageId: fields.replyMessageId,
    attemptGroup: fields.attemptGroup,
    text: fields.text,
    textHash: fields.textHash,
    diff: fields.diff,
    holdReason: fields.holdReasons?.join(' '),
    setsSendAfter: fields.sendAfter !== undefined,
    sendAfter: fields.sendAfter,
    setsClaimedAt: fields.claimedAt !== undefined,
    claimedAt: fields.claimedAt,
    finishedAt: fields.finishedAt,
    replyText: fields.replyText,
    setsSaved: fields.saved !== undefined,
    savedMailbox: fields.saved?.mailbox,
    savedUidValidity: fields.saved?.uidValidity,
    savedUid: fields.saved?.uid,
    savedSize: fields.saved?.size,
  }) satisfies Plain & Record<string, unknown>

const idsOf = (changes: readonly { id: string }[]) => changes.map(({ id }) => id)

/** @returns the new versions of the moved mails, by id */
export async function moveMails(db: Queryable, changes: readonly MailMove[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; version: string }>(
    mailStatement,
    // The ids are passed again: a planner that does not know how few they are reads a small table in full.
    [storable(changes), idsOf(changes)],
  )
  return new Map(rows.map(({ id, version }) => [id, version]))
}

type Versioned = Pick<ReplyRow, 'id' | 'version'>
/** What comes back of a moved reply. */
type Back<W extends Wanted> = W extends 'row' ? ReplyRow : Versioned

/** @returns the moved replies in their new state */
export async function moveReplies<W extends Wanted>(
  db: Queryable,
  changes: readonly ReplyMove[],
  wanted: W,
): Promise<Map<string, Back<W>>> {
  const { rows } = await db.query<Back<W>>(replyStatement[wanted], [storable(changes.map(asWanted))])
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Moves mails with their replies: both or neither. The mail is locked first, as everywhere. A reply written while the
 * statement waited for that lock is not in its snapshot: if it sees no reply and the mail has changed, it runs again.
 * @returns what was moved, by the ids of the mails
 */
async function moveBoth<W extends Wanted>(
  db: Queryable,
  mails: readonly MailMove[],
  replies: readonly ReplyMove[],
  wanted: W,
): Promise<Map<string, Moved<Back<W>>>> {
  const { rows } = await db.query<Back<W> & { moved: string; stale: boolean; mailVersion: string }>(
    bothStatement[wanted],
    [storable(mails), storable(replies.map(asWanted)), idsOf(mails)],
  )
  const stale = new Set(rows.filter((row) => row.stale).map(({ moved }) => moved))
  const done = rows
    .filter((row) => !row.stale)
    .map(({ moved, stale: _, mailVersion: version, ...row }): [string, Moved<Back<W>>] => [
      moved,
      { version, reply: row.id === null ? null : (row as unknown as Back<W>) },
    ])
  if (stale.size === 0) return new Map(done)
  const isStale = ({ id }: { id: string }) => stale.has(id)
  return new Map([...done, ...(await moveBoth(db, mails.filter(isStale), replies.filter(isStale), wanted))])
}

interface MailPart extends MailFields {
  /** The stage at which the caller saw the mail; at any other nothing happens. */
  at: Stage
  /** By default the first that the table allows. */
  disposition?: Disposition
}

interface Who {
  id: string
  /** Who decided: a person's name; `replyd` by default. */
  actor?: string
}
interface ReplyPart {
  reply?: ReplyFields
}
interface MailChange extends Who, MailPart {}
interface ReplyChange extends Who, ReplyPart {}
interface BothChange extends Who, MailPart, ReplyPart {}

/** The arguments of a verb's move. */
export type Change<V extends VerbName> = [V] extends [MailOnlyVerb]
  ? MailChange
  : [V] extends [MailVerb]
    ? BothChange
    : ReplyChange

export interface Moved<Reply = ReplyRow> {
  /** The mail's new version; null if only the reply was moved. */
  version: string | null
  /** The reply in its new state; null if there is none, or it was not changed. */
  reply: Reply | null
}

const isMailOnly = (verb: VerbName): boolean => 'mail' in moves[verb] && !('reply' in moves[verb])

/** Written out, as is replyPart, because copying objects costs many times as much. */
function mailPart(verb: VerbName, change: BothChange, now: Date): Whole<MailMove> | null {
  const { mail }: Move = moves[verb]
  if (!mail) return null
  const disposition = change.disposition ?? (mail.as[0] as Disposition)
  if (!mail.as.includes(disposition)) throw new Error(`${verb} does not make a mail ${disposition}`)
  return {
    id: change.id,
    actor: change.actor,
    // If the verb does not apply to the stage the caller saw, treat the mail as having moved on.
    from: mail.from.includes(change.at) ? change.at : null,
    having: mail.having ?? null,
    to: mail.to,
    disposition,
    version: change.version,
    reason: change.reason,
    codes: change.codes,
    detail: change.detail,
    instruction: change.instruction,
    ceiling: change.ceiling,
    verdict: change.verdict,
    dueAt: change.dueAt,
    durationMs: change.durationMs,
    now,
  }
}

function replyPart(verb: VerbName, change: BothChange, now: Date): ReplyMove | null {
  const { reply: rule }: Move = moves[verb]
  if (!rule) return null
  return {
    id: change.id,
    actor: change.actor ?? 'replyd',
    from: rule.from,
    to: rule.to ?? null,
    looksOnly: rule.to === null,
    orNone: rule.orNone ?? false,
    others: rule.others ?? [],
    mailAt: rule.mailAt ?? null,
    fields: change.reply ?? {},
    now,
  }
}

interface Asked {
  verb: VerbName
  change: BothChange
  now: Date
}
const idOf = ({ change }: Asked) => change.id
const parts = <Part>(
  asked: readonly Asked[],
  part: (verb: VerbName, change: BothChange, now: Date) => Part | null,
): Part[] => asked.flatMap(({ verb, change, now }) => part(verb, change, now) ?? [])

const mailOnly = batched<Asked, Moved<never> | null>(
  async (db, asked) => {
    const moved = await moveMails(db, parts(asked, mailPart))
    return asked.map(({ change }) => {
      const version = moved.get(change.id)
      return version === undefined ? null : { version, reply: null }
    })
  },
  { nameOf: idOf },
)

const replyOnly = <W extends Wanted>(wanted: W) =>
  batched<Asked, Moved<Back<W>> | null>(
    async (db, asked) => {
      const moved = await moveReplies(db, parts(asked, replyPart), wanted)
      return asked.map(({ change }) => {
        const reply = moved.get(change.id)
        return reply === undefined ? null : { version: null, reply }
      })
    },
    { nameOf: idOf },
  )

async function moveTogether<W extends Wanted>(
  db: Queryable,
  asked: readonly Asked[],
  wanted: W,
): Promise<(Moved<Back<W>> | null)[]> {
  const moved = await moveBoth(db, parts(asked, mailPart), parts(asked, replyPart), wanted)
  return asked.map(({ change }) => moved.get(change.id) ?? null)
}

const linesOf = <W extends Wanted>(wanted: W) => ({
  replyOnly: replyOnly(wanted),
  both: batched<Asked, Moved<Back<W>> | null>((db, asked) => moveTogether(db, asked, wanted), {
    nameOf: idOf,
  }),
})
const withRow = linesOf('row')
const withVersion = linesOf('version')

/** Carries out a verb. Null if it does not apply to the current state of mail and reply: then nothing was changed. */
export function move<V extends VerbName>(
  db: Queryable,
  verb: V,
  change: Change<V>,
  now: Date,
): Promise<Moved | null> {
  const asked: Asked = { verb, change: change as unknown as BothChange, now }
  if (isMailOnly(verb)) return mailOnly(db, asked)
  return 'mail' in moves[verb] ? withRow.both(db, asked) : withRow.replyOnly(db, asked)
}

/** Like move, for a step that has already read the reply: returns only its new version, not its octets and sources. */
export function moveKnown<V extends ReplyVerb>(
  db: Queryable,
  verb: V,
  change: Change<V>,
  now: Date,
): Promise<Moved<Versioned> | null> {
  const asked: Asked = { verb, change: change as unknown as BothChange, now }
  return 'mail' in moves[verb] ? withVersion.both(db, asked) : withVersion.replyOnly(db, asked)
}

/** Several mails at once, in one statement. @returns the new versions of the moved mails, by id */
export function moveSeveral<V extends MailOnlyVerb>(
  db: Queryable,
  changes: readonly { verb: V; change: Change<V> }[],
  now: Date,
): Promise<Map<string, string>> {
  return moveMails(
    db,
    changes.flatMap(({ verb, change }) => mailPart(verb, change as unknown as BothChange, now) ?? []),
  )
}

/** Several mails with their replies, in one statement. @returns the ids of the moved mails */
export async function moveSeveralWithReplies<V extends MailVerb & ReplyVerb>(
  db: Queryable,
  verb: V,
  changes: readonly Change<V>[],
  now: Date,
): Promise<Set<string>> {
  const asked = changes.map((change) => ({ verb, change: change as unknown as BothChange, now }))
  const moved = await moveTogether(db, asked, 'version')
  return new Set(asked.flatMap(({ change }, at) => (moved[at] ? [change.id] : [])))
}

interface Written {
  reply: NewReply
  change: Change<'storeReply'>
  now: Date
}

const storeOne = batched<Written, Moved<Versioned> | null>(
  async (session, written) => {
    await insertReplies(
      session,
      written.map(({ reply, now }) => ({ reply, at: 'compose', now })),
    )
    const asked = written.map(
      ({ change, now }): Asked => ({ verb: 'storeReply', change: change as unknown as BothChange, now }),
    )
    return moveTogether(session, asked, 'version')
  },
  { nameOf: ({ change }) => change.id, inTransaction: true },
)

/**
 * Stores a composed reply, replacing an earlier undecided text, and moves the mail on. Null if the mail is not (any
 * more) at that step.
 */
export function storeReply(
  db: Queryable,
  reply: NewReply,
  change: Change<'storeReply'>,
  now: Date,
): Promise<Moved<Versioned> | null> {
  return storeOne(db, { reply, change, now })
}

/** A person writes the reply that could not be written. Null if there is one by now, or the mail is not waiting. */
export async function writeByHand(
  db: Database,
  reply: NewReply,
  change: Change<'writeByHand'>,
  now: Date,
): Promise<Moved | null> {
  try {
    return await db.transaction(async (session) => {
      await insertReplies(session, [{ reply, at: 'review', now }])
      const asked: Asked = { verb: 'writeByHand', change, now }
      const [moved] = await moveTogether(session, [asked], 'row')
      if (!moved) throw new NotMoved()
      return moved
    })
  } catch (error) {
    if (error instanceof NotMoved) return null
    throw error
  }
}

class NotMoved extends Error {}
