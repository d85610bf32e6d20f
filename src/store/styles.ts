import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'
import { styleLesson, styleParts } from './unlearned.ts'

export interface LearnedStyle {
  /** A template: `Hi {first name},`. */
  greeting: string | null
  /** The formula and, after a slash, the name below it. */
  closing: string | null
  /** Median length in words. */
  words: number | null
  /** For example `formal (Sie)`. */
  manner: string | null
  /** Number of mails that it was learned from. */
  evidence: number
}

/** How the owner writes, by language. */
export type Styles = Readonly<Record<string, LearnedStyle>>

export interface StoredStyles {
  styles: Styles
  learnedAt: Date
}

/** Without the parts that a person took back. */
export const loadStyles = batched<string, StoredStyles | null>(async (db, accounts) => {
  const { rows } = await db.query<StoredStyles & { account: string; gone: string[] }>(
    `select account, styles, learned_at as "learnedAt",
        array(select lesson from replyd.unlearned u where u.account = s.account and lesson like 'style %') as gone
       from replyd.style s where account = any($1)`,
    [[...new Set(accounts)]],
  )
  const known = new Map(
    rows.map(({ account, gone, styles, learnedAt }) => [
      account,
      { styles: without(styles, new Set(gone)), learnedAt },
    ]),
  )
  return accounts.map((account) => known.get(account) ?? null)
})

function without(styles: Styles, gone: ReadonlySet<string>): Styles {
  const left = ([language, style]: [string, LearnedStyle]) => {
    const parts = styleParts.filter((part) => gone.has(styleLesson(language, part)))
    return [language, { ...style, ...Object.fromEntries(parts.map((part) => [part, null])) }] as const
  }
  return Object.fromEntries(Object.entries(styles).map(left))
}

export async function saveStyles(db: Queryable, account: string, styles: Styles, now: Date): Promise<void> {
  await db.query(
    `insert into replyd.style (account, styles, learned_at) values ($1, $2, $3)
     on conflict (account) do update set styles = $2, learned_at = $3`,
    [account, storable(styles), now],
  )
}

/** Removes all styles, or those learned before that moment: they are learned again from the remaining mail. */
export async function removeStyles(db: Queryable, before: Date | null): Promise<void> {
  await db.query('delete from replyd.style where $1::timestamptz is null or learned_at < $1', [before])
}

interface Known {
  draftText: string
  replyMessageId: string
  /** Message-ID of the mail that it answers. */
  messageId: string | null
}

/** What the model wrote for mails with these Message-IDs, or under these Message-IDs. */
export async function draftsFor(db: Queryable, account: string, ids: readonly string[]): Promise<Known[]> {
  const { rows } = await db.query<Known>(
    `select r.draft_text as "draftText", r.reply_message_id as "replyMessageId", m.message_id as "messageId"
       from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and (r.reply_message_id = any($2) or (m.account = $1 and m.message_id = any($2)))`,
    [account, ids],
  )
  return rows
}
