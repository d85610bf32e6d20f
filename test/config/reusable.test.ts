/** `replyd config` prints an equivalent configuration, without the secrets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config/config.ts'
import { reusable } from '../../src/config/hidden.ts'
import { parseDotEnv } from '../../src/config/interpolation.ts'
import type { Config } from '../../src/config/settings.ts'

const fixtures = fileURLToPath(new URL('../fixtures/config-good', import.meta.url))

type Variables = Record<string, string>

/** @param text null: everything from the environment */
function load(text: string | null, environment: Variables): Config {
  const readFile = (name: string) => {
    if (name === 'replyd.yaml' && text !== null) return text
    throw Object.assign(new Error('none'), { code: 'ENOENT' })
  }
  return loadConfig({
    path: text === null ? null : 'replyd.yaml',
    environment: { TZ: 'UTC', ...environment },
    readFile,
  })
}

const textIn = (folder: string, name: string) => {
  const file = join(fixtures, folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Expects the same settings from the printed configuration. @returns what was printed */
function usedAgain(text: string | null, environment: Variables): string {
  const config = load(text, environment)
  const { document, variables } = reusable(config)
  const printed = stringify(document)
  expect(load(printed, { ...environment, ...Object.fromEntries(variables) })).toEqual(config)
  // Printing the printed configuration again gives the same text.
  const again = reusable(load(printed, { ...environment, ...Object.fromEntries(variables) }))
  expect(again.document).toEqual(document)
  return printed
}

test.each(readdirSync(fixtures))('%s says the same when it is used again', (folder) => {
  const environment = {
    ...parseDotEnv(textIn(folder, 'dotenv') ?? ''),
    ...parseDotEnv(textIn(folder, 'environment') ?? ''),
  }
  usedAgain(textIn(folder, 'replyd.yaml'), environment)
})

const account = `accounts:
  - address: ann@shop.example
    imap: { host: imap.shop.example, password: "\${MAIL_PASSWORD}" }
    smtp: { host: smtp.shop.example }
`
const environment = { MAIL_PASSWORD: 'hush-mail', OPENAI_API_KEY: 'hush-key' }

test.each<[string, string]>([
  [
    'every key of replies',
    'replies: { mode: send, undo: 90s, interval: 36h, businessHours: "fri-mon 09:00-17:30, wed 00:00-24:00", draftDespite: [bulk], disclosure: "", humanLine: "Write HUMAN" }',
  ],
  ['signatures by language', 'replies: { signature: { de: "Grüße", default: "Regards", pt-BR: "Abraços" } }'],
  [
    'spam lists',
    'spam: { action: mark, threshold: 0.5, allow: ["@friends.example"], deny: [Bad.example, x@y.example] }',
  ],
  [
    'categories',
    'categories: [{ name: orders, description: Orders, mode: review }, { name: jobs, description: Jobs }]',
  ],
  [
    'knowledge with pages',
    'knowledge: { folder: ./k, urls: ["https://shop.example/help"], every: 12h, stale: 3d, maxPages: 5 }',
  ],
  ['knowledge by its name', 'knowledge: ./k'],
  ['own prompts', 'prompts: ./p'],
  ['a digest', 'digest: { at: "07:05", to: boss@shop.example }'],
  ['a budget in a time zone', 'budget: { perDay: 2.5, perSender: 0.2, reserve: 0, timeZone: Europe/Berlin }'],
  ['a web password', 'web: { host: 0.0.0.0, port: 0, password: hush-pages, trustedProxies: [10.0.0.0/8] }'],
  [
    'models',
    'model: { name: a, triage: b, check: { name: c, timeout: 90s }, fallback: { name: d, baseUrl: "http://127.0.0.1:8080/v1", json: schema }, successor: none, price: { input: 1, output: 2 } }',
  ],
  ['state and log', 'state: { directory: ./s, keep: 90d }\nlog: { level: debug }'],
  ['text that looks like a variable', 'instructions: "Say $${NAME}, $$${X} and $5."'],
  ['text of several lines', 'instructions: |\n  One.\n\n  Two: with a colon # and more\n'],
  ['a plaintext host', 'model: { baseUrl: "http://model.lan/v1" }\nallowPlaintext: [model.lan]'],
])('%s: the same when used again', (_, text) => {
  expect(usedAgain(`${account}${text}\n`, environment)).not.toMatch(/hush/)
})

test('two accounts keep their own settings', () => {
  const second = `  - address: ben@shop.example
    imap: { host: 127.0.0.1, port: 1143, secure: false, password: hush-ben, poll: 5m }
    smtp: { host: 127.0.0.1, port: 25 }
    mailbox: INBOX/Ben
    mailboxes: { sent: Gesendet }
    since: 7d
    sentCopy: false
    aliases: [b@shop.example]
    name: Ben
    replies: { mode: review }
    tls: { ca: ./ca.pem }
    budget: { perDay: 0.5 }
`
  const printed = usedAgain(`${account}${second}replies: { signature: Hi }\n`, environment)
  expect(printed).toContain('${MAIL_PASSWORD}')
  expect(printed).toContain('${ACCOUNTS_1_IMAP_PASSWORD}')
})

describe('secrets', () => {
  const shown = (more: string, variables: Variables = {}) => {
    const printed = usedAgain(`${account}${more}\n`, { ...environment, ...variables })
    expect(printed).not.toMatch(/hush/)
    return printed
  }

  test('are written as the owner wrote them, if those were variables', () => {
    const printed = shown(
      'web: { password: "${PAGES}" }\nstate: { databaseUrl: "postgres://u:${DB}@db/r?sslmode=verify-full" }',
      { PAGES: 'hush-pages', DB: 'hush-db' },
    )
    expect(printed).toContain('password: ${MAIL_PASSWORD}')
    expect(printed).toContain('password: ${PAGES}')
    expect(printed).toContain('apiKey: ${OPENAI_API_KEY}')
    expect(printed).toContain('databaseUrl: postgres://u:${DB}@db/r?sslmode=verify-full')
  })

  test.each<[string, string, string, Variables?]>([
    ['text', 'model: { apiKey: hush-1 }', 'apiKey: ${MODEL_API_KEY}'],
    ['a default of a variable', 'model: { apiKey: "${NONE:-hush-2}" }', 'apiKey: ${MODEL_API_KEY}'],
    ['half a variable', 'model: { apiKey: "hush-3${X}" }', 'apiKey: ${MODEL_API_KEY}', { X: 'x' }],
    [
      'a database',
      'state: { databaseUrl: "postgres://u:hush-4@db/r?sslmode=verify-full" }',
      'databaseUrl: ${STATE_DATABASE_URL}',
    ],
    [
      'a URL beside a variable',
      'state: { databaseUrl: "postgres://u:hush-5@${H}/r?sslmode=verify-full" }',
      'databaseUrl: ${STATE_DATABASE_URL}',
      { H: 'db' },
    ],
    [
      'the path of a webhook',
      'webhooks: [{ url: "https://h.example/hush-6", secret: hush-hush-hush-hush }]',
      'url: ${WEBHOOKS_0_URL}',
    ],
    [
      'a URL in a text',
      'instructions: "See https://a:hush-7@w.example/ and https://w.example/?token=hush-8 first."',
      'See ${INSTRUCTIONS} and ${INSTRUCTIONS_2} first.',
    ],
    [
      'a header field',
      'lookups: [{ name: o, when: { match: x }, public: true, fields: { a: $.a }, http: { url: "https://s.example/{match}", headers: { Authorization: Bearer hush-9 } } }]',
      'Authorization: ${LOOKUPS_0_HTTP_HEADERS_AUTHORIZATION}',
    ],
    [
      'a header field with a variable',
      'lookups: [{ name: o, when: { match: x }, public: true, fields: { a: $.a }, http: { url: "https://s.example/{match}", headers: { Authorization: "Bearer ${T}" } } }]',
      'Authorization: Bearer ${T}',
      { T: 'hush-10' },
    ],
    ['a collector', 'log: { traces: "https://hush-11@c.example/v1" }', 'traces: ${LOG_TRACES}'],
  ])('%s', (_, more, expected, variables = {}) => expect(shown(more, variables)).toContain(expected))

  test('of a mailbox that the environment describes', () => {
    const printed = usedAgain(null, {
      REPLYD_ADDRESS: 'ann@shop.example',
      IMAP_URL: 'imaps://ann:hush@imap.shop.example',
      SMTP_URL: 'smtps://smtp.shop.example',
      OPENAI_API_KEY: 'hush-key',
    })
    expect(printed).toContain('password: ${ACCOUNTS_0_IMAP_PASSWORD}')
    expect(printed).not.toMatch(/hush/)
  })
})
