import { modelVerdict } from '../base/verdicts.ts'
import { octetsOf } from '../compose/reply-octets.ts'
import { accountOf } from '../context.ts'
import { removeSavedDraft } from '../deliver/draft-in-mailbox.ts'
import { unifiedDiff } from '../mail/text/edits.ts'
import { writeByHand } from '../store/moves.ts'
import type { NewReply, ReplyRow } from '../store/replies.ts'
import { asWritten, decide, isOpen, load, loadText, openReply, untouched, withDraft } from './decide.ts'
import { Refusal, type Review } from './review.ts'

/**
 * Replaces the reply's text by a person's, and stores the difference. A draft in \Drafts is replaced, too. If no reply
 * could be written, the text becomes the reply.
 * @param seen version of the text that the edit started from
 * @throws Refusal as `approve` does, and when the text is empty or too long
 */
export async function edit(
  review: Review,
  id: string,
  actor: string,
  newText: string,
  seen?: string,
): Promise<ReplyRow | null> {
  const text = normalised(newText)
  const subject = await load(review, id)
  if (subject.reply === null) return writeAnew(review, id, actor, text)
  const reply = openReply(subject, seen)
  // The form sends the text without blanks at its ends: that alone is no edit.
  if (normalised(reply.text) === text) return reply
  const { row } = subject
  const { context } = review
  const account = accountOf(context, row.account)
  const draft = await untouched(account, reply)
  const written = octetsOf('draft', await asWritten(context, await loadText(review, id), { ...reply, text }))
  const fields = { fromText: reply.text, text, diff: unifiedDiff(reply.text, text), ...written }
  const change = { id, at: row.step, actor, reason: 'edited' } as const
  if (draft === 'none') return decide(review, 'edit', { ...change, reply: fields })
  const edited = await withDraft(review, account, { ...reply, ...written }, (saved) =>
    decide(review, 'edit', { ...change, reply: { ...fields, saved } }),
  )
  await removeSavedDraft(account, reply)
  return edited
}

/** A browser's form sends CRLF. */
function normalised(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '')
}

async function writeAnew(review: Review, id: string, actor: string, text: string): Promise<ReplyRow | null> {
  const { context } = review
  const { row } = await load(review, id)
  if (!isOpen({ row, reply: null })) throw new Refusal('already-decided')
  const mail = await loadText(review, id)
  const language = modelVerdict(row.verdict)?.language ?? null
  const built = await asWritten(context, mail, { text, language, attemptGroup: 0 })
  const reply: NewReply = {
    id,
    account: row.account,
    ...octetsOf('draft', built),
    reversePath: built.reversePath,
    subject: built.subject,
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
