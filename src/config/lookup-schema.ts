/** `lookups`: facts that are read from the owner's own systems while a reply is written. */
import { query } from 'jsonpath-rfc9535'
import parse from 'jsonpath-rfc9535/parser'
import * as z from 'zod'
import { defaults } from './defaults.ts'
import { duration, host, key, pattern, required, tls, url, valid, word } from './fields.ts'

const most = { lookups: 20, fields: 12, headers: 20 } as const
const second = 1000

/** RFC 9535. */
const jsonPath = () =>
  z
    .string()
    .max(200, 'must be at most 200 characters')
    .refine((text) => valid(() => query(null, text)), 'must be a JSONPath (RFC 9535) such as $.delivery.date')

/** `..` finds addresses at any depth, so the owner of a record would not be certain. */
const isAnywhere = (path: string) =>
  valid(() => query(null, path)) && parse(path).segments.some(({ type }) => type === 'DescendantSegment')

const timeout = () =>
  key(duration(100, 30 * second), 'Deadline of one lookup, everything included', defaults.lookups.timeout)

const Http = z
  .strictObject({
    url: required(
      url('https', 'http').refine(
        (text) => !/^[^/]*\/\/[^/?#]*[{}]/.test(text),
        'must not have {match} or {sender} in the host name',
      ),
      'URL that returns JSON; `{match}` becomes what was found in the mail, `{sender}` the address of its author',
    ),
    headers: key(
      z
        .record(z.string(), z.string())
        .refine((headers) => Object.keys(headers).length <= most.headers, 'must be at most 20 entries')
        .refine(
          (headers) =>
            Object.entries(headers).every(
              ([name, value]) => /^[A-Za-z][\w-]{0,60}$/.test(name) && /^[\t -~]*$/.test(value),
            ),
          'must be header fields: a name such as Authorization, and a value of plain ASCII on one line',
        ),
      'Header fields of the request',
    ),
    timeout: timeout(),
    tls: tls(),
  })
  .meta({ id: 'LookupHttp', description: 'A request over HTTP (GET)' })

const Sql = z
  .strictObject({
    url: required(url('postgres', 'postgresql'), 'PostgreSQL database, preferably with a read-only role'),
    query: required(
      z
        .string()
        .max(10_000, 'must be at most 10,000 characters')
        .refine((text) => /\$1(?!\d)/.test(text), 'must use $1, what was found in the mail')
        .refine((text) => !/\$(?:[3-9]|[12]\d)/.test(text), 'may use only $1 and $2'),
      'One SELECT; `$1` is what was found in the mail, `$2` the address of its author. It runs in a read-only transaction',
    ),
    timeout: timeout(),
  })
  .meta({ id: 'LookupSql', description: 'A query to PostgreSQL' })

const When = z
  .strictObject({
    category: key(
      z.union([word(), z.array(word()).min(1, 'must not be empty')]),
      'Categories of mail that it is for; by default all',
    ),
    match: required(
      pattern(),
      'Regular expression for the number or name to look up, ignoring case; its first group if it has one, otherwise the whole match. The subject and the text that the author wrote are searched',
    ),
    in: key(
      z.enum(['mail', 'asks']),
      "`asks`: triage's list of the mail's questions is searched instead",
      defaults.lookups.in,
    ),
  })
  .meta({ id: 'LookupWhen', description: 'When something is looked up' })

const Lookup = z
  .strictObject({
    name: required(
      z.string().regex(/^\p{L}[\p{L}\p{N} _-]{0,39}$/u, 'must be a short name such as order'),
      'What is looked up, in a plain word: `order`',
    ),
    when: required(When, 'When something is looked up'),
    http: key(Http, 'A request over HTTP (GET)'),
    sql: key(Sql, 'A query to PostgreSQL'),
    ownedBy: key(
      jsonPath().refine(
        (path) => !isAnywhere(path),
        'must say where the address is, such as $.orders[*].email, without ..',
      ),
      'JSONPath of the address that the record belongs to. Unless that is the proven author of the mail, nothing is shown to the model',
    ),
    public: key(
      z.boolean(),
      'Anybody may see the record, such as the stock of a product; instead of `ownedBy`',
      defaults.lookups.public,
    ),
    fields: required(
      z
        .record(z.string(), jsonPath())
        .refine((fields) => Object.keys(fields).length > 0, 'must not be empty')
        .refine((fields) => Object.keys(fields).length <= most.fields, 'must be at most 12 entries')
        .refine(
          (fields) => Object.keys(fields).every((field) => /^\p{L}[\p{L}\p{N} _-]{0,39}$/u.test(field)),
          'must have short names such as status',
        ),
      'What a reply may say: a name, and the JSONPath of its value. For `sql`, `$` is a row. Choose short values that your own system writes',
    ),
    links: key(
      z.array(host()),
      'Hosts that links in the values may lead to; any other link, address, telephone or account number in a value leaves the mail to a person',
    ),
    notFound: key(
      z.enum(['ask', 'person']),
      'If nothing was found that this author is allowed to see: `ask` for what is needed, or leave the mail to a person',
      defaults.lookups.notFound,
    ),
    failed: key(
      z.enum(['person', 'say']),
      'If it could not be read: leave the mail to a person, or `say` that it is being looked into',
      defaults.lookups.failed,
    ),
    cache: key(duration(0, 24 * 3600 * second), 'How long an answer is reused', defaults.lookups.cache),
  })
  .superRefine((lookup, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (!lookup.http === !lookup.sql) fault(['http'], 'set either http or sql')
    if (!lookup.public && lookup.ownedBy === undefined)
      fault(['ownedBy'], 'is missing: whose address is it? (or set public: true if anybody may know it)')
    if (lookup.public && lookup.ownedBy !== undefined)
      fault(['ownedBy'], 'is set together with public: keep one of them')
    if (lookup.public && (lookup.http?.url.includes('{sender}') || /\$2/.test(lookup.sql?.query ?? '')))
      fault(['public'], 'cannot be combined with the address of the author, which is then not proven')
  })
  .meta({ id: 'Lookup' })

export const Lookups = z.array(Lookup).max(most.lookups, 'must be at most 20 entries')
