/** File: spam goes to \Junk, marked and undoable. Never deleted, never set \Seen (docs/rules.md section 8.2). */
import { PermanentError, TemporaryError, UncertainError } from '../base/errors.ts'
import { type Account, accountOf, type Next, type StepContext } from '../context.ts'
import { judgeCopies } from '../guard/step.ts'
import { CannotMove, MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { loadMessage, type MessageRow, noteJunkPlace } from '../store/messages.ts'
import { type Change, move } from '../store/moves.ts'

type FilingOutcome = Pick<Change<'finishFiling'>, 'disposition' | 'reason'>

export async function file(context: StepContext, id: string): Promise<Next | null> {
  const row = await loadMessage(context.db, id)
  if (row?.step !== 'file') return null
  const account = accountOf(context, row.account)
  const outcome = await fileSpam(context, account, row)
  if (outcome.disposition === 'filed' || outcome.disposition === 'marked') await judgeCopies(context, [id])
  const change = { id, at: 'file' as const, ...outcome }
  return (await move(context.db, 'finishFiling', change, context.clock.now())) ? { stage: 'done' } : null
}

async function fileSpam(context: StepContext, account: Account, row: MessageRow): Promise<FilingOutcome> {
  const { action } = account.settings.spam
  if (action === 'none') return { disposition: 'no-reply-needed', reason: row.reason }
  const flags = await flagsOf(account, row)
  if (flags === null) return elsewhere(context, account, row)
  // The owner's keyword takes precedence, even if it was set a moment ago.
  if (flags.some((flag) => /^\$?(not|non)junk$/i.test(flag)))
    return { disposition: 'restored', reason: 'marked-not-junk' }
  await mark(account, row)
  if (action === 'mark') return { disposition: 'marked', reason: row.reason }
  return moveToJunk(context, account, row)
}

/**
 * Null if it is gone. The watcher gives each mail that it finds under a new UIDVALIDITY its new UID; one that was moved
 * before, or whose MOVE was carried out without an answer, gets none.
 */
async function flagsOf({ imap }: Account, { mailbox, uidValidity, uid, messageId }: MessageRow) {
  try {
    return await imap.flags(mailbox, uidValidity, uid)
  } catch (error) {
    if (!(error instanceof UidValidityChanged) || messageId === null) throw error
    if ((await imap.findByMessageId(mailbox, messageId)).length > 0) throw error
    return null
  }
}

/** Before the move, because keywords move along. If the server keeps none, only the ledger has the mark. */
async function mark(account: Account, { mailbox, uidValidity, uid }: MessageRow): Promise<void> {
  try {
    await account.imap.addFlags(mailbox, uidValidity, uid, ['$Junk'])
    await account.imap.removeFlags(mailbox, uidValidity, uid, ['$NotJunk'])
  } catch (error) {
    if (!(error instanceof MessageVanished)) throw error
  }
}

async function moveToJunk(context: StepContext, account: Account, row: MessageRow): Promise<FilingOutcome> {
  const { junk } = await account.imap.specialMailboxes()
  if (junk === null)
    throw new PermanentError('the account has no \\Junk mailbox: create one, or name it in mailboxes.junk')
  try {
    const { uid } = await account.imap.move(row.mailbox, row.uidValidity, row.uid, junk)
    const { uidValidity } = uid === null ? { uidValidity: null } : await account.imap.state(junk)
    await noteJunkPlace(context.db, row.id, { mailbox: junk, uidValidity, uid })
    return { disposition: 'filed', reason: row.reason }
  } catch (error) {
    // Keyword and ledger identify it; a copy in \Junk would only be one more spam to look at.
    if (error instanceof CannotMove) return { disposition: 'marked', reason: row.reason }
    if (!(error instanceof MessageVanished || error instanceof UncertainError)) throw error
    return whereItWent(context, account, row)
  }
}

/** The answer to MOVE was lost, or the UID is gone. */
async function whereItWent(context: StepContext, account: Account, row: MessageRow): Promise<FilingOutcome> {
  // First check whether it is still here: an older mail with the same Message-ID may be in \Junk.
  const stays = (await flagsOf(account, row)) !== null
  if (stays) throw new TemporaryError('the move to \\Junk was not carried out')
  return elsewhere(context, account, row)
}

/** Searches by Message-ID for a mail that has left its mailbox. */
async function elsewhere(
  context: StepContext,
  { imap }: Account,
  { id, messageId, reason }: MessageRow,
): Promise<FilingOutcome> {
  if (messageId === null) return { disposition: 'filed', reason }
  const { junk } = await imap.specialMailboxes()
  const found = junk === null ? [] : await imap.findByMessageId(junk, messageId)
  const uid = found.at(-1)
  if (junk !== null && uid !== undefined) {
    const { uidValidity } = await imap.state(junk)
    await noteJunkPlace(context.db, id, { mailbox: junk, uidValidity, uid })
    return { disposition: 'filed', reason }
  }
  return { disposition: 'superseded', reason: 'moved-by-owner' }
}
