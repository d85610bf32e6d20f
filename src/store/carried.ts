/** A mail and its reply in the state after a move, so that the next step in the same process need not read them. */
import type { StoredMail } from './bodies.ts'
import type { Moved } from './moves.ts'
import type { NewReply, ReplyRow } from './replies.ts'
import { storable, storableText } from './storable.ts'
import { dispositionAfter, type MailFields, type MailVerb, stageAfter } from './transitions.ts'

/**
 * Every commit based on it names its versions (`MailFields.version`, `ReplyFields.version`): if somebody, especially a
 * person, has changed a row in the meantime, nothing is committed.
 */
export interface Carried {
  mail: StoredMail
  /** null if none is known: the next step reads it. */
  reply: ReplyRow | null
}

/** JSON as it comes back from the store. */
const asStored = <T>(value: T): T => JSON.parse(storable(value)) as T

/** The mail after replyd's own move; a person's move also clears `detail`. */
export function mailAfter(
  { row, message }: StoredMail,
  verb: MailVerb,
  change: MailFields,
  { version }: Moved,
  now: Date,
): StoredMail {
  const { reason, codes, detail, instruction, ceiling, verdict, dueAt } = change
  const moved = {
    ...row,
    step: stageAfter(verb),
    disposition: dispositionAfter(verb),
    reason,
    codes: codes ? [...codes] : row.codes,
    detail: detail ? storableText(detail) : row.detail,
    instruction: instruction ?? row.instruction,
    ceiling: ceiling ?? row.ceiling,
    verdict: verdict ? asStored(verdict) : row.verdict,
    attempts: 0,
    firstErrorAt: null,
    lastError: null,
    dueAt: dueAt ?? now,
    version: version ?? '',
  }
  return { row: moved, message }
}

/** A reply that `storeReply` has just inserted with this move: one transaction, so the rows have the same version. */
export function replyAfter(reply: NewReply, { version }: Moved, now: Date): ReplyRow {
  const { octets, ...rest } = reply
  const stored = asStored(rest)
  return {
    ...stored,
    octets,
    state: 'composed',
    envelope: stored.envelope ?? null,
    addressee: stored.addressees[0] ?? '',
    draftText: stored.text,
    checked: null,
    actor: null,
    createdAt: now,
    sendAfter: null,
    claimedAt: null,
    finishedAt: null,
    replyText: null,
    savedMailbox: null,
    savedUidValidity: null,
    savedUid: null,
    savedSize: null,
    version: version ?? '',
  }
}
