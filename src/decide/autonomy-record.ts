/** Earned autonomy based on the store's records: what the page shows, and what the owner grants. */

import { editShare } from '../mail/text/edits.ts'
import {
  type AutonomyGrant,
  autonomyGrants,
  autonomyRecords,
  endAutonomyGrant,
  removeAutonomyGrant,
  saveAutonomyGrant,
} from '../store/autonomy.ts'
import type { Queryable } from '../store/database.ts'
import { type Autonomy, autonomyOf, defaultStreak, type Setback } from './autonomy.ts'

const mostReplies = 500

export interface CategoryAutonomy extends Autonomy {
  account: string
  category: string
  needed: number
  grantedAt: Date | null
  grantedBy: string | null
}

/**
 * Every category of the account with a decided reply or a grant. A setback that is found is recorded and permanently
 * ends the grant.
 */
export async function autonomyByCategory(
  db: Queryable,
  account: string,
  needed = defaultStreak,
): Promise<CategoryAutonomy[]> {
  const records = await autonomyRecords(db, account, mostReplies)
  const grants = new Map((await autonomyGrants(db, account)).map((grant) => [grant.category, grant]))
  const categories = [...new Set([...records.map(({ category }) => category), ...grants.keys()])].sort()
  const entries: CategoryAutonomy[] = []
  for (const category of categories) {
    const outcomes = records
      .filter((record) => record.category === category)
      .map(({ text, draftText, ...rest }) => ({ ...rest, edit: editShare(draftText, text) }))
    const grant = grants.get(category) ?? null
    const known = grant && endOf(grant)
    const found = autonomyOf(outcomes, known ? null : (grant?.grantedAt ?? null), needed)
    if (found.takenBack) await endAutonomyGrant(db, account, category, found.takenBack)
    const { grantedAt = null, grantedBy = null } = grant ?? {}
    entries.push({
      account,
      category,
      needed,
      grantedAt,
      grantedBy,
      ...found,
      takenBack: found.takenBack ?? known,
    })
  }
  return entries
}

function endOf({ takenBack, takenBackAt, takenBackBy }: AutonomyGrant): Setback | null {
  if (takenBack === null || takenBackAt === null) return null
  return { reason: takenBack, at: takenBackAt, id: takenBackBy }
}

/**
 * Whether replies of this category may be sent automatically. Never cached, so that a setback takes effect at once.
 */
export async function isGranted(db: Queryable, account: string, category: string): Promise<boolean> {
  const grants = await autonomyGrants(db, account)
  if (!grants.some((grant) => grant.category === category && grant.takenBack === null)) return false
  return (await autonomyByCategory(db, account)).some((entry) => entry.category === category && entry.granted)
}

/** False when it is not offered: then nothing is granted. */
export async function grant(
  db: Queryable,
  account: string,
  category: string,
  actor: string,
  now: Date,
): Promise<boolean> {
  const entry = (await autonomyByCategory(db, account)).find((each) => each.category === category)
  if (!entry?.offered) return false
  await saveAutonomyGrant(db, account, { category, grantedAt: now, grantedBy: actor })
  return true
}

/** False when nothing was granted. */
export function revoke(db: Queryable, account: string, category: string): Promise<boolean> {
  return removeAutonomyGrant(db, account, category)
}
