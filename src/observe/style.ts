/** Learns once a day how the owner writes, from the latest of their own mails in \Sent; writes only to the store. */

import { type OwnMail, styleOf } from '../compose/style.ts'
import type { Account, StepContext } from '../context.ts'
import type { Owner } from '../mail/account.ts'
import { parseAddressList } from '../mail/address.ts'
import { fieldValues, firstField, type Message, namedIds } from '../mail/message.ts'
import { messageFromParts } from '../mail/mime/octets.ts'
import { editShare } from '../mail/text/edits.ts'
import { languageOf } from '../mail/text/language.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { LearnedStyle } from '../store/styles.ts'
import { draftsFor, loadStyles, saveStyles } from '../store/styles.ts'

const dayMs = 86_400_000
/** Number of mails read, latest first. */
export const mostMails = 300
const oldestMs = 365 * dayMs
const limits = { batch: 50, maxHeaderOctets: 16 * 1024, maxTextOctets: 16 * 1024 }
/** With at most this share of changed words a mail counts as written by replyd. */
const untouched = 0.1
/** Minimum confidence of the language. */
const leastConfidence = 0.35
const mostLanguages = 20

/** @returns whether it was due */
export async function observeStyle(context: StepContext, account: Account): Promise<boolean> {
  const { db, clock, config } = context
  const { address } = account.settings.owner
  const now = clock.now()
  const known = await loadStyles(db, address)
  if (known !== null && now.getTime() - known.learnedAt.getTime() < dayMs) return false
  const since = new Date(now.getTime() - Math.min(oldestMs, config.state.keepMs ?? oldestMs))
  const mails: OwnMail[] = []
  for await (const messages of latestSent(account, since))
    mails.push(...(await evidence(context, account, messages)))
  const styles = stylesOf(mails)
  await saveStyles(db, address, styles, now)
  context.log.info({ event: 'style.learned', languages: Object.keys(styles) })
  return true
}

/** By language (BCP 47 primary tag), for those with enough evidence. */
export function stylesOf(mails: readonly OwnMail[]): Record<string, LearnedStyle> {
  const byLanguage = new Map<string, OwnMail[]>()
  for (const mail of mails) {
    const { language, confidence } = languageOf(mail.text)
    if (confidence >= leastConfidence) byLanguage.set(language, [...(byLanguage.get(language) ?? []), mail])
  }
  const styles: Record<string, LearnedStyle> = {}
  for (const [language, own] of [...byLanguage].slice(0, mostLanguages)) {
    const style = styleOf(own, language)
    if (style !== null) styles[language] = style
  }
  return styles
}

async function* latestSent({ imap }: Account, since: Date): AsyncIterable<Message[]> {
  const { sent } = await imap.specialMailboxes()
  if (sent === null) return
  const { uidValidity } = await imap.state(sent)
  const uids = (await imap.uidsSince(sent, since)).slice(-mostMails)
  for await (const batch of imap.fetch(sent, uidValidity, uids, limits)) {
    yield batch
      .filter(({ vanished, fault }) => !vanished && fault === null)
      .map((each) => messageFromParts(each))
  }
}

/** Whether a person wrote it, from an address of the owner's. */
export function isByHand(message: Message, owner: Pick<Owner, 'address' | 'aliases'>): boolean {
  const from = parseAddressList(firstField(message, 'from') ?? '')[0]?.address ?? ''
  const automatic = firstField(message, 'auto-submitted') ?? 'no'
  return (
    [owner.address, ...owner.aliases].includes(from) &&
    /^\s*no\b/i.test(automatic) &&
    firstField(message, 'list-unsubscribe') === null
  )
}

/** Its new text and its recipients; null if either is missing. */
export function ownMailOf(message: Message): OwnMail | null {
  const { text } = visibleText(message)
  const to = fieldValues(message, 'to').flatMap(parseAddressList)
  return text.trim() === '' || to.length === 0 ? null : { text, to }
}

/** Mails that the owner wrote: not automatic, not by a program, and not by replyd without changes. */
async function evidence(
  context: StepContext,
  account: Account,
  messages: readonly Message[],
): Promise<OwnMail[]> {
  const { owner } = account.settings
  const byOwner = messages.filter((message) => isByHand(message, owner))
  const idsOf = (message: Message) => {
    const { own, thread } = namedIds(message)
    return own === null ? thread : [own, ...thread]
  }
  const drafts = await draftsFor(context.db, owner.address, byOwner.flatMap(idsOf))
  return byOwner.flatMap((message) => {
    const mail = ownMailOf(message)
    const ids = new Set(idsOf(message))
    const ours = drafts.some(
      ({ draftText, replyMessageId, messageId }) =>
        (ids.has(replyMessageId) || ids.has(messageId ?? '')) &&
        editShare(draftText, mail?.text ?? '') <= untouched,
    )
    return mail === null || ours ? [] : [mail]
  })
}
