/** A store with something in every table, written in the daemon's way if that matters. */

import type { ReplyState } from '../../src/base/dispositions.ts'
import { faultOf } from '../../src/mail/fault.ts'
import { saveAttachments } from '../../src/store/bodies.ts'
import type { Database } from '../../src/store/database.ts'
import { type NewMessage, storeIngested } from '../../src/store/ingested.ts'
import type { NewReply } from '../../src/store/replies.ts'
import { composedAs } from '../triage/a-verdict.ts'
import { forceMail, forceReply, putReply } from './force.ts'

export const seededAt = new Date('2026-03-10T09:00:00.123Z')
export const account = 'me@example.com'

/** Line separators, quotes and a rocket, which may break a text format. */
export const awkward = 'a\u2028b\r\nc"d\\e\t\u{1f680}'

export const seedMessage = (id: string, uid: number, from: string): NewMessage => ({
  id,
  account,
  mailbox: 'INBOX',
  uidValidity: '1',
  uid,
  messageId: `<${id}@example.org>`,
  emailId: null,
  threadId: null,
  size: 3,
  internalDate: seededAt,
  flags: ['\\Flagged'],
  fromAddress: from,
  fromName: awkward,
  subject: awkward,
  step: 'guard',
  disposition: 'pending',
  reason: 'ingested',
})

export const seedReply = (id: string, addressee: string): NewReply => ({
  id,
  account,
  kind: 'send',
  replyMessageId: `<reply-${id}@example.com>`,
  octets: Buffer.from([0, 255, 13, 10, 200]),
  reversePath: account,
  addressees: [addressee],
  subject: awkward,
  text: awkward,
  textHash: 'h',
  language: 'en',
  confidence: 0.1 + 0.2,
  composed: composedAs(awkward),
  claims: [{ claim: '12', kind: 'number' }],
  sources: [{ file: 'hours.md', heading: 'Hours', text: 'From ten to six.' }],
  omitted: ['thread: 2 messages at its beginning'],
  holdReasons: ['mode-draft'],
  attemptGroup: 0,
})

const seedAttachment = {
  ...{ path: '2', name: `${awkward}.pdf`, type: 'application/pdf', size: 1000, isInline: false },
  ...{ text: awkward, image: null, fault: null },
}

/** One mail for each state, in that state, each with a body and a reply. Ids are `m-STATE`. */
export async function seedMails(
  db: Database,
  states: readonly ReplyState[],
  from: string,
  firstUid = 4_000_000_000,
): Promise<void> {
  for (const [at, state] of states.entries()) {
    const id = `m-${state}`
    const body = {
      id,
      header: Buffer.from(`Subject: ${awkward}\r\n`),
      structure: { type: 'text/plain', part: '1', parts: [] } as never,
      text: awkward,
      html: `<b>${awkward}</b>`,
      hiddenText: false,
      faults: [faultOf('text-cut', '1')],
    }
    await storeIngested(db, { messages: [seedMessage(id, firstUid + at, from)], bodies: [body] }, seededAt)
    if (at === 0) await saveAttachments(db, id, [seedAttachment])
    await forceMail(
      db,
      { id, from: 'guard', to: 'deliver', disposition: 'approved', reason: 'ok', detail: awkward },
      seededAt,
    )
    await putReply(db, seedReply(id, from), 'deliver', seededAt)
    await forceReply(
      db,
      { id, from: ['composed'], to: state, actor: 'Ann', diff: `-${awkward}`, claimedAt: seededAt },
      seededAt,
    )
  }
}

const others = [
  `insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, cost, settled, shares)
     values ('c', 'm-sent', $1, 'triage', '2026-03-10', $2, 'm', 'p', 1e-7, true, '["sender:a@example.org"]')`,
  `insert into replyd.model_notice (model, said, trouble, at) values ($1, 'It does not answer.', true, $2)`,
  `insert into replyd.rate_limit (name, state) select $1, '{"a": 1}' where $2::timestamptz is not null`,
  `insert into replyd.spending (day, account, share, cost) select '2026-03-10', $1, 'sender:a@example.org', 0.3 where $2::timestamptz is not null`,
  `insert into replyd.cursor (account, mailbox, uid_validity, last_uid, baseline_uid, baseline_at, renumbered_uid, updated_at)
     values ($1, 'INBOX', '1', 4294967295, 0, $2, 0, $2)`,
  `insert into replyd.lease (name, holder, fence, expires_at) values ('watch ' || $1, 'h', 9007199254740993, $2)`,
  `insert into replyd.account_state (account, updated_at) values ($1, $2)`,
  `insert into replyd.sender_rule (account, pattern, rule, source, at) values ($1, 'a@example.org', 'allow', 'restored', $2)`,
  `insert into replyd.spam_example (message_id, account, spam, source, tokens, at) values ('m-sent', $1, false, 'owner', '["a"]', $2)`,
  `insert into replyd.negative_answer (message_id, reply_id, at) select 'm-held', 'm-sent', $2 where $1::text is not null`,
  `insert into replyd.human_thread (account, message_id, source) select $1, '<x@example.org>', 'm-sent' where $2::timestamptz is not null`,
  `insert into replyd.correspondent (account, address) select $1, 'a@example.org' where $2::timestamptz is not null`,
  `insert into replyd.sent_cursor (account, mailbox, uid_validity, last_uid, read_at) values ($1, 'Sent', '1', 4294967295, $2)`,
  `insert into replyd.style (account, styles, learned_at) values ($1, '{"en": {"words": 9}}', $2)`,
  `insert into replyd.unlearned (account, lesson, actor, at) values ($1, 'style en words', 'Ann', $2)`,
  `insert into replyd.snippet (id, name, text, actor, at) values ('hours', 'Hours', 'We open at noon.', $1, $2)`,
  `insert into replyd.autonomy_grant (account, category, granted_at, granted_by) values ($1, 'other', $2, 'Ann')`,
  `insert into replyd.digest (account, day, at) values ($1, '2026-03-10', $2)`,
  `insert into replyd.webhook (id, last_event, budget_day, due_at) values ($1, 12, '', $2)`,
  `insert into replyd.session (id, actor, device, address, begun_at, seen_at, mark) values ('h', $1, 'Firefox on Linux', '192.0.2.1', $2, $2, 'm')`,
  `insert into replyd.setting_edit (path, follows, value, actor, at) values ('["replies","mode"]', 0, '"review"', $1, $2)`,
  `insert into replyd.person (id, name, role, password_hash, added_by, added_at) values ('ann', 'Ann', 'reviewer', 'scrypt$', $1, $2)`,
  `insert into replyd.page_password (hash, set_by, set_at) values ('scrypt$', $1, $2)`,
  `insert into replyd.push_device (id, endpoint, keys, actor, device, added_at, last_event, due_at)
     values ('e', 'https://push.example.com/1', '{"auth": "s"}', $1, 'Firefox on Linux', $2, 12, $2)`,
  `insert into replyd.api_token (name, hash, scopes, created_at, created_by) values ('grafana', 'h', '["metrics"]', $2, $1)`,
  `insert into replyd.used_code (step) select 59104800 where $1::text is not null and $2::timestamptz is not null`,
  `insert into replyd.restore (at, backup_at) select $2, $2 where $1::text is not null`,
]

/** All tables except those of the mails, which seedMails fills. */
export async function seedOthers(db: Database): Promise<void> {
  for (const sql of others) await db.query(sql, [account, seededAt])
}

/** Something in every table. */
export async function seedAll(db: Database): Promise<void> {
  await seedMails(db, ['sent', 'held', 'approved', 'sending', 'uncertain'], 'a@example.org')
  await seedOthers(db)
}
