import { MessageVanished, UidValidityChanged } from '../imap.ts'
import { type Account, accountOf } from '../steps/context.ts'
import { commitStep, type MessageRow } from '../store/messages.ts'
import { takePlace } from '../store/review.ts'
import { saveSenderRule } from '../store/sender-rules.ts'
import { load, stepOf } from './decide.ts'
import { Refusal, type Review } from './review.ts'

interface Place {
  mailbox: string
  uidValidity: string
  uid: number
}

/**
 * Takes a mail out of \Junk, marks it `$NotJunk`, and trusts its sender from now on.
 * @throws Refusal when it is not in Junk (any more)
 */
export async function restore(review: Review, id: string, actor: string): Promise<void> {
  const { context } = review
  const { row } = await load(review, id)
  if (row.step !== 'done' || !(row.disposition === 'filed' || row.disposition === 'marked'))
    throw new Refusal('not-in-junk')
  const account = accountOf(context, row.account)
  const place = await junkPlace(account, row)
  if (place === null) throw new Refusal('not-in-junk')
  const now = context.clock.now()
  // First, so that whatever the sender writes next is safe even if the rest fails.
  if (row.fromAddress !== null) {
    const rule = { pattern: row.fromAddress, rule: 'allow', source: 'restored' } as const
    await saveSenderRule(context.db, row.account, rule, now)
  }
  const restored = await moveBack(account, row, place)
  const change = { disposition: 'restored', reason: 'restored-by-person' } as const
  await commitStep(context.db, stepOf(row, actor, 'done', change), now)
  if (restored !== null) await takePlace(context.db, row, restored)
}

async function moveBack(account: Account, row: MessageRow, place: Place): Promise<Place | null> {
  const { imap } = account
  try {
    // Before the move: keywords travel along.
    await imap.addFlags(place.mailbox, place.uidValidity, place.uid, ['$NotJunk', 'NonJunk'])
    await imap.removeFlags(place.mailbox, place.uidValidity, place.uid, ['$Junk', 'Junk'])
    if (place.mailbox === row.mailbox) return null
    const { uid } = await imap.move(place.mailbox, place.uidValidity, place.uid, row.mailbox)
    if (uid === null) return null
    const { uidValidity } = await imap.state(row.mailbox)
    return { mailbox: row.mailbox, uidValidity, uid }
  } catch (error) {
    if (error instanceof MessageVanished || error instanceof UidValidityChanged)
      throw new Refusal('not-in-junk')
    throw error
  }
}

/** Where it was filed; where the server did not say, or has renumbered, the Message-ID tells. */
async function junkPlace(account: Account, row: MessageRow): Promise<Place | null> {
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
