/** Statements that PostgreSQL parses and plans once for each connection, instead of each time. */
import type { QueryResult } from './pglite.ts'
import type { Queryable } from './queryable.ts'

/** By text. The store's statements are constants, so that they are few. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `replyd_${names.size}`
  names.set(text, name)
  return name
}

interface NamedQuery {
  name: string
  text: string
  values: readonly unknown[]
}

/** @param session of pg. What has no parameters may be several statements in one text, which have no name together. */
export function named(session: Queryable): Queryable {
  const queryNamed = session.query.bind(session) as unknown as <Row>(
    query: NamedQuery,
  ) => Promise<QueryResult<Row>>
  return {
    query: <Row>(text: string, values: readonly unknown[] = []) =>
      values.length === 0 ? session.query<Row>(text) : queryNamed<Row>({ name: nameOf(text), text, values }),
  }
}
