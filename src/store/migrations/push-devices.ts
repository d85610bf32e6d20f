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
