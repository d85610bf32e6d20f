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
