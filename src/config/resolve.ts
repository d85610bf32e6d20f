/**
 * Converts the validated document to settings: defaults, overrides, units, absolute paths. The schema explains each
 * key; comments here only note differences. settings.ts takes its types from here.
 */
import { resolve } from 'node:path'
import { packagePath } from '../base/package.ts'
import type { Owner } from '../mail/account.ts'
import { languageOf } from '../mail/text/language.ts'
import { defaults } from './defaults.ts'
import { canonicalAddress, canonicalDomain, msOf, parseHours } from './fields.ts'
import { isLoopback } from './loopback.ts'
import { caFileOf, resolveModels } from './models.ts'
import { hashPassword } from './password.ts'
import { type Document, webhookEvents } from './schema.ts'

type AccountInput = Document['accounts'][number]
type RepliesInput = NonNullable<Document['replies']>
type SpamInput = NonNullable<Document['spam']>
type ServerInput = AccountInput['smtp']
type OAuth2Input = NonNullable<ServerInput['oauth2']>

/**
 * @param directory base of relative paths: the folder of the file, or the working directory
 * @param timeZone of the machine
 */
export function resolveDocument(document: Document, directory: string, timeZone: string) {
  const { model, budget, state } = document
  const path = (text: string) => resolve(directory, text)
  return {
    accounts: document.accounts.map((account) => resolveAccount(account, document, path)),
    model: resolveModels(model, path),
    budget: { ...defaults.budget, timeZone, ...withoutUndefined(budget ?? {}) },
    digest: resolveDigest(document.digest),
    web: resolveWeb(document.web),
    webhooks: (document.webhooks ?? []).map((hook) => ({
      ...hook,
      events: [...(hook.events ?? webhookEvents)],
    })),
    state: {
      directory: path(state?.directory ?? defaults.state.directory),
      databaseUrl: state?.databaseUrl ?? null,
      redisUrl: state?.redisUrl ?? null,
      key: state?.key ?? null,
      /** Null: nothing is removed. */
      keepMs: state?.keep === undefined ? null : msOf(state.keep),
    },
    log: { level: document.log?.level ?? defaults.log.level, traces: document.log?.traces ?? null },
  }
}

const packagePrompts = packagePath('prompts')

function resolveAccount(account: AccountInput, top: Document, path: (text: string) => string) {
  const imap = resolveServer(account.imap, account, account.imap, 993, 143, path)
  const knowledge = account.knowledge ?? top.knowledge
  const prompts = account.prompts ?? top.prompts
  const address = canonicalAddress(account.address) ?? account.address
  const replies = resolveReplies({ ...top.replies, ...account.replies })
  const aliases = (account.aliases ?? []).map((alias) => canonicalAddress(alias) ?? alias)
  const owner: Owner = {
    address,
    aliases: [...new Set(aliases)].filter((alias) => alias !== address),
    displayName: account.name ?? null,
    authservIds: account.authservIds ?? [],
    ownLists: (account.ownLists ?? []).map((id) => id.toLowerCase()),
    draftDespite: replies.mode === 'send' ? [] : replies.draftDespite,
  }
  return {
    /** The address is the account's name in the store and the API. */
    owner,
    imap: { ...imap, pollMs: msOf(account.imap.poll ?? defaults.poll) },
    smtp: resolveServer(account.smtp, account, account.imap, 465, 587, path),
    mailbox: account.mailbox ?? defaults.mailbox,
    mailboxes: {
      drafts: account.mailboxes?.drafts ?? null,
      sent: account.mailboxes?.sent ?? null,
      junk: account.mailboxes?.junk ?? null,
    },
    /** A number is an age in milliseconds. */
    since: resolveSince(account.since ?? defaults.since),
    /** Null: decided by the provider, or by checking. */
    sentCopy: account.sentCopy ?? null,
    replies,
    spam: resolveSpam({ ...top.spam, ...account.spam }),
    categories: (account.categories ?? top.categories ?? []).map(resolveCategory),
    arcSealers: (account.arcSealers ?? []).map((domain) => canonicalDomain(domain) ?? domain.toLowerCase()),
    instructions: account.instructions ?? top.instructions ?? '',
    knowledge: knowledge?.folder === undefined ? null : path(knowledge.folder),
    /** Web pages as knowledge; null: none. */
    site: resolveSite(knowledge),
    lookups: (account.lookups ?? top.lookups ?? []).map((each) => resolveLookup(each, path)),
    answers: (account.answers ?? top.answers ?? []).map(resolveAnswer),
    attachments: {
      ...defaults.attachments,
      ...withoutUndefined(top.attachments ?? {}),
      ...withoutUndefined(account.attachments ?? {}),
    },
    prompts: prompts === undefined ? packagePrompts : path(prompts),
    budgetPerDay: account.budget?.perDay ?? null,
  }
}

/** @param login whose user and password are the defaults */
function resolveServer(
  server: ServerInput,
  account: AccountInput,
  login: ServerInput,
  tlsPort: number,
  startTlsPort: number,
  path: (text: string) => string,
) {
  const secure = server.secure ?? ![143, 587, 25].includes(server.port ?? tlsPort)
  // A server with its own password does not inherit the other's OAuth2, and vice versa.
  const hasOwnLogin =
    server.user !== undefined || server.password !== undefined || server.oauth2 !== undefined
  const credentials = server.password !== undefined || server.oauth2 !== undefined ? server : login
  return {
    host: server.host.replace(/^\[|\]$/g, ''),
    port: server.port ?? (secure ? tlsPort : startTlsPort),
    secure,
    user: server.user ?? login.user ?? account.address,
    password: credentials.password ?? '',
    /** Used instead of the password. */
    oauth2: credentials.oauth2 ? resolveOAuth2(credentials.oauth2) : null,
    ...caFileOf(server.tls ?? account.tls, path),
    allowPlaintext: server.allowPlaintext ?? account.allowPlaintext ?? false,
    /** A relay on loopback without its own login; it may not offer one. */
    ...(!hasOwnLogin && isLoopback(server.host) ? { loginOptional: true } : {}),
  }
}

const providers = {
  google: {
    tokenUrl: 'https://oauth2.googleapis.com/token',
    // Google's device flow does not grant the mail scope.
    deviceUrl: null,
    authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    scopes: ['https://mail.google.com/'],
  },
  microsoft: {
    tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    deviceUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/devicecode',
    authorizeUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    scopes: [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'https://outlook.office.com/SMTP.Send',
      'offline_access',
    ],
  },
  custom: { tokenUrl: '', deviceUrl: null, authorizeUrl: null, scopes: [] },
} as const

function resolveOAuth2(input: OAuth2Input) {
  const known = providers[input.provider]
  return {
    provider: input.provider,
    clientId: input.clientId,
    clientSecret: input.clientSecret ?? null,
    tokenUrl: input.tokenUrl ?? known.tokenUrl,
    deviceUrl: input.deviceUrl ?? known.deviceUrl,
    authorizeUrl: input.authorizeUrl ?? known.authorizeUrl,
    scopes: [...(input.scopes ?? known.scopes)],
  }
}

function resolveReplies(input: RepliesInput) {
  const { interval, undo, disclosure, humanLine, businessHours, signature, ...rest } = {
    ...defaults.replies,
    ...withoutUndefined(input),
  }
  return {
    ...rest,
    ...resolveSignature(signature),
    intervalMs: msOf(interval),
    undoMs: msOf(undo),
    /** Null: always. */
    businessHours: businessHours === undefined ? null : parseHours(businessHours),
    /** Null: replyd's own line, in the language of the reply. Empty: none. */
    disclosure: disclosure ?? null,
    humanLine: humanLine ?? null,
  }
}

/** By language only: `pt-BR` also applies to `pt`. */
function resolveSignature(signature: string | Readonly<Record<string, string>>): {
  signature: string
  signatures: Record<string, string>
} {
  if (typeof signature === 'string') return { signature, signatures: {} }
  const byLanguage = Object.entries(signature).filter(([tag]) => tag !== 'default')
  const signatures = Object.fromEntries(
    byLanguage.map(([tag, text]) => [tag.toLowerCase().split('-')[0] ?? tag, text]),
  )
  return { signature: signature.default ?? byLanguage[0]?.[1] ?? '', signatures }
}

function resolveSpam(input: SpamInput) {
  const entry = (text: string) => {
    if (!text.includes('@')) return canonicalDomain(text) ?? text
    return text.startsWith('@') ? (canonicalDomain(text.slice(1)) ?? text) : (canonicalAddress(text) ?? text)
  }
  return {
    action: input.action ?? defaults.spam.action,
    threshold: input.threshold ?? defaults.spam.threshold,
    allow: (input.allow ?? []).map(entry),
    deny: (input.deny ?? []).map(entry),
  }
}

/** @param path makes a path absolute */
function resolveLookup(input: NonNullable<Document['lookups']>[number], path: (text: string) => string) {
  const { name, when, http, sql, ownedBy, fields, links } = input
  const categories = when.category === undefined ? [] : [when.category].flat()
  const timeoutMs = msOf((http ?? sql)?.timeout ?? defaults.lookups.timeout)
  return {
    name,
    when: { categories, match: when.match, in: when.in ?? defaults.lookups.in },
    http: http ? { url: http.url, headers: http.headers ?? {}, ...caFileOf(http.tls, path) } : null,
    sql: sql ? { url: sql.url, query: sql.query } : null,
    timeoutMs,
    /** Null: anybody may know it. */
    ownedBy: ownedBy ?? null,
    fields: Object.entries(fields).map(([field, path]) => ({ field, path })),
    links: (links ?? []).map((each) => each.toLowerCase()),
    notFound: input.notFound ?? defaults.lookups.notFound,
    failed: input.failed ?? defaults.lookups.failed,
    cacheMs: msOf(input.cache ?? defaults.lookups.cache),
  }
}

function resolveAnswer({ name, language, ...answer }: NonNullable<Document['answers']>[number], at: number) {
  return {
    name: name ?? `number ${at + 1}`,
    ...answer,
    language: language ?? languageOf(answer.text).language,
  }
}

function resolveSite(knowledge: Document['knowledge']) {
  if (!knowledge?.urls) return null
  const { urls, maxPages, every, stale } = { ...defaults.site, ...withoutUndefined(knowledge) }
  return { urls: [...(urls ?? [])], maxPages, everyMs: msOf(every), staleMs: msOf(stale) }
}

function resolveCategory({ name, description, mode }: NonNullable<Document['categories']>[number]) {
  return { name, description, mode: mode ?? null }
}

function resolveDigest(digest: Document['digest']) {
  if (!digest) return null
  const [hours = 0, minutes = 0] = digest.at.split(':').map(Number)
  const to = digest.to === undefined ? null : (canonicalAddress(digest.to) ?? digest.to)
  return {
    /** Minutes after midnight in budget.timeZone. */
    atMinute: hours * 60 + minutes,
    to,
  }
}

function resolveWeb(web: Document['web']) {
  // The same hash at each start, so that sessions outlast a restart. It is never written anywhere.
  const hash = web?.password === undefined ? null : hashPassword(web.password, Buffer.from('web.password'))
  return {
    host: (web?.host ?? defaults.web.host).replace(/^\[|\]$/g, ''),
    port: web?.port ?? defaults.web.port,
    passwordHash: web?.passwordHash ?? hash,
    token: web?.token ?? null,
    totpSecret: web?.totpSecret ?? null,
    trustedProxies: web?.trustedProxies ?? [],
  }
}

function resolveSince(text: string): 'now' | 'all' | number {
  return text === 'now' || text === 'all' ? text : msOf(text)
}

function withoutUndefined<T extends object>(group: T): T {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined)) as T
}
