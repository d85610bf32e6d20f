/** The schema of version 1. Frozen: later versions change it by migrations. */
import { learned } from './pages.ts'

export const first = `
create table replyd.message (
  id            text primary key,
  account       text not null,
  mailbox       text not null,
  uid_validity  text not null,
  uid           bigint not null,
  message_id    text,
  email_id      text,
  thread_id     text,
  size          bigint not null,
  internal_date timestamptz not null,
  flags         jsonb not null,
  from_address  text,
  from_name     text,
  subject       text,
  ingested_at   timestamptz not null,
  step          text not null,
  disposition   text not null,
  reason        text not null,
  codes         jsonb not null default '[]',
  detail        text,
  instruction   text,
  ceiling       text,
  verdict       jsonb,
  attempts      integer not null default 0,
  first_error_at timestamptz,
  last_error    text,
  due_at        timestamptz not null,
  updated_at    timestamptz not null,
  junk_mailbox  text,
  junk_uid_validity text,
  junk_uid      bigint,
  header_hash   text,
  unique (account, mailbox, uid_validity, uid)
);
create index message_by_message_id on replyd.message (account, message_id);
create index message_by_header on replyd.message (account, header_hash) where message_id is null;
create index message_by_thread on replyd.message (account, thread_id) where thread_id is not null;
create index message_unfinished on replyd.message (due_at) where step not in ('wait', 'done');
create index message_open on replyd.message (id) where step = 'wait' or disposition in ('approved', 'drafted');
create index message_by_age on replyd.message (id desc);
create index message_by_disposition on replyd.message (disposition, id desc);
create index message_by_sender on replyd.message (account, from_address, id desc);

create table replyd.body (
  id          text primary key references replyd.message (id) on delete cascade,
  header      bytea not null,
  structure   jsonb not null,
  text        text not null,
  html        text,
  hidden_text boolean not null,
  faults      jsonb not null
);

create table replyd.event (
  id          bigint generated always as identity primary key,
  message_id  text not null references replyd.message (id) on delete cascade,
  at          timestamptz not null,
  step        text not null,
  disposition text not null,
  reason      text not null,
  detail      text,
  actor       text not null,
  duration_ms double precision
);
create index event_by_message on replyd.event (message_id, id);

create table replyd.reply (
  id            text primary key references replyd.message (id) on delete cascade,
  account       text not null,
  state         text not null,
  kind          text not null,
  reply_message_id text not null,
  octets        bytea not null,
  reverse_path  text not null,
  addressee     text not null,
  addressees    jsonb not null,
  subject       text not null,
  text          text not null,
  draft_text    text not null,
  text_hash     text not null,
  language      text,
  confidence    double precision not null,
  composed      jsonb not null,
  claims        jsonb not null,
  sources       jsonb not null,
  hold_reason   text not null,
  actor         text,
  attempt_group integer not null default 0,
  created_at    timestamptz not null,
  send_after    timestamptz,
  claimed_at    timestamptz,
  finished_at   timestamptz,
  reply_text    text,
  saved_mailbox text,
  saved_uid_validity text,
  saved_uid     bigint,
  saved_size    bigint
);
create index reply_by_message_id on replyd.reply (account, reply_message_id);
create index reply_by_addressee on replyd.reply (account, addressee, claimed_at);
create index reply_by_state on replyd.reply (state, id);
create index reply_claimed on replyd.reply (account, claimed_at) where kind = 'send';

create table replyd.reply_change (
  id         bigint generated always as identity primary key,
  reply_id   text not null references replyd.reply (id) on delete cascade,
  at         timestamptz not null,
  actor      text not null,
  from_state text not null,
  to_state   text not null,
  diff       text
);
create index reply_change_by_reply on replyd.reply_change (reply_id, id);

create table replyd.model_call (
  id          text primary key,
  message_id  text references replyd.message (id) on delete set null,
  account     text not null,
  step        text not null,
  day         text not null,
  at          timestamptz not null,
  model       text not null,
  answered_by text,
  prompt_hash text not null,
  knowledge_hash text,
  input_tokens integer not null default 0,
  cached_tokens integer not null default 0,
  output_tokens integer not null default 0,
  cost        double precision not null,
  settled     boolean not null,
  duration_ms double precision
);
create index model_call_by_day on replyd.model_call (day, account);
create index model_call_by_message on replyd.model_call (message_id);
create index model_call_open on replyd.model_call (at) where not settled;

create table replyd.spending (
  day        text not null,
  account    text not null,
  cost       double precision not null default 0,
  reserved   double precision not null default 0,
  reached_at timestamptz,
  primary key (day, account)
);

create table replyd.pace (
  name  text primary key,
  state jsonb not null
);

create table replyd.cursor (
  account      text not null,
  mailbox      text not null,
  uid_validity text not null,
  last_uid     bigint not null,
  baseline_uid bigint not null,
  baseline_at  timestamptz not null,
  renumbered_uid bigint not null,
  updated_at   timestamptz not null,
  primary key (account, mailbox)
);

create table replyd.lease (
  name       text primary key,
  holder     text not null,
  fence      bigint not null,
  expires_at timestamptz not null
);

create table replyd.account_state (
  account     text primary key,
  paused      boolean not null default false,
  paused_by   text,
  paused_at   timestamptz,
  stopped     text,
  sent_copy   boolean,
  updated_at  timestamptz not null
);

${learned}create table replyd.digest (
  account text not null,
  day     text not null,
  at      timestamptz not null,
  primary key (account, day)
);

create table replyd.webhook (
  url           text primary key,
  last_event    bigint not null,
  budget_day    text not null,
  attempts      integer not null default 0,
  failing_since timestamptz,
  due_at        timestamptz not null,
  last_error    text
);

create table replyd.restore (
  at        timestamptz primary key,
  backup_at timestamptz not null
);
`
