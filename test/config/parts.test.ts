import { describe, expect, test } from '@jest/globals'
import { nearest } from '../../src/config/faults.ts'
import { canonicalAddress, canonicalDomain, formatDuration, parseDuration } from '../../src/config/fields.ts'
import { readServerUrl } from '../../src/config/from-environment.ts'
import { withoutPassword } from '../../src/config/hidden.ts'
import { interpolate, parseDotEnv } from '../../src/config/interpolation.ts'
import { isLoopback, isOwnMachine, plaintextAllowed } from '../../src/config/loopback.ts'
import { hashPassword, verifyPassword } from '../../src/config/password.ts'
import { plaintextFindings } from '../../src/config/plaintext.ts'

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    ['15 m', 900_000],
    ['30', null],
    ['30 seconds', null],
    ['-1s', null],
    ['1h30m', null],
    ['', null],
  ])('%p is %p ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each([
    [604_800_000, '1w'],
    [86_400_000, '1d'],
    [90_000, '90s'],
    [1, '1ms'],
    [0, '0s'],
  ])('%p ms is written %p', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('addresses', () => {
  test.each([
    ['Ann@Example.COM', 'ann@example.com'],
    ['ann+tag@example.com.', 'ann+tag@example.com'],
    ['jürgen@bücher.example', 'jürgen@xn--bcher-kva.example'],
    ['a@localhost', 'a@localhost'],
    ['Ann <ann@example.com>', null],
    ['ann@', null],
    ['@example.com', null],
    ['ann@exa mple.com', null],
    ['ann@-example.com', null],
    ['ann@example..com', null],
    ['ann@b@example.com', null],
    ['ann\r\n@example.com', null],
    [`${'a'.repeat(65)}@example.com`, null],
  ])('%p is %p', (text, address) => {
    expect(canonicalAddress(text)).toBe(address)
  })

  test.each([
    ['Example.COM', 'example.com'],
    ['*.example.com', null],
    ['', null],
  ])('the domain %p is %p', (text, domain) => {
    expect(canonicalDomain(text)).toBe(domain)
  })
})

describe('plain text to PostgreSQL', () => {
  test.each([
    ['postgres://db.example/d?sslmode=require', 0],
    ['postgres://db.example/d?sslmode=require&sslmode=disable', 1],
    ['postgres://127.0.0.1/d?host=127.0.0.1', 0],
    ['postgres://127.0.0.1/d?host=127.0.0.1&host=db.example', 1],
  ])('%s: %p', (databaseUrl, faults) => {
    // If a parameter is given twice, the driver uses the last.
    expect(plaintextFindings({ state: { databaseUrl } })).toHaveLength(faults)
  })
})

describe('loopback', () => {
  test.each([
    ['localhost', true],
    ['mail.localhost', false],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['128.0.0.1', false],
    ['localhost.example.com', false],
    ['notlocalhost', false],
    ['127.0.0.1.example.com', false],
  ])('%p: %p', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  test.each([
    ['127.0.0.1', true],
    ['[::1]', true],
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['192.168.7.7', true],
    ['192.169.7.7', false],
    ['100.64.0.1', true],
    ['100.127.255.255', true],
    ['100.128.0.1', false],
    ['[fd12::5]', true],
    ['[2001:db8::5]', false],
    ['ollama', true],
    ['nas.local', true],
    ['nas.home.arpa', true],
    ['box.tail1234.ts.net', true],
    ['box.ts.net.example.com', false],
    ['localhost.example.com', false],
    ['api.openai.com', false],
    ['10.1.2.3.example.com', false],
  ])('a machine of the owner: %p: %p', (host, expected) => {
    expect(isOwnMachine(host)).toBe(expected)
  })

  test('plain text beyond it needs permission', () => {
    expect(plaintextAllowed({ host: 'mail.example.com', allowPlaintext: false })).toBe(false)
    expect(plaintextAllowed({ host: 'mail.example.com', allowPlaintext: true })).toBe(true)
    expect(plaintextAllowed({ host: '127.0.0.1', allowPlaintext: false })).toBe(true)
  })
})

describe('variables', () => {
  const environment = { A: 'one', B: '${A} $& $1', EMPTY: '' }
  test.each([
    ['${A}', 'one', []],
    ['x${A}y${A}', 'xoney' + 'one', []],
    ['${B}', '${A} $& $1', []],
    ['$${A}', '${A}', []],
    ['$A', '$A', []],
    ['${C:-two}', 'two', []],
    ['${EMPTY:-}', '', []],
    ['${C}', '', ['the environment variable C is not set']],
    ['${EMPTY}', '', ['the environment variable EMPTY is empty']],
    ['${a b}', '', ['a reference to a variable is written ${NAME}']],
    ['${A', '', ['a reference to a variable is written ${NAME}']],
  ])('%p becomes %p', (text, replaced, faults) => {
    expect(interpolate(text, environment)).toEqual({ text: replaced, faults })
  })

  test('a .env file keeps what shells keep', () => {
    const text = [
      '# comment',
      'A=plain',
      'export B = "double # \\"x\\"\\nnext"',
      "C='single $A \\n' # comment",
      'D=has#hash # comment',
      'E=',
      '  F=  spaced out  ',
      'not an assignment',
      '1X=no',
      'G="two\nlines"',
      'H=a=b',
    ].join('\r\n')
    expect(parseDotEnv(text)).toEqual({
      A: 'plain',
      B: 'double # "x"\nnext',
      C: 'single $A \\n',
      D: 'has#hash',
      E: '',
      F: 'spaced out',
      G: 'two\nlines',
      H: 'a=b',
    })
  })
})

describe('server URLs', () => {
  test.each([
    ['imaps://u:p@h', { host: 'h', port: 993, secure: true, user: 'u', password: 'p' }],
    ['imap://h:1143', { host: 'h', port: 1143, secure: false }],
    [
      'imaps://me@x.org:pw@h/Support%20Team',
      { host: 'h', port: 993, secure: true, user: 'me@x.org', password: 'pw', mailbox: 'Support Team' },
    ],
    ['imaps://u:%E2%82%AC@[::1]:1993', { host: '::1', port: 1993, secure: true, user: 'u', password: '€' }],
  ])('%p', (url, parts) => {
    expect(readServerUrl('imap', url)).toEqual(parts)
  })

  test.each([
    'imaps:h',
    'smtps://h',
    'imaps://',
    'h:993',
    'imaps://u:p%@h',
    'imaps://u:p#w@h',
    'imaps://u:p/w@h',
  ])('%p is refused without repeating it', (url) => {
    const fault = readServerUrl('imap', url)
    expect(fault).toBe(
      'must have the form imaps://user:password@host:port, with special characters percent-encoded',
    )
  })
})

test.each([
  ['prt', 'port'],
  ['base_url', 'baseUrl'],
  ['pasword', 'password'],
  ['hsot', 'host'],
  ['zzz', null],
  ['x', null],
])('%p most likely means %p', (typed, meant) => {
  expect(nearest(typed, ['host', 'port', 'password', 'baseUrl'])).toBe(meant)
})

test.each([
  ['postgres://u:p@h/d', 'postgres://u:hidden@h/d'],
  ['postgres://h/d?password=p&sslmode=require', 'postgres://h/d?password=hidden&sslmode=require'],
  ['redis://h', 'redis://h'],
  ['postgres://u@h/d', 'postgres://u@h/d'],
  ['https://sk-token@h/v1', 'https://hidden@h/v1'],
  ['https://u:p@h/v1?access_token=t', 'https://u:hidden@h/v1?access_token=hidden'],
  ['nonsense', '(hidden)'],
])('%p is shown as %p', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown)
})

describe('a password hash', () => {
  const hash = hashPassword('pässword')
  test('fits its password, in any composition, and no other', async () => {
    expect(await verifyPassword('pässword'.normalize('NFD'), hash)).toBe(true)
    expect(await verifyPassword('passwort', hash)).toBe(false)
    expect(hashPassword('pässword')).not.toBe(hash)
  })
  test.each(['', 'scrypt$1$2$3$x$y', 'scrypt$3$8$1$c2FsdA$a2V5', 'plain'])(
    '%p never matches',
    async (other) => {
      expect(await verifyPassword('', other)).toBe(false)
    },
  )
  test('is compared outside of the event loop', async () => {
    const order: string[] = []
    const compared = verifyPassword('pässword', hash).then(() => order.push('compared'))
    setImmediate(() => order.push('others'))
    await compared
    expect(order).toEqual(['others', 'compared'])
  })
})
