import type { Account } from '../context.ts'
import { MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { learnRestored } from '../observe/learn.ts'
import type { MessageRow } from '../store/messages.ts'
import { takePlace } from '../store/review.ts'
import { accountFor, load } from './decide.ts'
import { Refusal, type Review } from './review.ts'

const limits = { batch: 200, maxHeaderOctets: 1024, maxTextOctets: 1 }

interface JunkPlace {
  mailbox: string
  uidValidity: string
  uid: number
}

/**
 * Moves a mail out of \Junk, marks it `$NotJunk`, and trusts its sender from now on.
 * @throws Refusal when it is not in Junk (or no longer)
 */
export async function restore(review: Review, id: string, actor: string): Promise<void> {
  const { context } = review
  const { row } = await load(review, id)
  if (row.step !== 'done' || !(row.disposition === 'filed' || row.disposition === 'marked'))
    throw new Refusal('not-in-junk')
  const account = accountFor(review, row.account)
  const restored = await takeOut(account, row)
  await learnRestored(context, account, row, 'restored-by-person', actor)
  if (restored !== 'somewhere') await takePlace(context.db, row, restored)
}

/**
 * Moves a mail out of \\Junk, and marks it `$NotJunk`.
 * @returns where it is now; `somewhere` if the server does not say
 * @throws Refusal when it is not in Junk (or no longer)
 */
export async function takeOut(account: Account, row: MessageRow): Promise<JunkPlace | 'somewhere'> {
  const place = await junkPlace(account, row)
  // Interrupted between the move and the commit, or moved by the owner: it is already there.
  const found =
    place === null ? await placeIn(account, row, row.mailbox) : await moveBack(account, row, place)
  if (found === null) throw new Refusal('not-in-junk')
  return found
}

async function moveBack(
  account: Account,
  row: MessageRow,
  place: JunkPlace,
): Promise<JunkPlace | 'somewhere'> {
  const { imap } = account
  try {
    // Before the move, because keywords move along.
    await imap.addFlags(place.mailbox, place.uidValidity, place.uid, ['$NotJunk', 'NonJunk'])
    await imap.removeFlags(place.mailbox, place.uidValidity, place.uid, ['$Junk', 'Junk'])
    if (place.mailbox === row.mailbox) return place
    const { uid } = await imap.move(place.mailbox, place.uidValidity, place.uid, row.mailbox)
    if (uid === null) return 'somewhere'
    const { uidValidity } = await imap.state(row.mailbox)
    return { mailbox: row.mailbox, uidValidity, uid }
  } catch (error) {
    if (error instanceof MessageVanished || error instanceof UidValidityChanged)
      throw new Refusal('not-in-junk')
    throw error
  }
}

/** The same mail, by Message-ID and size. */
async function placeIn({ imap }: Account, row: MessageRow, mailbox: string): Promise<JunkPlace | null> {
  if (row.messageId === null) return null
  const { uidValidity } = await imap.state(mailbox)
  const uids = await imap.findByMessageId(mailbox, row.messageId)
  for await (const batch of imap.fetch(mailbox, uidValidity, uids, limits)) {
    const found = batch.find(({ size, vanished }) => !vanished && size === row.size)
    if (found) return { mailbox, uidValidity, uid: found.uid }
  }
  return null
}

/** Where it was filed; if the server did not say, or has renumbered, search by Message-ID. */
async function junkPlace(account: Account, row: MessageRow): Promise<JunkPlace | null> {
  const { imap } = account
  if (row.disposition === 'marked')
    return { mailbox: row.mailbox, uidValidity: row.uidValidity, uid: row.uid }
  const mailbox = row.junkMailbox ?? (await imap.specialMailboxes()).junk
  if (mailbox === null) return null
  const { uidValidity } = await imap.state(mailbox)
  if (row.junkUid !== null && row.junkUidValidity === uidValidity) {
    if ((await imap.flags(mailbox, uidValidity, row.junkUid)) !== null)
      return { mailbox, uidValidity, uid: row.junkUid }
  }
  if (row.messageId === null) return null
  const uid = (await imap.findByMessageId(mailbox, row.messageId)).at(-1)
  return uid === undefined ? null : { mailbox, uidValidity, uid }
}
