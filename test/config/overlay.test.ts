/** Settings of the page fill the gaps of the file, and each value names its source. */
import { describe, expect, test } from '@jest/globals'
import { applicable } from '../../src/config/changes.ts'
import { type Base, baseOf, loadConfig, overlayFaults, settle } from '../../src/config/config.ts'
import { isEditable, type Setting, shownSetting } from '../../src/config/overlay.ts'

const servers = `
    imap: { host: imap.shop.example, password: secret }
    smtp: { host: smtp.shop.example }`
const file = (rest = '', account = '') => `model: { apiKey: key }
accounts:
  - address: Ann@Shop.example${servers}${account}
${rest}`

function load(text: string, environment: Record<string, string> = {}) {
  const readFile = (name: string) => {
    if (name.endsWith('.env')) throw Object.assign(new Error('none'), { code: 'ENOENT' })
    return text
  }
  return loadConfig({ path: 'replyd.yaml', environment: { TZ: 'UTC', ...environment }, readFile })
}

function base(text: string, environment: Record<string, string> = {}): Base {
  const found = baseOf(load(text, environment))
  if (found === null) throw new Error('a loaded configuration knows its base')
  return found
}

const set = (path: string, value: unknown): Setting => ({ path: path.split('/'), value })
const mode = ['replies', 'mode']
const ofAnn = ['accounts', 'ann@shop.example']
const two = `${file()}  - address: bob@shop.example${servers}
`

describe('where a value comes from', () => {
  test.each([
    ['the default', file(), [], mode, 'draft', { kind: 'default' }],
    ['the page', file(), [set('replies/mode', 'review')], mode, 'review', { kind: 'page' }],
    [
      'the file, whatever the page says',
      file('replies: { mode: draft }'),
      [set('replies/mode', 'send')],
      mode,
      'draft',
      { kind: 'file', where: 'replyd.yaml:6' },
    ],
    [
      'the file, though another key of the group is from the page',
      file('replies: { mode: draft }'),
      [set('replies/undo', '5m')],
      ['replies', 'undo'],
      '5m',
      { kind: 'page' },
    ],
    [
      'the only account in the file',
      file('', '\n    replies: { mode: review }'),
      [set('replies/mode', 'send')],
      mode,
      'review',
      { kind: 'file', where: 'replyd.yaml:6' },
    ],
    [
      'the file for all accounts, though the page names one',
      `${two}replies: { mode: draft }`,
      [set('accounts/ann@shop.example/replies/mode', 'send')],
      [...ofAnn, ...mode],
      'draft',
      { kind: 'file', where: 'replyd.yaml:9' },
    ],
    [
      'the page for all accounts',
      two,
      [set('replies/mode', 'review')],
      [...ofAnn, ...mode],
      'review',
      { kind: 'inherited', of: { kind: 'page' } },
    ],
    [
      'the page for one account',
      two,
      [set('replies/mode', 'review'), set('accounts/ann@shop.example/replies/mode', 'send')],
      [...ofAnn, ...mode],
      'send',
      { kind: 'page' },
    ],
    [
      'the default of an account',
      two,
      [set('accounts/bob@shop.example/replies/mode', 'send')],
      [...ofAnn, ...mode],
      'draft',
      { kind: 'default' },
    ],
    [
      'a category of the file',
      file('categories: [{ name: Orders, description: Where is it, mode: review }]'),
      [set('categories/orders/mode', 'send')],
      ['categories', 'orders', 'mode'],
      'review',
      { kind: 'file', where: 'replyd.yaml:6' },
    ],
    [
      'the page, in a category of the file',
      file('categories: [{ name: Orders, description: Where is it }]'),
      [set('categories/orders/mode', 'send')],
      ['categories', 'orders', 'mode'],
      'send',
      { kind: 'page' },
    ],
    [
      'no account that the file does not have',
      file(),
      [set('accounts/eve@shop.example/replies/mode', 'send')],
      mode,
      'draft',
      { kind: 'default' },
    ],
  ] as const)('%s', (_, text, settings, path, value, origin) =>
    expect(shownSetting(base(text).source, settings, path)).toEqual({ value, origin }),
  )

  test('a variable', () => {
    const { source } = base(file(), { REPLYD_MODE: 'review' })
    const origin = { kind: 'file', where: 'REPLYD_MODE' }
    expect(shownSetting(source, [set('replies/mode', 'send')], mode)).toEqual({ value: 'review', origin })
  })
})

describe('what applies', () => {
  test('is the file with its gaps filled, in the units of the settings', () => {
    const settings = [
      set('categories', [{ name: 'Orders', description: 'Where is it', mode: 'review' }]),
      set('instructions', 'Be brief.'),
      set('replies/undo', '5m'),
      set('replies/businessHours', 'mon-fri 09:00-17:00'),
      set('spam/deny', ['spam.example']),
      set('budget/perDay', 3),
      set('accounts/bob@shop.example/instructions', 'Be kind.'),
      set('accounts/bob@shop.example/budget/perDay', 1),
    ]
    const { config, unfit } = settle(base(two), settings)
    const [ann, bob] = config.accounts
    expect(unfit).toEqual([])
    expect(ann).toMatchObject({ instructions: 'Be brief.', budgetPerDay: null, replies: { undoMs: 300_000 } })
    expect(ann?.replies.businessHours).toHaveLength(1)
    expect(bob).toMatchObject({ instructions: 'Be kind.', budgetPerDay: 1, spam: { deny: ['spam.example'] } })
    expect(bob?.categories.map(({ name }) => name)).toEqual(['Orders'])
    expect(config.budget.perDay).toBe(3)
  })

  test('leaves out what a changed file no longer allows, and says why', () => {
    const category = (name: string) => ({ name, description: 'Some' })
    const settings = [
      set('replies/undo', '5m'),
      set('replies/mode', 'never'),
      set('categories', [category('Orders'), category('orders')]),
    ]
    const { config, unfit } = settle(base(file()), settings)
    expect(unfit.map(({ path }) => path.join('.')).sort()).toEqual(['categories', 'replies.mode'])
    expect(config.accounts[0]).toMatchObject({ categories: [], replies: { mode: 'draft', undoMs: 300_000 } })
  })

  test('may be used by a running daemon, whose servers stay', () => {
    const running = load(two)
    const next = settle(base(two), [set('replies/mode', 'send'), set('budget/perDay', 9)]).config
    const used = applicable(running, next)
    expect([used.accounts[0]?.replies.mode, used.budget.perDay]).toEqual(['send', 9])
    expect(used.accounts[0]?.imap).toBe(running.accounts[0]?.imap)
  })
})

test.each([
  ['replies/mode', 'sent', 'must be draft, review or send (did you mean "send"?)'],
  ['replies/undo', '5', 'must be a duration with its unit, such as 30s, 15m, 12h or 7d'],
  ['replies/minConfidence', 2, 'must be a number from 0 to 1'],
  [
    'spam/allow',
    ['not an address'],
    'entry 1: must be an address (ann@example.com) or a domain (example.com)',
  ],
  ['budget/timeZone', 'Mars/Base', 'must be a time zone such as Europe/Berlin'],
  ['categories', [{ name: 'A', description: 'x', colour: 'red' }], 'entry 1, colour: unknown key'],
])('%s = %j is refused in the words of the file', (path, value, words) => {
  const faults = overlayFaults(base(file()), [set(path, value)])
  expect([faults.length > 0, faults.join('; ').startsWith(words)]).toEqual([true, true])
})

test.each([
  ['replies/mode', true],
  ['accounts/ann@shop.example/spam/allow', true],
  ['accounts/ann@shop.example/name', true],
  ['accounts/ann@shop.example/budget/perDay', true],
  ['categories/orders/mode', true],
  ['accounts/ann@shop.example/categories/orders/mode', true],
  ['budget/perDay', true],
  ['name', false],
  ['accounts/ann@shop.example/budget/timeZone', false],
  ['accounts/ann@shop.example/address', false],
  ['accounts/ann@shop.example/imap/password', false],
  ['accounts/ann@shop.example/imap', false],
  ['accounts', false],
  ['categories/orders/name', false],
  ['model/apiKey', false],
  ['web/passwordHash', false],
  ['state/key', false],
  ['replies', false],
  ['replies/__proto__', false],
])('the page may set %s: %s', (path, expected) => expect(isEditable(path.split('/'))).toBe(expected))
