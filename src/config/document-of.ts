/**
 * Converts settings back to a document with every default written out: `replyd config` prints it, and a reload names
 * the keys in which two configurations differ. resolve.ts turns it back into the same settings.
 */
import { isDeepStrictEqual } from 'node:util'
import { packagePath } from '../base/package.ts'
import { dayNames, formatDuration } from './fields.ts'
import { isLoopback } from './loopback.ts'
import type { Document } from './schema.ts'
import type { AccountSettings, Config, LookupSettings, ModelSettings, Server } from './settings.ts'

/** Each account has all of its keys, so the top level has none that accounts override. Paths are absolute. */
export function documentOf(config: Config): Document {
  const { accounts, budget, digest, web, webhooks, state, log } = config
  return plain({
    accounts: accounts.map(accountOf),
    model: modelOf(config.model),
    budget: { ...budget },
    digest: digest ? { at: clockOf(digest.atMinute), to: digest.to } : null,
    web,
    webhooks,
    state: {
      directory: state.directory,
      databaseUrl: state.databaseUrl,
      redisUrl: state.redisUrl,
      key: state.key,
      keep: durationOf(state.keepMs),
    },
    log,
  }) as Document
}

/** Null means "not set": such keys are left out, and so are values that exist only in memory. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) => (each === null ? undefined : each))

const durationOf = (ms: number | null) => (ms === null ? null : formatDuration(ms))
const tlsOf = ({ caFile }: { caFile?: string | undefined }) =>
  caFile === undefined ? {} : { tls: { ca: caFile } }

function accountOf(account: AccountSettings) {
  const { owner, imap, smtp, mailbox, mailboxes, since, sentCopy, arcSealers } = account
  const { spam, categories, instructions, lookups, answers, attachments, prompts, budgetPerDay } = account
  return {
    address: owner.address,
    name: owner.displayName,
    aliases: owner.aliases,
    imap: { ...serverOf(imap), ...loginOf(imap), poll: formatDuration(imap.pollMs) },
    smtp: { ...serverOf(smtp), ...(inherits(smtp, imap) ? {} : loginOf(smtp)) },
    mailbox,
    mailboxes,
    since: typeof since === 'number' ? formatDuration(since) : since,
    sentCopy,
    authservIds: owner.authservIds,
    arcSealers,
    ownLists: owner.ownLists,
    replies: repliesOf(account),
    spam,
    categories,
    instructions,
    knowledge: knowledgeOf(account),
    lookups: lookups.map(lookupOf),
    answers,
    attachments,
    prompts: prompts === packagePath('prompts') ? null : prompts,
    budget: budgetPerDay === null ? null : { perDay: budgetPerDay },
  }
}

const serverOf = (server: Server) => ({
  host: server.host,
  port: server.port,
  secure: server.secure,
  ...tlsOf(server),
  allowPlaintext: server.allowPlaintext,
})

const loginOf = ({ user, password, oauth2 }: Server) => ({
  user,
  password: password === '' ? null : password,
  oauth2,
})

/** A login that is written out would become the server's own, which matters on loopback. */
function inherits(smtp: Server, imap: Server): boolean {
  if (smtp.loginOptional) return true
  return !isLoopback(smtp.host) && isDeepStrictEqual(loginOf(smtp), loginOf(imap))
}

function repliesOf({ replies }: AccountSettings) {
  const { intervalMs, undoMs, businessHours, signature, signatures, ...rest } = replies
  return {
    ...rest,
    signature: Object.keys(signatures).length === 0 ? signature : { ...signatures, default: signature },
    interval: formatDuration(intervalMs),
    undo: formatDuration(undoMs),
    businessHours: businessHours?.map(windowOf).join(', '),
  }
}

/** `mon-fri 09:00-17:00` */
function windowOf({
  days,
  from,
  to,
}: NonNullable<AccountSettings['replies']['businessHours']>[number]): string {
  const [first, last] = [days.at(0), days.at(-1)].map((day) => dayNames[day ?? 0])
  return `${first === last ? first : `${first}-${last}`} ${clockOf(from)}-${clockOf(to)}`
}

function clockOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function knowledgeOf({ knowledge: folder, site }: AccountSettings) {
  if (folder === null && site === null) return null
  const { urls, maxPages, everyMs, staleMs } = site ?? {}
  const times = site && { every: durationOf(everyMs ?? null), stale: durationOf(staleMs ?? null) }
  return { folder, urls, maxPages, ...times }
}

function lookupOf({ name, when, http, sql, ownedBy, fields, ...rest }: LookupSettings) {
  const { timeoutMs, cacheMs, links, notFound, failed } = rest
  const timeout = formatDuration(timeoutMs)
  return {
    name,
    when: {
      category: when.categories.length === 0 ? null : when.categories,
      match: when.match,
      in: when.in,
    },
    http: http && { url: http.url, headers: http.headers, timeout, ...tlsOf(http) },
    sql: sql && { ...sql, timeout },
    ownedBy,
    public: ownedBy === null,
    fields: Object.fromEntries(fields.map(({ field, path }) => [field, path])),
    links,
    notFound,
    failed,
    cache: formatDuration(cacheMs),
  }
}

function modelOf({ successor, tasks, fallback, ...first }: Config['model']) {
  const own = oneModelOf(first)
  const others = Object.entries({ ...tasks, fallback }).map(([task, model]) => {
    const one = model && oneModelOf(model)
    return [task, task !== 'fallback' && isDeepStrictEqual(one, own) ? null : one]
  })
  return { ...own, successor: successor ?? 'none', ...Object.fromEntries(others) }
}

const oneModelOf = (model: ModelSettings) => ({
  name: model.name,
  baseUrl: model.baseUrl,
  apiKey: model.apiKey === '' ? null : model.apiKey,
  timeout: formatDuration(model.timeoutMs),
  concurrency: model.concurrency,
  price: model.price,
  json: model.json,
  contextTokens: model.contextTokens,
  ...tlsOf(model),
})
