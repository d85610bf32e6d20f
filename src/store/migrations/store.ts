/** What is known about the store itself: one row. */
export const store = `
create table replyd.store (
  one boolean primary key default true check (one),
  id  text not null
);
`
