/** Tables for people's actions on the pages (settings, logins, lessons taken back, notifications) and for lessons. */
/** Edits of settings on the page, the newest of each path being the one that applies, and the people who log in. */
export const setup = `
create table replyd.setting_edit (
  id      bigint generated always as identity primary key,
  path    text not null,
  follows bigint not null,
  old     jsonb,
  value   jsonb,
  actor   text not null,
  at      timestamptz not null,
  unique (path, follows)
);
create table replyd.person (
  id            text primary key,
  name          text not null,
  role          text not null,
  password_hash text not null,
  added_by      text not null,
  added_at      timestamptz not null
);
alter table replyd.session add column person text;
`

/** The password of the page, unless the configuration names one. One row at most. */
export const pagePassword = `
create table replyd.page_password (
  single boolean primary key default true check (single),
  hash   text not null,
  set_by text not null,
  set_at timestamptz not null
);
`

/** Saved texts that reviewers insert into replies. */
export const snippets = `
create table replyd.snippet (
  id    text primary key,
  name  text not null,
  text  text not null,
  actor text not null,
  at    timestamptz not null
);
`

/** What was learned from a person's mail and edits but must not be used. */
export const unlearned = `
create table replyd.unlearned (
  account text not null,
  lesson  text not null,
  actor   text not null,
  at      timestamptz not null,
  primary key (account, lesson)
);
`

/** Browsers that want a notification when a reply waits. */
export const pushDevices = `
create table replyd.push_device (
  id            text primary key,
  endpoint      text not null,
  keys          jsonb not null,
  actor         text not null,
  device        text not null,
  session       text,
  detailed      boolean not null default false,
  quiet_from    text,
  quiet_until   text,
  added_at      timestamptz not null,
  last_event    bigint not null,
  attempts      integer not null default 0,
  failing_since timestamptz,
  due_at        timestamptz not null
);
`

/** What a reviewer typed into To, Cc and Subject of a reply. */
export const typedEnvelope = `
alter table replyd.reply add column envelope jsonb;
`

/** What else a browser is notified about, and what it has already been notified about. */
export const pushWishes = `
alter table replyd.push_device add column waiting boolean not null default true;
alter table replyd.push_device add column trouble boolean not null default true;
alter table replyd.push_device add column digest_at text;
alter table replyd.push_device add column digest_day text;
alter table replyd.push_device add column troubled jsonb not null default '[]';
`

/** Tables for what is learned from the owner and their correspondents; part of the first version of the schema. */
export const learned = `
create table replyd.sender_rule (
  account text not null,
  pattern text not null,
  rule    text not null,
  source  text not null,
  at      timestamptz not null,
  primary key (account, pattern)
);

create table replyd.spam_example (
  message_id text primary key references replyd.message (id) on delete cascade,
  account    text not null,
  spam       boolean not null,
  source     text not null,
  tokens     jsonb not null,
  at         timestamptz not null
);
create index spam_example_by_account on replyd.spam_example (account, spam, at desc);

create table replyd.negative_answer (
  message_id text primary key references replyd.message (id) on delete cascade,
  reply_id   text not null references replyd.reply (id) on delete cascade,
  at         timestamptz not null
);

create table replyd.human_thread (
  account    text not null,
  message_id text not null,
  source     text not null references replyd.message (id) on delete cascade,
  primary key (account, message_id)
);
create index human_thread_by_source on replyd.human_thread (source);

create table replyd.style (
  account    text primary key,
  styles     jsonb not null,
  learned_at timestamptz not null
);

create table replyd.trust_grant (
  account    text not null,
  category   text not null,
  granted_at timestamptz not null,
  granted_by text not null,
  taken_back text,
  taken_back_at timestamptz,
  taken_back_by text,
  primary key (account, category)
);

`
