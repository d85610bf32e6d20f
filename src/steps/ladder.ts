/** Earned autonomy on the store's records: what the page shows, and what the owner grants. */
import { defaultStreak, type Rung, rungOf } from '../judgement/ladder.ts'
import { editShare } from '../mail/edits.ts'
import type { Queryable } from '../store/database.ts'
import { removeTrustGrant, saveTrustGrant, trustGrants, trustRecords } from '../store/trust.ts'

const mostReplies = 500

export interface LadderEntry extends Rung {
  account: string
  category: string
  needed: number
}

/** Every category of the account in which a reply was decided on, or that was granted. */
export async function ladder(db: Queryable, account: string, needed = defaultStreak): Promise<LadderEntry[]> {
  const records = await trustRecords(db, account, mostReplies)
  const grants = new Map((await trustGrants(db, account)).map((grant) => [grant.category, grant.grantedAt]))
  const categories = [...new Set([...records.map(({ category }) => category), ...grants.keys()])].sort()
  return categories.map((category) => {
    const outcomes = records
      .filter((record) => record.category === category)
      .map(({ text, draftText, ...rest }) => ({ ...rest, edit: editShare(draftText, text) }))
    return { account, category, needed, ...rungOf(outcomes, grants.get(category) ?? null, needed) }
  })
}

/** Whether replies of this category may go out by themselves; asked anew for each, so that a setback counts at once. */
export async function isGranted(db: Queryable, account: string, category: string): Promise<boolean> {
  const grants = await trustGrants(db, account)
  if (!grants.some((grant) => grant.category === category)) return false
  return (await ladder(db, account)).some((entry) => entry.category === category && entry.granted)
}

/** False when it is not on offer: then nothing is granted. */
export async function grant(
  db: Queryable,
  account: string,
  category: string,
  actor: string,
  now: Date,
): Promise<boolean> {
  const entry = (await ladder(db, account)).find((each) => each.category === category)
  if (!entry?.offered) return false
  await saveTrustGrant(db, account, { category, grantedAt: now, grantedBy: actor })
  return true
}

export async function revoke(db: Queryable, account: string, category: string): Promise<void> {
  await removeTrustGrant(db, account, category)
}
