/** Learns from what the owner moves into and out of \Junk, or marks (docs/rules.md section 8.2). */

import type { Account, StepContext } from '../context.ts'
import { type Fetched, MessageVanished } from '../imap/imap.ts'
import { loadCursor, saveCursor } from '../store/cursors.ts'
import { findByMessageIds, loadMessage, type MessageRow } from '../store/messages.ts'
import { copiesBeforeFiling, filedSince, inMailboxSince } from '../store/observations.ts'
import { learnRestored, learnSpam } from './learn.ts'

const limits = { batch: 200, maxHeaderOctets: 16 * 1024, maxTextOctets: 1 }
export const watchedForMs = 30 * 86_400_000
const mostFiled = 500
const mostInMailbox = 5_000
/** The registered name, and what clients wrote before it existed. */
const wantedKeywords = ['$NotJunk', 'NotJunk', 'NonJunk']
const junkKeywords = ['$Junk', 'Junk']
const dayMs = 86_400_000

/** State kept between looks, so that unchanged mailboxes cost few commands. */
export interface JunkLook {
  /** Filed mails that left \\Junk for another mailbox: nothing is learned from them. */
  gone: Set<string>
  /** The state of \\Junk whose arrivals are all read. */
  read: string
  /** UIDs in \\Junk whose original was still there at the last look: a client without MOVE removes it afterwards. */
  copies: ReadonlySet<number>
  /** The state of the mailbox in which no mail had any of the keywords. */
  unmarked: string
}

export async function observeJunk(context: StepContext, account: Account, look: JunkLook): Promise<void> {
  const { junk } = await account.imap.specialMailboxes()
  if (junk === null) return
  await readArrivals(context, account, junk, look)
  const since = new Date(context.clock.now().getTime() - watchedForMs)
  const filed = await filedSince(context.db, account.settings.owner.address, since, mostFiled)
  const watched = filed.filter(({ id }) => !look.gone.has(id))
  if (watched.length > 0) await readDepartures(context, account, junk, watched, look.gone)
  await readKeywords(context, account, junk, watched, since, look)
}

/** Mail in \\Junk that replyd has a row for but did not put there: the owner moved it. */
async function readArrivals(
  context: StepContext,
  account: Account,
  junk: string,
  look: JunkLook,
): Promise<void> {
  const { imap, settings } = account
  const { address } = settings.owner
  const state = await imap.state(junk)
  const mark = `${state.uidValidity} ${state.uidNext} ${state.exists}`
  if (mark === look.read && look.copies.size === 0) return
  const cursor = await loadCursor(context.db, address, junk)
  const known = cursor?.uidValidity === state.uidValidity ? cursor : null
  const uids = known ? await imap.uidsAfter(junk, state.uidValidity, known.lastUid) : []
  const before = known ? look.copies : new Set<number>()
  const copies = new Set<number>()
  let isBusy = false
  for await (const batch of imap.fetch(junk, state.uidValidity, [...before, ...uids], limits)) {
    for (const fetched of batch) {
      const place = { mailbox: junk, uidValidity: state.uidValidity, uid: fetched.uid }
      const found = await readArrival(context, account, place, fetched)
      if (found === 'copy' && !before.has(fetched.uid)) copies.add(fetched.uid)
      if (found === 'busy') isBusy = true
    }
  }
  // The cursor stays: the next look reads these arrivals again, even after a restart.
  if (isBusy) return
  look.copies = copies
  const lastUid = Math.max(known ? known.lastUid : state.uidNext - 1, ...uids)
  if (!known || uids.length > 0) {
    const now = context.clock.now()
    const place = { account: address, mailbox: junk, uidValidity: state.uidValidity, lastUid }
    await saveCursor(context.db, { ...place, baselineUid: 0, baselineAt: now, renumberedUid: 0 }, now)
  }
  look.read = mark
}

/**
 * @returns what has to be looked at again: a `copy` of a mail that is still where it was, or a moved mail whose reply
 * is being sent or saved just now (`busy`)
 */
async function readArrival(
  context: StepContext,
  account: Account,
  place: Place,
  fetched: Fetched,
): Promise<'copy' | 'busy' | null> {
  if (fetched.vanished || fetched.messageId === null) return null
  const rows = await findByMessageIds(context.db, account.settings.owner.address, [fetched.messageId])
  const found = rows.find((each) => each.size === fetched.size && each.disposition !== 'duplicate')
  const row = found ? await loadMessage(context.db, found.id) : null
  if (row === null || isInJunk(row)) return null
  // Anybody may send a copy of a mail; where a filter puts it says nothing about the original.
  if (!isMoved(fetched, row)) return null
  if (await isStillThere(account, row)) return 'copy'
  return (await recordMove(context, account, row, place)) ? null : 'busy'
}

/** `file` may have moved it without having recorded it yet. */
const isInJunk = ({ step, disposition }: MessageRow): boolean =>
  step === 'file' || disposition === 'filed' || disposition === 'marked'

/**
 * The mail may go on to its next step at the same moment: then it is recorded there, before its reply goes out.
 * @returns false if its reply is being sent or saved
 */
async function recordMove(
  context: StepContext,
  account: Account,
  row: MessageRow,
  place: Place,
): Promise<boolean> {
  if (await learnSpam(context, account, row, place)) return true
  const now = await loadMessage(context.db, row.id)
  if (now === null || isInJunk(now)) return true
  return now.step !== row.step && recordMove(context, account, now, place)
}

/** Some clients leave the original of a moved mail behind, marked \\Deleted. */
async function isStillThere({ imap }: Account, row: MessageRow): Promise<boolean> {
  const { uidValidity } = await imap.state(row.mailbox)
  if (uidValidity !== row.uidValidity) return false
  const flags = await imap.flags(row.mailbox, uidValidity, row.uid)
  return flags !== null && !flags.includes('\\Deleted')
}

async function readDepartures(
  context: StepContext,
  account: Account,
  junk: string,
  rows: readonly MessageRow[],
  gone: Set<string>,
): Promise<void> {
  const { imap } = account
  const { uidValidity } = await imap.state(junk)
  const present = new Set(await imap.uidsAfter(junk, uidValidity, 0))
  for (const row of rows.filter(({ disposition }) => disposition === 'filed')) {
    const stands = row.junkUidValidity === uidValidity && row.junkUid !== null && present.has(row.junkUid)
    if (stands) continue
    const back = await placeBack(context, account, row, junk)
    if (back !== null) {
      await withoutMark(account, back)
      await learnRestored(context, account, row, 'moved-back-by-owner')
    }
    // Deleted, archived, or moved elsewhere: teaches nothing.
    else if (row.junkUid !== null) gone.add(row.id)
  }
}

interface Place {
  mailbox: string
  uidValidity: string
  uid: number
}

/** Removes the keyword that `file` had set; in INBOX it would tell other programs that the mail is spam. */
async function withoutMark({ imap }: Account, { mailbox, uidValidity, uid }: Place): Promise<void> {
  try {
    await imap.removeFlags(mailbox, uidValidity, uid, ['$Junk'])
  } catch (error) {
    if (!(error instanceof MessageVanished)) throw error
  }
}

/**
 * Where the same mail is in its original mailbox, once it is no longer in \\Junk. A second copy of the mail is not
 * the moved one: it has a different time of arrival, or was there before the mail was filed. If a move changes the
 * time of arrival (RFC 3501 section 6.4.7 only says SHOULD), the owner must also mark the mail as wanted; otherwise
 * nothing is learned.
 */
async function placeBack(
  { db }: StepContext,
  { imap, settings }: Account,
  row: MessageRow,
  junk: string,
): Promise<Place | null> {
  if (row.messageId === null) return null
  const since = new Date(row.internalDate.getTime() - dayMs)
  if ((await imap.findByMessageId(junk, row.messageId, since)).length > 0) return null
  const found = await imap.findByMessageId(settings.mailbox, row.messageId, since)
  if (found.length === 0) return null
  const { uidValidity } = await imap.state(settings.mailbox)
  const copies = new Set(await copiesBeforeFiling(db, row, { mailbox: settings.mailbox, uidValidity }))
  const uids = found.filter((uid) => !copies.has(uid))
  for await (const batch of imap.fetch(settings.mailbox, uidValidity, uids, limits)) {
    const back = batch.find((each) => isMoved(each, row) || isMarkedWanted(each, row))
    if (back) return { mailbox: settings.mailbox, uidValidity, uid: back.uid }
  }
  return null
}

/** COPY and MOVE keep INTERNALDATE, which IMAP gives in whole seconds. */
function isMoved({ size, internalDate, vanished }: Fetched, row: MessageRow): boolean {
  const apartMs = Math.abs(internalDate.getTime() - row.internalDate.getTime())
  return !vanished && size === row.size && apartMs < 1000
}

function isMarkedWanted({ size, flags, vanished }: Fetched, row: MessageRow): boolean {
  return !vanished && size === row.size && flags.some((flag) => /^\$?(not|non)junk$/i.test(flag))
}

/**
 * Keywords without a move (RFC 5788): `$NotJunk` on filed or marked mail, `$Junk` on mail in its original mailbox.
 */
async function readKeywords(
  context: StepContext,
  account: Account,
  junk: string,
  spam: readonly MessageRow[],
  since: Date,
  look: JunkLook,
): Promise<void> {
  const { imap, settings } = account
  const { uidValidity, highestModseq } = await imap.state(settings.mailbox)
  const mark = highestModseq === null ? '' : `${uidValidity} ${highestModseq}`
  const search = (keywords: readonly string[]) =>
    imap.uidsWithKeyword(settings.mailbox, uidValidity, keywords)
  const unmarked = mark !== '' && mark === look.unmarked
  const any = unmarked ? [] : await search([...wantedKeywords, ...junkKeywords])
  if (any.length === 0) look.unmarked = mark
  if (any.length === 0 && spam.length === 0) return
  const wanted = new Set(any.length === 0 ? [] : await search(wantedKeywords))
  if (spam.length > 0) {
    const { uidValidity: junkValidity } = await imap.state(junk)
    const filed = new Set(await imap.uidsWithKeyword(junk, junkValidity, wantedKeywords))
    for (const row of spam) {
      const isWanted =
        row.disposition === 'marked'
          ? row.uidValidity === uidValidity && wanted.has(row.uid)
          : row.junkUidValidity === junkValidity && filed.has(row.junkUid ?? 0)
      if (isWanted) await learnRestored(context, account, row, 'marked-not-junk')
    }
  }
  const marked = new Set(any.length === 0 ? [] : await search(junkKeywords))
  if (marked.size === 0) return
  const place = { account: settings.owner.address, mailbox: settings.mailbox, uidValidity }
  for (const { id, uid } of await inMailboxSince(context.db, place, since, mostInMailbox)) {
    if (!marked.has(uid) || wanted.has(uid)) continue
    const row = await loadMessage(context.db, id)
    if (row !== null) await learnSpam(context, account, row, null)
  }
}
