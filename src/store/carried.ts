/** A mail and its reply in the state after a move, so that the next step in the same process does not read them again. */
import type { StoredMail } from './bodies.ts'
import type { Moved } from './moves.ts'
import type { NewReply, ReplyRow } from './replies.ts'
import { isStorable, storable, storableText } from './storable.ts'
import {
  dispositionAfter,
  type MailFields,
  type MailVerb,
  type ReplyFields,
  replyStateAfter,
  stageAfter,
} from './transitions.ts'

/**
 * Every commit based on it names its versions (`MailFields.version`, `ReplyFields.version`): if somebody, especially a
 * person, has changed a row in the meantime, nothing is committed.
 */
export interface Carried {
  mail: StoredMail
  /** null if none is known: the next step reads it. */
  reply: ReplyRow | null
}

/** JSON as it comes back from the store. Do not modify it: it may be the same object. */
function asStored<T>(value: T): T {
  const json = JSON.stringify(value)
  return isStorable(json) ? value : (JSON.parse(storable(value)) as T)
}

/** The mail after replyd's own move; a person's move also clears `detail`. */
export function mailAfter(
  { row, message }: StoredMail,
  verb: MailVerb,
  change: MailFields,
  { version }: Pick<Moved, 'version'>,
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
export function replyAfter(reply: NewReply, { version }: Pick<Moved, 'version'>, now: Date): ReplyRow {
  const { reversePath, addressees, subject, envelope, text, language, composed, claims, sources, omitted } =
    asStored({ ...reply, octets: null })
  // Written out, because copying an object and adding to it costs many times as much.
  return {
    id: reply.id,
    account: reply.account,
    state: 'composed',
    kind: reply.kind,
    replyMessageId: reply.replyMessageId,
    octets: reply.octets,
    reversePath,
    addressee: addressees[0] ?? '',
    addressees,
    subject,
    envelope: envelope ?? null,
    text,
    draftText: text,
    textHash: reply.textHash,
    language,
    confidence: reply.confidence,
    composed,
    claims,
    sources,
    checked: null,
    omitted,
    holdReasons: reply.holdReasons,
    actor: null,
    attemptGroup: reply.attemptGroup,
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

/** What replyd decides on a composed reply. */
type Decided = Pick<
  ReplyFields,
  'holdReasons' | 'kind' | 'octets' | 'addressees' | 'replyMessageId' | 'textHash' | 'sendAfter'
>

/**
 * A reply after the move that decided on it. That move names the version of the mail: as long as a mail stays at
 * `decide`, only the result of the check is written into its reply.
 * @param checked that result
 * @param version the reply's new one
 */
export function replyDecided(
  reply: ReplyRow,
  verb: 'hold' | 'chooseDraft' | 'schedule',
  decided: Decided,
  { checked, version }: Pick<ReplyRow, 'checked' | 'version'>,
): ReplyRow {
  const addressees = decided.addressees ? asStored([...decided.addressees]) : reply.addressees
  return {
    ...reply,
    state: replyStateAfter(verb) ?? reply.state,
    kind: decided.kind ?? reply.kind,
    replyMessageId: decided.replyMessageId ?? reply.replyMessageId,
    octets: decided.octets ?? reply.octets,
    addressee: addressees[0] ?? '',
    addressees,
    textHash: decided.textHash ?? reply.textHash,
    checked: checked && asStored(checked),
    holdReasons: decided.holdReasons ? [...decided.holdReasons] : reply.holdReasons,
    actor: 'replyd',
    sendAfter: decided.sendAfter === undefined ? reply.sendAfter : decided.sendAfter,
    version,
  }
}
