import { logDecision } from '../base/log.ts'
import type { Account, StepContext } from '../context.ts'
import { domainPart } from '../mail/address.ts'
import { authentication } from '../mail/authentication.ts'
import { isMailboxProvider } from '../mail/local-parts.ts'
import { loadMail } from '../store/bodies.ts'
import { knownSender } from '../store/history.ts'
import { type MessageRow, noteJunkPlace } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import { removeSenderRule, saveSenderRule } from '../store/sender-rules.ts'
import { ownersSpamFrom, removeOwnersExample, restoredFrom, saveSpamExample } from '../store/spam-examples.ts'
import { spamTokens } from '../triage/spam-tokens.ts'

/** Source of the rules that come from a mail in \\Junk. */
const byJunk = 'moved-to-junk'
/** Source of the rules that come from a mail taken out of \\Junk. */
const byRestore = 'restored'
/** After this many mails of a known sender their address is denied. */
const denyFrom = 2

/**
 * Our mistake: the sender is trusted from now on, by address, and by domain if the author was authenticated. Nothing is
 * learned if a person has decided otherwise meanwhile.
 */
export async function learnRestored(
  context: StepContext,
  account: Account,
  row: MessageRow,
  reason: 'moved-back-by-owner' | 'marked-not-junk' | 'restored-by-person',
  actor = 'owner',
): Promise<void> {
  const now = context.clock.now()
  const patterns = await trustedPatterns(context, account, row)
  const example = await exampleOf(context, row, false)
  const change = { id: row.id, at: 'done', reason, actor } as const
  const restored = await context.db.transaction(async (session) => {
    if (!(await move(session, 'takeOutOfJunk', change, now))) return false
    for (const pattern of patterns)
      await saveSenderRule(session, row.account, { pattern, rule: 'allow', source: byRestore }, now)
    if (example !== null) await saveSpamExample(session, example, now)
    return true
  })
  if (restored) logDecision(context.log, change)
}

async function trustedPatterns(context: StepContext, account: Account, row: MessageRow): Promise<string[]> {
  if (row.fromAddress === null) return []
  const domain = domainPart(row.fromAddress)
  const mail = await loadMail(context.db, row.id)
  const found = mail ? authentication(mail.message, account.settings.owner.authservIds, domain) : 'unknown'
  // A mailbox provider's domain is shared by everybody.
  return found === 'pass' && !isMailboxProvider(domain) ? [row.fromAddress, domain] : [row.fromAddress]
}

/**
 * Spam that we missed: learned as an example. The address is denied if there is no evidence in its favour, or the
 * second time.
 * @param place where the owner moved it; null if they marked it in place
 * @returns false if the mail has gone on since `row`, or its reply is being sent or saved: then nothing was changed
 */
export async function learnSpam(
  context: StepContext,
  account: Account,
  row: MessageRow,
  place: { mailbox: string; uidValidity: string; uid: number } | null,
  actor = 'owner',
): Promise<boolean> {
  const now = context.clock.now()
  const outcome =
    place === null
      ? ({ disposition: 'marked', reason: 'marked-junk-by-owner' } as const)
      : ({ disposition: 'filed', reason: 'junked-by-owner' } as const)
  const change = { id: row.id, at: row.step, actor, ...outcome, reply: { sendAfter: null } }
  const example = await exampleOf(context, row, true)
  const filed = await context.db.transaction(async (session) => {
    if (!(await move(session, 'putIntoJunk', change, now))) return false
    if (place !== null) await noteJunkPlace(session, row.id, place)
    if (example !== null) await saveSpamExample(session, example, now)
    return true
  })
  if (!filed) return false
  logDecision(context.log, change)
  const { address, aliases } = account.settings.owner
  if (row.fromAddress === null || [address, ...aliases].includes(row.fromAddress)) return true
  const { earlier, writtenTo } = await knownSender(context.db, row.account, row.fromAddress, row.id)
  const times = await ownersSpamFrom(context.db, row.account, row.fromAddress)
  if ((earlier > 0 || writtenTo) && times < denyFrom) return true
  const rule = { pattern: row.fromAddress, rule: 'deny', source: byJunk } as const
  await saveSenderRule(context.db, row.account, rule, now)
  return true
}

/**
 * Undoes `learnSpam` for a person who did not mean it: the mail waits again, and nothing learned from it remains, not
 * even what the observer learned when the mail came back. A rule stays if the owner called other mail of the sender
 * spam, or took other mail out of \\Junk.
 * @returns whether it was still where `learnSpam` left it
 */
export async function unlearnSpam(
  { db, clock }: StepContext,
  row: MessageRow,
  actor: string,
): Promise<boolean> {
  const change = { id: row.id, at: 'done', reason: 'junk-undone', actor } as const
  return db.transaction(async (session) => {
    if (!(await move(session, 'undoJunk', change, clock.now()))) return false
    await removeOwnersExample(session, row.id)
    const pattern = row.fromAddress
    if (pattern === null) return true
    if ((await ownersSpamFrom(session, row.account, pattern)) === 0)
      await removeSenderRule(session, row.account, { pattern, source: byJunk })
    if (!(await restoredFrom(session, row.account, pattern)))
      for (const each of [pattern, domainPart(pattern)])
        await removeSenderRule(session, row.account, { pattern: each, source: byRestore })
    return true
  })
}

/** Null if its text is gone. */
async function exampleOf({ db }: StepContext, row: MessageRow, spam: boolean) {
  const mail = await loadMail(db, row.id)
  if (mail === null) return null
  const tokens = spamTokens(mail.message)
  return { messageId: row.id, account: row.account, spam, tokens, source: 'owner' } as const
}
