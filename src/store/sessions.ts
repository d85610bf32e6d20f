/** Who is logged in to the pages, and from which devices. Only a hash of the cookie's secret is stored. */
import type { PersonRole } from './people.ts'
import type { Queryable } from './queryable.ts'

export interface SessionRow {
  /** Hash of the cookie's secret. */
  id: string
  actor: string
  /** Id of the person; null: logged in with the password of the page. */
  person: string | null
  /** `Firefox on Linux`. */
  device: string
  /** Address that it was last used from. */
  address: string
  begunAt: Date
  seenAt: Date
}

const columns = 'session.id, actor, person, device, address, begun_at as "begunAt", seen_at as "seenAt"'

/** A session's maximum idle time and total time. Milliseconds. */
interface SessionLimits {
  idleMs: number
  longestMs: number
}

/** Also removes expired sessions. @param mark of the login password: a new password ends every session */
export async function beginSession(
  db: Queryable,
  session: Omit<SessionRow, 'seenAt'> & { mark: string },
  limits: SessionLimits,
): Promise<void> {
  const { id, actor, person, device, address, begunAt, mark } = session
  await db.query('delete from replyd.session where seen_at <= $1 or begun_at <= $2 or mark <> $3', [
    ...oldest(limits, begunAt),
    mark,
  ])
  await db.query(
    `insert into replyd.session (id, actor, device, address, begun_at, seen_at, mark, person)
     values ($1, $2, $3, $4, $5, $5, $6, $7)`,
    [id, actor, device, address, begunAt, mark, person],
  )
}

const oldest = ({ idleMs, longestMs }: SessionLimits, now: Date): [seen: Date, begun: Date] => [
  new Date(now.getTime() - idleMs),
  new Date(now.getTime() - longestMs),
]

/** The session while it lasts, with the current role of its person; otherwise null. */
export async function loadSession(
  db: Queryable,
  key: { id: string; mark: string },
  limits: SessionLimits,
  now: Date,
): Promise<(SessionRow & { role: PersonRole }) | null> {
  const { rows } = await db.query<SessionRow & { role: PersonRole }>(
    `select ${columns}, coalesce(known.role, 'owner') as role
       from replyd.session left join replyd.person known on known.id = session.person
      where session.id = $1 and mark = $2 and seen_at > $3 and begun_at > $4
        and (person is null or known.id is not null)`,
    [key.id, key.mark, ...oldest(limits, now)],
  )
  return rows[0] ?? null
}

/** The session was used. */
export async function touchSession(db: Queryable, id: string, address: string, now: Date): Promise<void> {
  await db.query('update replyd.session set seen_at = $2, address = $3 where id = $1', [id, now, address])
}

/** All valid sessions, the most recently used first. */
export async function listSessions(
  db: Queryable,
  mark: string,
  limits: SessionLimits,
  now: Date,
): Promise<SessionRow[]> {
  const { rows } = await db.query<SessionRow>(
    `select ${columns} from replyd.session where mark = $1 and seen_at > $2 and begun_at > $3
      order by seen_at desc, session.id`,
    [mark, ...oldest(limits, now)],
  )
  return rows
}

/** @param id null for all of them */
export async function endSessions(db: Queryable, id: string | null): Promise<void> {
  await db.query('delete from replyd.session where $1::text is null or id = $1', [id])
}

/**
 * Invalidates the code of one time step (RFC 6238 section 5.2).
 * @returns false when it was used before
 */
export async function takeCode(db: Queryable, step: number): Promise<boolean> {
  const { rows } = await db.query(
    'insert into replyd.used_code (step) values ($1) on conflict do nothing returning step',
    [step],
  )
  await db.query('delete from replyd.used_code where step < $1', [step - 100])
  return rows.length === 1
}
