/** The people who log in to the pages under their own name, and the password of the page for those without one. */
import type { Queryable } from './queryable.ts'

/** `reader` reads, `reviewer` also decides about mail, `owner` may do everything. */
export const roles = ['reader', 'reviewer', 'owner'] as const
export type PersonRole = (typeof roles)[number]

/** Whether a person with that role may do what requires `needed`. */
export const isAllowed = (role: PersonRole, needed: PersonRole): boolean =>
  roles.indexOf(role) >= roles.indexOf(needed)

export interface Person {
  /** The name folded to letters and digits: names that look alike are one person. */
  id: string
  name: string
  role: PersonRole
  addedBy: string
  addedAt: Date
}

const columns = 'id, name, role, added_by as "addedBy", added_at as "addedAt"'

export async function listPeople(db: Queryable): Promise<Person[]> {
  const { rows } = await db.query<Person>(`select ${columns} from replyd.person order by id`)
  return rows
}

export async function hasPeople(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ some: boolean }>('select exists (select from replyd.person) as some')
  return rows[0]?.some === true
}

export async function loadPerson(
  db: Queryable,
  id: string,
): Promise<(Person & { passwordHash: string }) | null> {
  const { rows } = await db.query<Person & { passwordHash: string }>(
    `select ${columns}, password_hash as "passwordHash" from replyd.person where id = $1`,
    [id],
  )
  return rows[0] ?? null
}

/** @returns false when there is somebody of that name */
export async function addPerson(
  db: Queryable,
  { id, name, role, addedBy, addedAt, passwordHash }: Person & { passwordHash: string },
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.person (id, name, role, password_hash, added_by, added_at)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id`,
    [id, name, role, passwordHash, addedBy, addedAt],
  )
  return rows.length === 1
}

/**
 * Undefined fields stay unchanged; a new password ends the person's sessions and notifications.
 * @returns false for an unknown id
 */
export async function changePerson(
  db: Queryable,
  id: string,
  { role, passwordHash }: { role?: PersonRole; passwordHash?: string },
): Promise<boolean> {
  const { rows } = await db.query(
    `with changed as (
       update replyd.person set role = coalesce($2, role), password_hash = coalesce($3, password_hash)
        where id = $1 returning id, name
     ), ended as (
       delete from replyd.session where $3::text is not null and person in (select id from changed)
     ), silenced as (
       delete from replyd.push_device
        where $3::text is not null and session is not null and actor in (select name from changed)
     )
     select id from changed`,
    [id, role ?? null, passwordHash ?? null],
  )
  return rows.length === 1
}

/** Also ends that person's sessions and notifications. @returns false for an unknown id */
export async function removePerson(db: Queryable, id: string): Promise<boolean> {
  const { rows } = await db.query(
    `with gone as (delete from replyd.person where id = $1 returning id, name),
          ended as (delete from replyd.session where person in (select id from gone)),
          silenced as (delete from replyd.push_device where session is not null and actor in (select name from gone))
     select id from gone`,
    [id],
  )
  return rows.length === 1
}

/** Hash of the page's password, used if the configuration names none. Null: none was set on the page. */
export async function loadPagePassword(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ hash: string }>('select hash from replyd.page_password')
  return rows[0]?.hash ?? null
}

/**
 * @param follows the hash that it replaces; null for the first
 * @returns false when somebody else was faster
 */
export async function savePagePassword(
  db: Queryable,
  { hash, follows, actor, at }: { hash: string; follows: string | null; actor: string; at: Date },
): Promise<boolean> {
  const { rows } =
    follows === null
      ? await db.query(
          `insert into replyd.page_password (hash, set_by, set_at) values ($1, $2, $3)
           on conflict do nothing returning single`,
          [hash, actor, at],
        )
      : await db.query(
          'update replyd.page_password set hash = $1, set_by = $2, set_at = $3 where hash = $4 returning single',
          [hash, actor, at, follows],
        )
  return rows.length === 1
}
