/**
 * The schema, forward only: a released migration is never edited. Everything is in the PostgreSQL schema `replyd` and
 * always qualified with it, because BullMQ's backend needs its own schema on the search path.
 */
import { first } from './migrations/first.ts'
import {
  pagePassword,
  pushDevices,
  pushWishes,
  setup,
  snippets,
  typedEnvelope,
  unlearned,
} from './migrations/pages.ts'

export interface Migration {
  readonly version: number
  readonly sql: string
}

/**
 * One name per concept: step `decide`, stage `review` (a person), disposition `pending` (a step is still to run),
 * guard, autonomy.
 */
const words = `
drop index replyd.message_unfinished;
drop index replyd.message_open;
update replyd.message set
  step = case step when 'hold' then 'decide' when 'wait' then 'review' else step end,
  disposition = case disposition when 'waiting' then 'pending' else disposition end
  where step in ('hold', 'wait') or disposition = 'waiting';
update replyd.event set
  step = case step when 'hold' then 'decide' when 'wait' then 'review' else step end,
  disposition = case disposition when 'waiting' then 'pending' else disposition end
  where step in ('hold', 'wait') or disposition = 'waiting';
update replyd.message set reason = 'guard-error' where reason in ('gate-error');
update replyd.event set reason = 'guard-error' where reason in ('gate-error');
update replyd.message set codes = replace(codes::text, '"gate-error"', '"guard-error"')::jsonb where codes @> '["gate-error"]';
alter table replyd.trust_grant rename to autonomy_grant;
alter index replyd.trust_grant_pkey rename to autonomy_grant_pkey;
create index message_unfinished on replyd.message (due_at) where step not in ('review', 'done');
create index message_open on replyd.message (id) where step = 'review' or disposition in ('approved', 'drafted');
`

/** Result of the check by meaning of a reply. */
const checked = 'alter table replyd.reply add column checked jsonb;'

/**
 * What the model did not see gets a column, faults get a code, and a mail's detail no longer contains a list of
 * codes.
 */
const typed = `
alter table replyd.reply add column omitted jsonb not null default '[]';
alter table replyd.reply alter column composed drop not null;
update replyd.reply r set omitted = jsonb_build_array(split_part(m.detail, E'\\n', 1))
  from replyd.message m where m.id = r.id and m.detail like 'cut: %';
update replyd.message m set detail = null from replyd.reply r where r.id = m.id and m.detail = r.hold_reason;
update replyd.body b set faults = (
  select jsonb_agg(jsonb_build_object('part', substring(fault from 'part ([0-9.]+)'), 'text', fault, 'code', case
    when fault like 'header cut%' then 'header-cut'
    when fault like 'message cut%' then 'message-cut'
    when fault like 'several Content-Type%' then 'several-content-types'
    when fault like 'parts nested%' then 'nested-too-deep'
    when fault like 'more than%' then 'too-many-parts'
    when fault like 'multipart without%' then 'no-boundary'
    when fault = 'encrypted (PGP)' then 'encrypted-text'
    when fault = 'encrypted' then 'encrypted'
    when fault like 'unknown charset%' then 'unknown-charset'
    when fault like 'text part % was cut' then 'text-cut'
    when fault like 'text part %' then 'text-unread'
    when fault like 'signed part %' then 'signature-unread'
    when fault like 'the server gave%' then 'no-structure'
    else 'fetch-failed' end))
    from jsonb_array_elements_text(b.faults) as fault)
  where jsonb_array_length(b.faults) > 0;
`

/** The people the owner has written to, from all of \\Sent, and how far it was read. */
const correspondents = `
create table replyd.correspondent (
  account text not null,
  address text not null,
  primary key (account, address)
);
create table replyd.sent_cursor (
  account      text primary key,
  mailbox      text not null,
  uid_validity text not null,
  last_uid     bigint not null,
  read_at      timestamptz not null
);
`

/** Mail and reply change together. Repairs rows that a crash or failure left half done. */
const together = `
update replyd.message m set step = 'done', disposition = 'drafted' from replyd.reply r
  where r.id = m.id and m.step = 'deliver' and r.state = 'saved';
update replyd.message m set step = 'done', disposition = r.state from replyd.reply r
  where r.id = m.id and m.step = 'deliver' and r.state in ('rejected', 'superseded');
update replyd.message m set step = 'review', disposition = r.state from replyd.reply r
  where r.id = m.id and m.step = 'deliver' and r.state in ('held', 'uncertain');
update replyd.message m set disposition = 'uncertain' from replyd.reply r
  where r.id = m.id and m.step = 'review' and r.state in ('sending', 'uncertain');
update replyd.message m set step = 'done', disposition = 'sent' from replyd.reply r
  where r.id = m.id and m.step = 'review' and r.state = 'sent';
update replyd.reply r set state = 'uncertain' from replyd.message m
  where m.id = r.id and m.step = 'review' and r.state = 'sending';
update replyd.reply r set state = 'held', send_after = null from replyd.message m
  where m.id = r.id and m.step = 'review' and r.state in ('composed', 'approved', 'saving');
`

/** What the owner should know about a model. */
const modelNotices = `
create table replyd.model_notice (
  model   text primary key,
  said    text not null,
  trouble boolean not null,
  at      timestamptz not null
);
`

/** Who is logged in, the named tokens of the API, and the one-time codes that were used. */
const access = `
create table replyd.session (
  id       text primary key,
  actor    text not null,
  device   text not null,
  address  text not null,
  begun_at timestamptz not null,
  seen_at  timestamptz not null,
  mark     text not null
);
create table replyd.api_token (
  name       text primary key,
  hash       text not null unique,
  scopes     jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  used_at    timestamptz
);
create table replyd.used_code (
  step bigint primary key
);
`

/** Shares of the day's budget, by sender and domain. */
const shares = `
alter table replyd.spending add column share text not null default '';
alter table replyd.spending drop constraint spending_pkey;
alter table replyd.spending add primary key (day, account, share);
alter table replyd.model_call add column shares jsonb not null default '[]';
`

/** By account, the reason for its stop that was last reported to the webhook. */
const reportedStops = "alter table replyd.webhook add column stopped jsonb not null default '{}';\n"

/** Facts about the store itself: one row. */
const store = `
create table replyd.store (
  one boolean primary key default true check (one),
  id  text not null
);
`

/** What was read of a mail's files; null: nothing was read yet. */
const attachments = 'alter table replyd.body add column attachments jsonb;\n'

/** Replaces a webhook's URL by its hash: base64url, as from `hashOfSecret`. */
const webhookIds = `
alter table replyd.webhook rename column url to id;
update replyd.webhook set id = rtrim(translate(encode(sha256(convert_to(id, 'UTF8')), 'base64'), '+/', '-_'), '=');
`

/** Plain words: the table that the rate limiter keeps its state in, and a reason. */
const plainWords = `
alter table replyd.pace rename to rate_limit;
alter index replyd.pace_pkey rename to rate_limit_pkey;
update replyd.message set reason = 'text-removed' where reason in ('mended');
update replyd.event set reason = 'text-removed' where reason in ('mended');
update replyd.reply set hold_reason = 'text-removed' where hold_reason in ('mended');
update replyd.reply set claims = (
  select jsonb_agg(case each->>'kind' when 'mended' then each || '{"kind": "removed"}' else each end order by position)
    from jsonb_array_elements(claims) with ordinality as x(each, position)
) where claims @> '[{"kind": "mended"}]';
`

export const migrations: readonly Migration[] = [
  { version: 1, sql: first },
  { version: 2, sql: words },
  { version: 3, sql: checked },
  { version: 4, sql: typed },
  { version: 5, sql: correspondents },
  { version: 6, sql: together },
  { version: 7, sql: modelNotices },
  { version: 8, sql: access },
  { version: 9, sql: shares + reportedStops },
  { version: 10, sql: setup },
  { version: 11, sql: attachments },
  { version: 12, sql: unlearned },
  { version: 13, sql: pushDevices },
  { version: 14, sql: store },
  { version: 15, sql: snippets },
  { version: 16, sql: pagePassword },
  { version: 17, sql: typedEnvelope },
  { version: 18, sql: pushWishes },
  { version: 19, sql: webhookIds },
  { version: 20, sql: plainWords },
]
