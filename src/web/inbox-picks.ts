/** Which mails can be decided together, and which mail is opened next. */
import { isDoubtful } from '../review/approve.ts'
import { versionOf } from '../review/decide.ts'
import type { Queryable } from '../store/database.ts'
import { type ListedMail, waitingMails } from '../store/review-lists.ts'
import { type InboxFilter, wantedBy } from './inbox-filter.ts'

/** Whether it can be chosen at all. */
export const isChoosable = ({ disposition }: ListedMail): boolean =>
  disposition === 'held' || disposition === 'drafted'

/** The value of a checkbox: the mail, and the version of its reply that was shown. */
export const pickOf = ({ id, replyText, replyEnvelope }: ListedMail): string =>
  `${id}.${versionOf(replyText ?? '', replyEnvelope)}`

/** Whether it can be sent together with others: there is a reply, and nothing in it is in doubt. */
export const isClear = ({ replyText, asDrafted, holdReasons, claims, missing }: ListedMail): boolean =>
  replyText !== null &&
  !isDoubtful({
    asDrafted: asDrafted ?? false,
    holdReasons: holdReasons ?? [],
    claims: claims ?? [],
    missing: missing ?? [],
  })

/** Neither about to be sent nor being written again. */
export const isUndecided = ({ disposition }: Pick<ListedMail, 'disposition'>) =>
  disposition !== 'approved' && disposition !== 'pending'
/** Approved mails wait in the list, too: at most this many are skipped. */
const lookedAt = 100

/**
 * The mail to open after this one: the next in the list, otherwise the first.
 * @param listed a part of the list that was already read
 * @param decided others that are decided with it
 */
export async function nextOf(
  db: Queryable,
  filter: InboxFilter,
  id: string,
  {
    listed = [],
    decided = new Set(),
  }: { listed?: readonly ListedMail[]; decided?: ReadonlySet<string> } = {},
): Promise<string | null> {
  const wanted = wantedBy(filter)
  const isOther = (mail: ListedMail) => mail.id !== id && isUndecided(mail) && !decided.has(mail.id)
  const at = listed.findIndex((mail) => mail.id === id)
  const seen = at < 0 ? undefined : listed.slice(at).find(isOther)
  if (seen !== undefined) return seen.id
  const behind = (await waitingMails(db, wanted, { after: id, limit: lookedAt })).find(isOther)
  return (behind ?? (await waitingMails(db, wanted, { limit: lookedAt })).find(isOther))?.id ?? null
}
