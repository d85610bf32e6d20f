/** What differs between two configurations, and what a running daemon takes over. */
import { expect, test } from '@jest/globals'
import { applicable, changesOf } from '../../src/config/changes.ts'
import { baseOf, loadConfig } from '../../src/config/config.ts'

const base = `accounts:
  - address: ann@shop.example
    imap: { host: imap.shop.example, password: one }
    smtp: { host: smtp.shop.example }
  - address: ben@shop.example
    imap: { host: imap.shop.example, password: two }
    smtp: { host: smtp.shop.example }
    replies: { mode: review }
model:
  apiKey: secret-three
replies:
  mode: draft
  undo: 60s
instructions: Be brief.
web: { port: 8025 }
`

const load = (text: string, environment: Record<string, string> = {}) =>
  loadConfig({
    path: 'replyd.yaml',
    environment: { TZ: 'UTC', ...environment },
    readFile: (name) => {
      if (name === 'replyd.yaml') return text
      throw Object.assign(new Error('none'), { code: 'ENOENT' })
    },
  })

/** The answer of a reload after that replacement in the file. */
function reloaded(from: string | RegExp, to: string, environment: Record<string, string> = {}) {
  const before = load(base)
  const after = load(base.replace(from, to), environment)
  const source = baseOf(after)?.source ?? null
  const used = applicable(before, after)
  const said = (all: ReturnType<typeof changesOf>) =>
    all.map(({ where, key, accounts, from, to }) =>
      [where, key, ...accounts, ...(to === undefined ? [] : [`${from} -> ${to}`])].join(' '),
    )
  return { used: said(changesOf(before, used, source)), left: said(changesOf(used, after, source)) }
}

const nothing = { used: [], left: [] }

test.each<[string, string | RegExp, string, Partial<typeof nothing> | { used?: string[]; left?: string[] }]>([
  ['the same file', 'x-none', '', {}],
  ['a comment', 'model:', '# new\nmodel:', {}],
  ['a default that is written out', 'undo: 60s', 'undo: 1m', {}],
  ['the order of the accounts', /( {2}- address: ann[^-]+)( {2}- [^-]+review }\n)/, '$2$1', {}],
  ['a key of all accounts', 'undo: 60s', 'undo: 5m', { used: ['replyd.yaml:13 replies.undo 1m -> 5m'] }],
  [
    'a key that one account has for itself',
    'mode: review',
    'mode: send',
    { used: ['replyd.yaml:8 replies.mode ben@shop.example review -> send'] },
  ],
  [
    'a key that only one account takes from the top',
    'mode: draft',
    'mode: send',
    { used: ['replyd.yaml:12 replies.mode ann@shop.example draft -> send'] },
  ],
  [
    'a key that goes',
    'instructions: Be brief.\n',
    '',
    { used: ['replyd.yaml instructions Be brief. -> empty'] },
  ],
  ['a long text', 'Be brief.', 'Be brief. '.repeat(9), { used: ['replyd.yaml:14 instructions'] }],
  ['lists', 'web:', 'spam: { deny: [x.example] }\nweb:', { used: ['replyd.yaml:15 spam.deny'] }],
  [
    'a knowledge folder by its name alone',
    'web:',
    'knowledge: .\nweb:',
    { used: [`replyd.yaml:15 knowledge`] },
  ],
  [
    'webhooks, whose secrets are not repeated',
    'web:',
    'webhooks: [{ url: https://a.example/b, secret: 0123456789abcdef }]\nweb:',
    { used: ['replyd.yaml:15 webhooks'] },
  ],
  ['a password', 'one', 'other', { left: ['replyd.yaml:3 imap.password ann@shop.example'] }],
  ['a server', 'imap.shop', 'mx.shop', { left: ['replyd.yaml:3 imap.host ann@shop.example'] }],
  ['the port of the pages', '8025', '8026', { left: ['replyd.yaml:15 web.port'] }],
  ['a key for the model', 'secret-three', 'secret-four', { left: ['replyd.yaml:10 model.apiKey'] }],
  [
    'the level of the log',
    'web:',
    'log: { level: warn }\nweb:',
    { used: ['replyd.yaml:15 log.level info -> warn'] },
  ],
  [
    'how long text is kept',
    'web:',
    'state: { keep: 30d }\nweb:',
    { used: ['replyd.yaml:15 state.keep not set -> 30d'] },
  ],
  ['where state is', 'web:', 'state: { directory: ./x }\nweb:', { left: ['replyd.yaml:15 state.directory'] }],
  [
    'another address',
    'ben@',
    'carl@',
    {
      left: [
        'replyd.yaml:5 accounts carl@shop.example absent -> present',
        'replyd.yaml:1 accounts ben@shop.example present -> absent',
      ].sort(),
    },
  ],
])('%s', (_, from, to, expected) => expect(reloaded(from, to)).toEqual({ ...nothing, ...expected }))

test('a value of the environment is found under the name of its variable', () =>
  expect(reloaded('x-none', '', { REPLYD_KNOWLEDGE: '.', REDIS_URL: 'redis://127.0.0.1' })).toEqual({
    used: ['REPLYD_KNOWLEDGE knowledge'],
    left: ['REDIS_URL state.redisUrl'],
  }))
