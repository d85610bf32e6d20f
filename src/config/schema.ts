/** The schema of replyd.yaml. The descriptions explain the keys: editors and docs/configuration.md show them. */
import * as z from 'zod'
import { Answers } from './answer-schema.ts'
import { defaults } from './defaults.ts'
import {
  address,
  dollars,
  duration,
  fraction,
  host,
  key,
  network,
  port,
  required,
  since,
  timeZone,
  tls,
  url,
  word,
} from './fields.ts'
import { Lookups } from './lookup-schema.ts'
import { passwordHashPattern } from './password.ts'
import { Categories, Instructions, Replies, Spam } from './policy-schema.ts'
import { Imap, Smtp } from './server-schema.ts'
import { totpSecretPattern } from './totp.ts'

/** Names of the webhook events. */
export const webhookEvents = [
  ...(['reply.held', 'reply.drafted', 'reply.sent', 'mail.junked'] as const),
  ...(['teach.missing', 'account.stopped', 'budget.reached'] as const),
] as const

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute

const Site = z
  .strictObject({
    folder: key(
      word(),
      'Folder of documents: Markdown, text, PDF, DOCX, HTML, CSV, TSV, EML; the name alone stands for a group with only that key',
    ),
    urls: key(
      z.array(url('https', 'http')).min(1, 'must not be empty').max(20, 'must be at most 20 entries'),
      'Your web pages: each address with the pages below it, from sitemaps and links; robots.txt is obeyed',
    ),
    maxPages: key(
      z.int().min(1, 'must be at least 1').max(2000, 'must be at most 2000'),
      'Maximum number of pages',
      defaults.site.maxPages,
    ),
    every: key(duration(15 * minute, 30 * day), 'How often they are read', defaults.site.every),
    stale: key(
      duration(minute, 366 * day),
      'A page that could not be read for this long is no longer a source',
      defaults.site.stale,
    ),
  })
  .meta({ id: 'Knowledge', description: 'A folder of documents, and web pages' })

/** A folder name alone is short for a group with only that key. */
const Knowledge = z.preprocess((value) => (typeof value === 'string' ? { folder: value } : value), Site)

const Attachments = z
  .strictObject({
    pdf: key(z.boolean(), 'The text of PDF files', defaults.attachments.pdf),
    office: key(z.boolean(), 'The text of DOCX files', defaults.attachments.office),
    images: key(
      z.boolean(),
      'PNG, JPEG, GIF and WebP pictures, scaled down, for a model that accepts images; they cost tokens',
      defaults.attachments.images,
    ),
  })
  .meta({ id: 'Attachments', description: 'Attachments that the model may read' })

const Account = z
  .strictObject({
    address: required(address(), 'The address replyd answers for; it also names the account'),
    name: key(word(), 'Display name in From'),
    aliases: key(z.array(address()), 'Other addresses that reach this mailbox'),
    imap: Imap,
    smtp: Smtp,
    mailbox: key(word(), 'The mailbox that is watched', defaults.mailbox),
    mailboxes: key(
      z.strictObject({
        drafts: key(word(), 'Drafts mailbox'),
        sent: key(word(), 'Sent mailbox'),
        junk: key(word(), 'Junk mailbox'),
      }),
      'Mailbox names, if the server does not mark them (RFC 6154)',
    ),
    since: key(
      since(),
      'Existing mail: `now` ignores it, `all` handles it, `7d` handles mail newer than that',
      defaults.since,
    ),
    sentCopy: key(
      z.boolean(),
      'Store a copy of sent replies in Sent; by default decided by the provider, or by checking',
    ),
    tls: tls(),
    allowPlaintext: key(
      z.boolean(),
      'Allow IMAP and SMTP without TLS beyond this machine. Your password and mail then travel in the clear',
      false,
    ),
    authservIds: key(
      z.array(z.string()),
      'Names under which your own mail server writes Authentication-Results (RFC 8601); results under other names are ignored. Microsoft 365: the empty text',
    ),
    arcSealers: key(
      z.array(word()),
      'Domains of forwarders and lists whose statement about an author you trust (ARC seals, RFC 8617), for automatic sending',
    ),
    ownLists: key(z.array(word()), 'List-Ids of your own groups'),
    replies: key(Replies, 'Overrides keys of the top-level `replies`'),
    spam: key(Spam, 'Overrides keys of the top-level `spam`'),
    categories: key(Categories, 'Replaces the top-level `categories`'),
    instructions: key(Instructions, 'Replaces the top-level `instructions`'),
    knowledge: key(Knowledge, 'Replaces the top-level `knowledge`'),
    lookups: key(Lookups, 'Replaces the top-level `lookups`'),
    answers: key(Answers, 'Replaces the top-level `answers`'),
    attachments: key(Attachments, 'Overrides keys of the top-level `attachments`'),
    prompts: key(word(), 'Replaces the top-level `prompts`'),
    budget: key(
      z.strictObject({ perDay: key(dollars(), 'US dollars per day') }),
      "This account's share of the budget",
    ),
  })
  .meta({ id: 'Account', description: 'One mailbox' })

/** Keys of one model. @param preset documented defaults, which apply only to the first model */
const modelKeys = (preset: { name?: string; baseUrl?: string; timeout?: string; concurrency?: number }) => ({
  name: key(word(), 'Model name as the endpoint knows it', preset.name),
  baseUrl: key(url('https', 'http'), 'Any endpoint that speaks the OpenAI wire format', preset.baseUrl),
  apiKey: key(
    z.string().min(1, 'must not be empty'),
    'Key; by default the variable OPENAI_API_KEY. Not needed for most local servers',
  ),
  timeout: key(
    duration(second, 10 * minute),
    `Deadline of one request, everything included; ${defaults.ownModel.timeout} for a model on this machine or a private network`,
    preset.timeout,
  ),
  concurrency: key(
    z.int().min(1, 'must be at least 1').max(1000, 'must be at most 1000'),
    `Maximum concurrent calls; ${defaults.ownModel.concurrency} for a model on this machine or a private network`,
    preset.concurrency,
  ),
  price: key(
    z.strictObject({
      input: required(dollars(), 'Input'),
      cachedInput: key(dollars(), 'Input that the provider had cached; by default the same as `input`'),
      output: required(dollars(), 'Output'),
    }),
    'US dollars per million tokens, for a model that is not in the built-in table; free for a model on this machine or a private network',
  ),
  json: key(
    z.enum(['object', 'schema']),
    '`object`: JSON mode first. `schema`: a JSON Schema first. By default JSON mode, and a schema for models that are only self-hosted',
  ),
  contextTokens: key(
    z.int().min(256, 'must be at least 256').max(10_000_000, 'is too large'),
    'Context length in tokens, for a model that is not in the built-in table and whose endpoint does not state it',
  ),
  tls: tls(),
})

const OtherModel = z.strictObject(modelKeys({})).meta({
  id: 'OtherModel',
  description:
    'Another model, at the same endpoint or a separate one. At the same endpoint, omitted keys are taken from `model`',
})

/** A name alone is short for a group with only that name. */
const anotherModel = (purpose: string) =>
  key(
    z.preprocess((value) => (typeof value === 'string' ? { name: value } : value), OtherModel),
    `${purpose}: its name, or a group of keys`,
  )

const Model = z
  .strictObject({
    ...modelKeys(defaults.model),
    successor: key(
      word(),
      'Model that takes over automatically when OpenAI retires the one in use, if it is not more expensive; `none` to disable',
      defaults.model.successor,
    ),
    triage: anotherModel('Model for triage'),
    compose: anotherModel('Model that writes replies'),
    check: anotherModel('Model that checks replies before they go out'),
    fallback: anotherModel('Model that answers after another has been down for more than a minute'),
  })
  .meta({ id: 'Model', description: 'The language model' })

const Budget = z
  .strictObject({
    perDay: key(
      dollars(),
      'US dollars per day for all accounts together; once they are spent, mail waits until midnight',
      defaults.budget.perDay,
    ),
    perSender: key(
      fraction(),
      'Fraction of the budget that the mail of one sender may use in a day; 1 for no limit',
      defaults.budget.perSender,
    ),
    perDomain: key(
      fraction(),
      'The same for all senders of one domain that you have not written to; five times as much for the domains of large mailbox providers',
      defaults.budget.perDomain,
    ),
    reserve: key(
      fraction(),
      'Fraction of the budget that is kept for people you have written to; 0 for none',
      defaults.budget.reserve,
    ),
    timeZone: key(timeZone(), "Time zone of that midnight; by default the machine's"),
  })
  .meta({ id: 'Budget', description: 'Spending limit' })

const Digest = z
  .strictObject({
    at: required(
      z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 07:00'),
      "Time of day in the budget's time zone",
    ),
    to: key(address(), "Recipient; by default each account's own address"),
  })
  .meta({
    id: 'Digest',
    description: 'A daily mail to you: what arrived, what was answered, what is waiting, what it cost',
  })

const Web = z
  .strictObject({
    host: key(host(), 'Address to listen on; an address beyond loopback needs a password', defaults.web.host),
    port: key(port(0), 'Port; 0 picks a free one', defaults.web.port),
    password: key(
      z.string().min(8, 'must have at least 8 characters'),
      `Login password, best written as a variable: \${NAME}`,
    ),
    passwordHash: key(
      z.string().regex(passwordHashPattern, 'must be a hash such as `replyd password` prints (scrypt$…)'),
      'Instead of `password`: its hash as printed by `replyd password`',
    ),
    token: key(
      z.string().min(20, 'must have at least 20 characters'),
      'Bearer token of the API; by default created at the first start and written to the state directory',
    ),
    totpSecret: key(
      z
        .string()
        .regex(
          totpSecretPattern,
          'must be at least 26 letters and digits of base32, as `replyd totp` prints them',
        ),
      'Second factor of the login: secret of an authenticator app (RFC 6238), created by `replyd totp`',
    ),
    trustedProxies: key(
      z.array(network()),
      'Addresses or networks of your reverse proxies: wrong passwords are counted by the address that they name in X-Forwarded-For',
    ),
  })
  .meta({ id: 'Web', description: 'Review pages, API, metrics and health' })

const Webhook = z
  .strictObject({
    url: required(url('https', 'http'), 'Where events are sent by POST, as JSON'),
    secret: required(
      z.string().min(16, 'must have at least 16 characters'),
      'Signing key for the events (Standard Webhooks), at least 16 characters: `whsec_` and base64, or plain text',
    ),
    events: key(z.array(z.enum(webhookEvents)).min(1, 'must not be empty'), 'Which events; all by default'),
  })
  .meta({ id: 'Webhook' })

const State = z
  .strictObject({
    directory: key(
      word(),
      'Holds the embedded database, the lock and the API token',
      defaults.state.directory,
    ),
    databaseUrl: key(
      url('postgres', 'postgresql'),
      'PostgreSQL instead of the embedded database; by default the variable DATABASE_URL',
    ),
    redisUrl: key(url('redis', 'rediss'), 'Redis as the queue; by default the variable REDIS_URL'),
    key: key(
      z.string().min(16, 'must have at least 16 characters'),
      'Encrypts OAuth2 sign-ins, best set as the variable REPLYD_KEY; by default a key file created in the state directory',
    ),
    keep: key(
      duration(day, 3660 * day),
      'Remove stored text of mails older than this but keep the ledger; by default everything is kept',
    ),
  })
  .meta({ id: 'State', description: 'Where state and queue are stored' })

const Log = z
  .strictObject({
    level: key(
      z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
      'Minimum level that is logged',
      defaults.log.level,
    ),
    traces: key(
      url('http', 'https'),
      'OpenTelemetry collector (OTLP over HTTP) that receives a trace of each job; by default the variable OTEL_EXPORTER_OTLP_ENDPOINT',
    ),
  })
  .meta({ id: 'Log', description: 'Logging' })

export const Document = z.strictObject({
  accounts: required(z.array(Account).min(1, 'must name at least one account'), 'The mailboxes'),
  model: key(Model, 'The language model'),
  replies: key(Replies, 'How replies are written and handled'),
  spam: key(Spam, 'What happens to spam'),
  categories: key(Categories, 'Kinds of mail to distinguish'),
  instructions: key(Instructions, 'What the writer of replies should know and follow, in plain words'),
  knowledge: key(Knowledge, 'What replies may use as sources: a folder, or a group of folder and web pages'),
  lookups: key(Lookups, 'Facts that are read from your own systems while a reply is written'),
  answers: key(Answers, 'Saved replies, for questions that are always answered in the same words'),
  attachments: key(Attachments, 'Attachments that the model may read; of all others it knows only the names'),
  budget: key(Budget, 'Spending limit'),
  digest: key(Digest, 'A daily mail to you; none by default'),
  web: key(Web, 'Review pages, API, metrics and health'),
  webhooks: key(z.array(Webhook), 'Other programs that receive events'),
  state: key(State, 'Where state and queue are stored'),
  prompts: key(word(), "Folder of prompt files; by default the package's own"),
  allowPlaintext: key(
    z.array(host()),
    'Hosts beyond this machine at which the model, webhooks, Redis, PostgreSQL and the collector may be reached without TLS, such as those of your private network',
  ),
  log: key(Log, 'Logging'),
})

export type Document = z.infer<typeof Document>
