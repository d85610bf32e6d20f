import { namedIds } from '../mail/message.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Queryable } from '../store/database.ts'
import {
  automaticRepliesSince,
  automaticRepliesTo,
  openDrafts,
  ownMessageIds,
  threadParticipants,
  underSameIds,
} from '../store/history.ts'
import { humanThreadIds } from '../store/human-threads.ts'
import type { GuardContext } from './ceiling.ts'

const weekMs = 7 * 86_400_000

interface Candidate {
  mail: StoredMail
  /** Where a reply would go; null if there is nobody. */
  addressee: string | null
}

/**
 * Loads the history that the guard's rules use, for mails of one account, with a few statements for the whole batch.
 * Must not run within a transaction. The caller may pass fresh flags that it has just fetched.
 */
export async function loadGuardContexts(
  db: Queryable,
  account: string,
  candidates: readonly Candidate[],
  now: Date,
): Promise<GuardContext[]> {
  const named = candidates.map(({ mail }) => namedIds(mail.message))
  const own = named.flatMap(({ own }) => (own ? [own] : []))
  const threads = [...new Set(named.flatMap(({ thread }) => thread))]
  const addressees = [...new Set(candidates.flatMap(({ addressee }) => (addressee ? [addressee] : [])))]
  // In parallel: newly arrived mail waits for this.
  const [recent, ofThreads, ours, underIds, human, drafts] = await Promise.all([
    automaticRepliesSince(db, account, new Date(now.getTime() - weekMs)),
    automaticRepliesTo(db, account, threads),
    ownMessageIds(db, account, [...own, ...threads]),
    underSameIds(
      db,
      account,
      candidates.map(({ mail }) => mail.row.id),
    ),
    humanThreadIds(db, account, [...own, ...threads]),
    openDrafts(db, account, addressees),
  ])
  const autoSent = [...new Map([...recent, ...ofThreads].map((reply) => [reply.messageId, reply])).values()]
  return Promise.all(
    candidates.map(async ({ mail, addressee }, at) => ({
      specialUse: null,
      flags: mail.row.flags,
      arrivedAt: mail.row.internalDate,
      now,
      sentMessageIds: ours,
      answeredMessageIds: new Set(underIds.get(mail.row.id)?.answered ? [named[at]?.own ?? ''] : []),
      reusedMessageId: underIds.get(mail.row.id)?.reused ?? false,
      autoSent,
      openDrafts: addressee ? (drafts.get(addressee) ?? 0) : 0,
      candidateHash: null,
      humanAsked: [named[at]?.own ?? '', ...(named[at]?.thread ?? [])].some((id) => human.has(id)),
      threadParticipants: await threadParticipants(db, account, named[at]?.thread ?? []),
    })),
  )
}
