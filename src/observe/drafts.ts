/** Our drafts in the owner's mailbox: unchanged, edited, approved, sent from their client, or deleted. */

import { PermanentError } from '../base/errors.ts'
import { logDecision } from '../base/log.ts'
import type { Account, StepContext } from '../context.ts'
import { firstField } from '../mail/message.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { editShare, unifiedDiff } from '../mail/text/edits.ts'
import { visibleText } from '../mail/text/visible.ts'
import { isNamedAlone, loadMessage, type MessageRow } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import { savedReplyIds } from '../store/observations.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'
import { approveAsItStands, longestDraft, type MailInMailbox } from './approve.ts'

const mostDrafts = 200
const dayMs = 86_400_000

export interface Missing {
  since: Map<string, number>
  graceMs: number
}

interface Watched {
  row: MessageRow
  reply: ReplyRow
  /** Earlier mail can't be an answer. */
  from: Date
}

interface Mailboxes {
  drafts: string | null
  sent: string | null
  /** Where drafts are moved for approval; null if that is off or there is no such mailbox. */
  approved: string | null
}

/** Returns the ids of replies that may be sent now. */
export async function observeDrafts(
  context: StepContext,
  account: Account,
  missing: Missing,
): Promise<string[]> {
  const ids = await savedReplyIds(context.db, account.settings.owner.address, mostDrafts)
  if (ids.length === 0) return []
  const mailboxes = await mailboxesOf(account)
  const unchanged: Unchanged = new Map()
  const approved: string[] = []
  for (const id of ids) {
    const [row, reply] = [await loadMessage(context.db, id), await loadReply(context.db, id)]
    if (row === null || reply === null || !isWatched(row, reply)) continue
    const watched = { row, reply, from: new Date(reply.createdAt.getTime() - dayMs) }
    if (await look(context, account, watched, mailboxes, unchanged, missing)) approved.push(id)
  }
  return approved
}

/** Saved, or held while its draft is there: the owner may continue in either place. */
function isWatched(row: MessageRow, reply: ReplyRow): boolean {
  return row.step === 'done' ? reply.state === 'saved' : row.step === 'review' && reply.state === 'held'
}

async function mailboxesOf(account: Account): Promise<Mailboxes> {
  const { drafts, sent } = await account.imap.specialMailboxes()
  const flagApproves = account.settings.replies.approve === 'flag'
  return { drafts, sent, approved: flagApproves ? await account.imap.mailboxNamed('Approved') : null }
}

/** The UIDs in each mailbox that was read in this look, as `UIDVALIDITY UID`. */
type Unchanged = Map<string, ReadonlySet<string>>

/**
 * Whether it is where it was saved: the mail under a UID never changes (RFC 3501 section 2.3.1.1). The owner may have
 * chosen another mailbox for drafts since then, and removed the earlier one.
 */
async function isUnchanged(
  { imap }: Account,
  { savedMailbox, savedUidValidity, savedUid }: ReplyRow,
  { drafts, approved }: Mailboxes,
  unchanged: Unchanged,
): Promise<boolean> {
  if (savedMailbox === null || savedMailbox === approved) return false
  if (!unchanged.has(savedMailbox)) {
    const uids = await placesIn(imap, savedMailbox).catch((error: unknown) => {
      if (savedMailbox !== drafts && error instanceof PermanentError) return []
      throw error
    })
    unchanged.set(savedMailbox, new Set(uids))
  }
  return unchanged.get(savedMailbox)?.has(`${savedUidValidity} ${savedUid}`) ?? false
}

/** Some clients only mark what the owner deletes, and expunge it much later. */
async function placesIn(imap: Account['imap'], mailbox: string): Promise<string[]> {
  const { uidValidity } = await imap.state(mailbox)
  return (await imap.uidsUndeleted(mailbox, uidValidity)).map((uid) => `${uidValidity} ${uid}`)
}

/** True when the owner has approved it. */
async function look(
  context: StepContext,
  account: Account,
  watched: Watched,
  mailboxes: Mailboxes,
  unchanged: Unchanged,
  missing: Missing,
): Promise<boolean> {
  const { reply } = watched
  const { drafts, sent, approved } = mailboxes
  const stands = await isUnchanged(account, reply, mailboxes, unchanged)
  const successor = stands || drafts === null ? null : await find(account, drafts, watched)
  if (stands || successor) {
    missing.since.delete(reply.id)
    const version = successor ? await noteEdit(context, watched, successor) : reply.version
    if (version === null) return false
    const noted = { ...watched, reply: { ...reply, version } }
    return approveIfFlagged(context, account, noted, successor)
  }
  const moved = approved === null ? null : await find(account, approved, watched)
  if (moved) return isRefused(reply, moved) ? false : approveAsItStands(context, account, watched, moved)
  // It was sent, whether the owner keeps the copy or not.
  const sentMail = sent === null ? null : await find(account, sent, watched, true)
  if (sentMail) await noteSent(context, watched, sentMail)
  else await noteMissing(context, watched, missing)
  return false
}

/** This version was approved but could not be sent: only another version may be tried. */
function isRefused(
  { state, savedMailbox, savedUidValidity, savedUid }: ReplyRow,
  at: MailInMailbox,
): boolean {
  const same = savedMailbox === at.mailbox && savedUidValidity === at.uidValidity && savedUid === at.uid
  return state === 'held' && same
}

/** The mail that is the draft by its Message-ID, or answers the same original. */
async function find(
  { imap }: Account,
  mailbox: string,
  { row, reply, from }: Watched,
  evenDeleted = false,
): Promise<MailInMailbox | null> {
  const same = await imap.findByMessageId(mailbox, reply.replyMessageId, from)
  const answers = isNamedAlone(row) ? await imap.findRepliesTo(mailbox, row.messageId, from) : []
  const found = [...answers, ...same]
  if (found.length === 0) return null
  const { uidValidity } = await imap.state(mailbox)
  const stands = evenDeleted ? found : await imap.uidsUndeleted(mailbox, uidValidity)
  const uid = found.filter((each) => stands.includes(each)).at(-1)
  if (uid === undefined) return null
  const octets = await imap.fetchSource(mailbox, uidValidity, uid, longestDraft + 1)
  return octets === null ? null : { mailbox, uidValidity, uid, octets }
}

async function approveIfFlagged(
  context: StepContext,
  account: Account,
  watched: Watched,
  successor: MailInMailbox | null,
): Promise<boolean> {
  if (account.settings.replies.approve !== 'flag') return false
  const { savedMailbox, savedUidValidity, savedUid } = watched.reply
  const mailbox = successor?.mailbox ?? savedMailbox
  const uidValidity = successor?.uidValidity ?? savedUidValidity
  const uid = successor?.uid ?? savedUid
  if (mailbox === null || uidValidity === null || uid === null) return false
  if (successor === null && watched.reply.state === 'held') return false
  const flags = (await account.imap.flags(mailbox, uidValidity, uid)) ?? []
  const lower = flags.map((flag) => flag.toLowerCase())
  // The other two keywords say that a client is sending it (RFC 5788 registry): leave it alone.
  if (!lower.includes('\\flagged') || lower.includes('$submitted') || lower.includes('$submitpending'))
    return false
  const octets =
    successor?.octets ?? (await account.imap.fetchSource(mailbox, uidValidity, uid, longestDraft + 1))
  if (octets === null) return false
  return approveAsItStands(context, account, watched, { mailbox, uidValidity, uid, octets })
}

/**
 * From now on the owner's version counts; it is never overwritten.
 * @returns the new version of the row; null if somebody has changed the reply since it was read
 */
async function noteEdit(
  context: StepContext,
  { reply }: Watched,
  { octets, ...place }: MailInMailbox,
): Promise<string | null> {
  const message = parseOctets(octets)
  const text = visibleText(message).text
  const now = context.clock.now()
  const replyMessageId = firstField(message, 'message-id') ?? reply.replyMessageId
  const saved = { ...place, size: octets.length }
  const edited = editShare(reply.text, text) > 0 ? { text, diff: unifiedDiff(reply.text, text) } : {}
  const { version } = reply
  const change = { id: reply.id, actor: 'owner', reply: { version, saved, replyMessageId, ...edited } }
  const moved = await move(context.db, 'noteEdit', change, now)
  return moved?.reply?.version ?? null
}

async function noteSent(
  context: StepContext,
  { row, reply }: Watched,
  { octets }: MailInMailbox,
): Promise<void> {
  const message = parseOctets(octets)
  const text = visibleText(message).text
  const percent = Math.round(editShare(reply.draftText, text) * 100)
  const now = context.clock.now()
  const sent = {
    version: reply.version,
    text,
    diff: unifiedDiff(reply.draftText, text),
    replyMessageId: firstField(message, 'message-id') ?? reply.replyMessageId,
    finishedAt: now,
    saved: null,
  }
  const change = { id: row.id, at: row.step, actor: 'owner', reason: 'sent-by-owner' } as const
  const moved = await move(
    context.db,
    'sentByOwner',
    { ...change, detail: `edited ${percent}%`, reply: sent },
    now,
  )
  if (moved) logDecision(context.log, change)
}

/** Counts as deleted only if it stays away: a client that sends or replaces a draft may remove it first. */
async function noteMissing(
  context: StepContext,
  { row, reply }: Watched,
  { since, graceMs }: Missing,
): Promise<void> {
  const now = context.clock.now()
  const first = since.get(reply.id) ?? now.getTime()
  since.set(reply.id, first)
  if (now.getTime() - first < graceMs) return
  since.delete(reply.id)
  const gone = { id: row.id, actor: 'owner', reply: { version: reply.version, saved: null } } as const
  // It is decided on the page, which leaves it to the owner's client as long as a draft is named.
  if (reply.state === 'held') return void (await move(context.db, 'noteEdit', gone, now))
  const change = { ...gone, at: 'done', reason: 'draft-deleted' } as const
  if (await move(context.db, 'discardDraft', change, now)) logDecision(context.log, change)
}
