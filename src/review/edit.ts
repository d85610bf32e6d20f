import { seenAs, type TypedEnvelope } from '../base/typed-envelope.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { octetsOf } from '../compose/reply-octets.ts'
import type { Account } from '../context.ts'
import {
  mailboxesAsText,
  standardEnvelope,
  type TypedFields,
  typedEnvelope,
  UnfitField,
} from '../mail/reply/typed.ts'
import { unifiedDiff } from '../mail/text/edits.ts'
import type { StoredMail } from '../store/bodies.ts'
import { writeByHand } from '../store/moves.ts'
import type { NewReply, ReplyRow } from '../store/replies.ts'
import {
  accountFor,
  asWritten,
  decide,
  isOpen,
  load,
  loadText,
  openReply,
  removeDecidedDraft,
  untouched,
  withDraft,
} from './decide.ts'
import { Refusal, type Review } from './review.ts'

/**
 * Replaces the reply's text with a person's, and To, Cc and Subject if they are given, and stores the difference. A
 * draft in \Drafts is replaced, too. If no reply could be written, the text becomes the reply.
 * @param seen version of the text that the edit started from
 * @throws Refusal as `approve` does, and when the text is empty or too long or an address can't be used
 */
export async function edit(
  review: Review,
  id: string,
  actor: string,
  newText: string,
  seen?: string,
  typed: TypedFields = {},
): Promise<ReplyRow | null> {
  const text = normalised(newText)
  const subject = await load(review, id)
  if (subject.reply === null) return writeAnew(review, id, actor, text, typed)
  const reply = openReply(subject, seen)
  const { row } = subject
  const { context } = review
  const account = accountFor(review, row.account)
  const mail = await loadText(review, id)
  const envelope = envelopeFrom(account, mail, reply.envelope, typed)
  const isSame = seenAs('', envelope) === seenAs('', reply.envelope)
  // The form trims the text: that alone is no edit.
  if (isSame && normalised(reply.text) === text) return reply
  const draft = await untouched(account, reply)
  const built = asWritten(context, mail, { ...reply, text, envelope })
  const written = { ...octetsOf('draft', built), subject: built.subject, envelope }
  const headed = isSame ? () => '' : (reply: Headed) => headOf(account, mail, reply)
  const diff = unifiedDiff(headed(reply) + reply.text, headed({ envelope }) + text)
  const fields = { version: reply.version, fromText: reply.text, text, diff, ...written }
  const change = { id, at: row.step, actor, reason: 'edited' } as const
  const isDraft = row.step === 'done'
  if (draft === 'none' && !isDraft) return decide(review, 'edit', { ...change, reply: fields })
  const edited = await withDraft(review, account, { ...reply, ...written }, (saved) =>
    decide(review, isDraft ? 'editDraft' : 'edit', { ...change, reply: { ...fields, saved } }),
  )
  await removeDecidedDraft(review, account, reply)
  return edited
}

type Headed = Pick<ReplyRow, 'envelope'>

/** @throws Refusal */
function envelopeFrom(
  { settings }: Account,
  { message }: StoredMail,
  current: TypedEnvelope | null,
  typed: TypedFields,
): TypedEnvelope | null {
  const envelope = typedEnvelope(message, settings.owner, current, typed)
  if (envelope instanceof UnfitField) throw unfit(envelope)
  return envelope
}

const unfit = ({ field: name, why }: UnfitField) =>
  new Refusal('unfit-header', { field: { name, why }, message: `Nothing was saved. ${why}` })

/** For the ledger. */
function headOf({ settings }: Account, { message }: StoredMail, { envelope }: Headed): string {
  const { to, cc, subject } = { ...standardEnvelope(message, settings.owner), ...envelope }
  const fields = [`To: ${mailboxesAsText(to)}`, `Cc: ${mailboxesAsText(cc)}`, `Subject: ${subject}`]
  return `${fields.join('\n')}\n\n`
}

/** A browser's form sends CRLF. */
function normalised(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '')
}

async function writeAnew(
  review: Review,
  id: string,
  actor: string,
  text: string,
  typed: TypedFields,
): Promise<ReplyRow | null> {
  const { context } = review
  const { row } = await load(review, id)
  if (!isOpen({ row, reply: null })) throw new Refusal('already-decided')
  const mail = await loadText(review, id)
  const language = modelVerdict(row.verdict)?.language ?? null
  const envelope = envelopeFrom(accountFor(review, row.account), mail, null, typed)
  const built = asWritten(context, mail, { text, language, attemptGroup: 0, envelope })
  const reply: NewReply = {
    id,
    account: row.account,
    ...octetsOf('draft', built),
    reversePath: built.reversePath,
    subject: built.subject,
    envelope,
    text,
    language,
    confidence: 1,
    composed: null,
    claims: [],
    sources: [],
    omitted: [],
    holdReasons: [row.reason],
    attemptGroup: 0,
  }
  const change = {
    id,
    at: row.step,
    actor,
    reason: 'edited',
    reply: { diff: unifiedDiff('', text) },
  } as const
  const written = await writeByHand(context.db, reply, change, context.clock.now())
  // Another person was faster: their text is kept, and this one is refused.
  if (written === null) throw new Refusal('already-decided')
  return written.reply
}
