import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ImapFlow } from 'imapflow'
import { LoginUnavailable, PermanentError, TemporaryError, UncertainError } from '../../src/base/errors.ts'
import { type Fetched, type ImapAccount, openImapAccount, UidValidityChanged } from '../../src/imap/imap.ts'
import { countLogins } from '../login-gate.ts'
import { accountOn, mail, quietOptions } from './imap-account.ts'
import { type Hooks, Relay } from './relay.ts'
import { type Dovecot, startDovecot } from './servers/dovecot.ts'

const limits = { batch: 50, maxHeaderOctets: 65_536, maxTextOctets: 65_536 }
const when = new Date('2026-11-20T10:00:00Z')

/** Mailboxes that the harness would otherwise create at the first login. */
const noMailboxes = `namespace inbox {
${['Drafts', 'Junk', 'Sent'].map((name) => `  mailbox ${name} {\n    auto = no\n  }`).join('\n')}
}
`

let dovecot: Dovecot
let users = 0
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(async () => {
  await dovecot.stop()
})

interface Broken extends AsyncDisposable {
  relay: Relay
  /** Through the relay. */
  box: ImapAccount
  /** The same account, reached directly. */
  witness: ImapAccount
}

async function broken(hooks: Hooks = {}): Promise<Broken> {
  const user = `fault${users++}@replyd.test`
  const relay = await Relay.start(dovecot.imapPort, hooks)
  const options = { ...quietOptions, random: () => 0 }
  const box = openImapAccount(accountOn({ ...dovecot, imapPort: relay.port }, user), options)
  const witness = openImapAccount(accountOn(dovecot, user), options)
  return {
    relay,
    box,
    witness,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]()
      await witness[Symbol.asyncDispose]()
      await relay[Symbol.asyncDispose]()
    },
  }
}

async function all(batches: AsyncIterable<Fetched[]>): Promise<Fetched[]> {
  const mails: Fetched[] = []
  for await (const batch of batches) mails.push(...batch)
  return mails
}

/** Cuts the connection when the text first appears, before it is passed on. */
function cutAt(side: 'toServer' | 'toClient', pattern: RegExp, how: 'fin' | 'rst' = 'fin'): Hooks {
  let done = false
  return {
    [side]: (text: string, link: { cut(how: 'fin' | 'rst'): void }) => {
      if (done || !pattern.test(text)) return text
      done = true
      link.cut(how)
      return null
    },
  }
}

describe('a lost answer', () => {
  test.each(['fin', 'rst'] as const)(
    'of APPEND is uncertain, and the mail can be found (%s)',
    async (how) => {
      await using b = await broken(cutAt('toClient', /APPENDUID/, how))
      await expect(b.box.append('Drafts', mail('d@x'), ['\\Draft'], [], when)).rejects.toBeInstanceOf(
        UncertainError,
      )
      expect(await b.box.findByMessageId('Drafts', '<d@x>')).toEqual([1])
    },
  )

  test('in the middle of the literal is uncertain too, and nothing is found', async () => {
    let octets = 0
    await using b = await broken({
      toServer: (text, link) => {
        if (octets === 0 && !text.includes('APPEND')) return text
        octets += text.length
        if (octets > 100_000) link.cut()
        return octets > 100_000 ? null : text
      },
    })
    const large = mail('d@x', [], `${'x'.repeat(76)}\r\n`.repeat(20_000))
    await expect(b.box.append('Drafts', large, [], [], when)).rejects.toBeInstanceOf(UncertainError)
    b.relay.hooks = {}
    expect(await b.box.findByMessageId('Drafts', '<d@x>')).toEqual([])
  })

  test('of MOVE is uncertain, and the mail is in the target', async () => {
    await using b = await broken(cutAt('toClient', /COPYUID/))
    await b.witness.append('INBOX', mail('spam@x'), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    await expect(b.box.move('INBOX', uidValidity, 1, 'Junk')).rejects.toBeInstanceOf(UncertainError)
    expect(await b.box.findByMessageId('Junk', '<spam@x>')).toEqual([1])
    expect(await b.box.findByMessageId('INBOX', '<spam@x>')).toEqual([])
  })

  test.each([
    ['SEARCH', /SEARCH/, (box: ImapAccount, v: string) => box.uidsAfter('INBOX', v, 0)],
    ['SEARCH', /SEARCH/, (box: ImapAccount) => box.findByMessageId('INBOX', '<1@x>')],
    ['FETCH', /FETCH \(/, (box: ImapAccount, v: string) => box.flags('INBOX', v, 1)],
    ['STORE', /FETCH \(/, (box: ImapAccount, v: string) => box.addFlags('INBOX', v, 1, ['\\Answered'])],
    ['STATUS', /STATUS/, (box: ImapAccount) => box.state('INBOX')],
    ['LIST', /LIST \(/, (box: ImapAccount) => box.specialMailboxes()],
  ])('of %s is temporary, never "none"', async (_, pattern, ask) => {
    await using b = await broken()
    await b.witness.append('INBOX', mail('1@x'), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    await b.box.capabilities()
    b.relay.hooks = cutAt('toClient', pattern as RegExp)
    await expect(ask(b.box, uidValidity)).rejects.toBeInstanceOf(TemporaryError)
    expect(await ask(b.box, uidValidity)).toBeTruthy()
  })
})

describe('a lost connection', () => {
  test('during FETCH of a batch costs no mail', async () => {
    await using b = await broken(cutAt('toClient', /\* 3 FETCH/))
    for (const id of [1, 2, 3, 4, 5]) await b.witness.append('INBOX', mail(`${id}@x`), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    const fetched = await all(b.box.fetch('INBOX', uidValidity, [1, 2, 3, 4, 5], limits))
    expect(fetched.map(({ uid, fault, texts }) => [uid, fault, texts.size])).toEqual(
      [1, 2, 3, 4, 5].map((uid) => [uid, null, 1]),
    )
    expect(b.relay.connections).toBe(2)
  })

  test('by one mail, again and again, does not keep its neighbours back', async () => {
    await using b = await broken({
      toClient: (text, link) => {
        if (!/\* 2 FETCH [^\r]*BODYSTRUCTURE/.test(text)) return text
        link.cut()
        return null
      },
    })
    for (const id of [1, 2, 3]) await b.witness.append('INBOX', mail(`${id}@x`), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    const fetched = await all(b.box.fetch('INBOX', uidValidity, [1, 2, 3], limits))
    expect(fetched.map(({ uid, messageId }) => [uid, messageId])).toEqual([
      [1, '<1@x>'],
      [2, '<2@x>'],
      [3, '<3@x>'],
    ])
    expect(fetched.map(({ fault }) => fault !== null)).toEqual([false, true, false])
  })

  test('is repaired automatically, and until then commands fail soon', async () => {
    await using b = await broken()
    await b.box.capabilities()
    expect(b.box.health().state).toBe('connected')
    await b.relay.down()
    await expect(b.box.state('INBOX')).rejects.toBeInstanceOf(TemporaryError)
    expect(['waiting', 'connecting']).toContain(b.box.health().state)
    expect(b.box.health().lastError).not.toBeNull()
    await b.relay.listen()
    const state = async () => b.box.state('INBOX').catch(() => null)
    while ((await state()) === null);
    expect(b.box.health().state).toBe('connected')
  })

  test('to a peer that vanished silently is noticed', async () => {
    const user = `fault${users++}@replyd.test`
    await using relay = await Relay.start(dovecot.imapPort)
    const timing = { quietMs: 2000 }
    const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
    await using box = openImapAccount(settings, { ...quietOptions, timing })
    await box.capabilities()
    relay.frozen = true
    await expect(box.state('INBOX')).rejects.toBeInstanceOf(TemporaryError)
    await expect(box.append('Drafts', mail('d@x'), [], [], when)).rejects.toBeInstanceOf(TemporaryError)
  })

  test('right after each login does not make a storm of logins: each one passes the gate', async () => {
    const user = `fault${users++}@replyd.test`
    let logins = 0
    await using relay = await Relay.start(dovecot.imapPort, {
      toServer: (text, link) => {
        if (!/ (LOGIN|AUTHENTICATE) /.test(text)) return text
        logins++
        setImmediate(() => link.cut())
        return text
      },
    })
    const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
    const gate = countLogins(settings)
    await using box = openImapAccount(settings, { ...quietOptions, random: () => 0 })
    while (logins < 4) {
      await box.capabilities().catch(() => {})
      expect(gate.passes).toBeGreaterThanOrEqual(logins)
    }
  })
})

/** Removes capabilities from the server's announcements. */
const without =
  (...names: string[]) =>
  (text: string): string =>
    /CAPABILITY/.test(text)
      ? names.reduce((rest, name) => rest.replace(new RegExp(` ${name}(?=[ \\]\\r])`, 'g'), ''), text)
      : text

/** Adds capabilities to every announcement of the server. */
const announcing =
  (extra: string) =>
  (text: string): string =>
    text.replace(/(CAPABILITY IMAP4rev1)/g, `$1 ${extra}`)

describe('the limit of APPEND (RFC 7889)', () => {
  test.each(['APPENDLIMIT=9223372036854775807', 'APPENDLIMIT=100000', 'APPENDLIMIT'])(
    '%s lets a draft through',
    async (limit) => {
      await using b = await broken({ toClient: announcing(limit) })
      expect((await b.box.append('Drafts', mail('d@x'), ['\\Draft'], [], when)).uid).toBe(1)
    },
  )

  test.each(['APPENDLIMIT=0', 'APPENDLIMIT=10'])('%s is final: the draft is refused', async (limit) => {
    await using b = await broken({ toClient: announcing(limit) })
    await expect(b.box.append('Drafts', mail('d@x'), ['\\Draft'], [], when)).rejects.toBeInstanceOf(
      PermanentError,
    )
  })
})

test('no APPEND goes to the mailbox that its connection has EXAMINEd, as Courier refuses it', async () => {
  const examined = new Map<number, string>()
  let refused = 0
  await using b = await broken({
    toServer: (text, { number }) => {
      const [, verb = '', path = ''] = /^\S+ (EXAMINE|SELECT|APPEND) "?([^" \r]+)/.exec(text) ?? []
      if (verb === 'EXAMINE' || verb === 'SELECT') examined.set(number, `${verb} ${path}`)
      if (verb !== 'APPEND' || examined.get(number) !== `EXAMINE ${path}`) return text
      refused++
      return text.replace(path, 'Nowhere')
    },
  })
  expect(await b.box.findByMessageId('Sent', '<s@x>')).toEqual([])
  expect((await b.box.append('Sent', mail('s@x'), ['\\Seen'], [], when)).uid).toBe(1)
  // Another mailbox may stay EXAMINEd: no SELECT is spent on it.
  expect((await b.box.append('Drafts', mail('d@x'), [], [], when)).uid).toBe(1)
  expect([refused, examined.get(1)]).toEqual([0, 'SELECT Sent'])
})

describe('a mailbox with a new UIDVALIDITY at each EXAMINE', () => {
  /** Renumbers until the mailbox is opened for writing, as on Courier, or for ever. */
  function renumbering(until: 'SELECT' | 'for ever') {
    let settled = false
    let next = 1000
    let selects = 0
    const hooks: Hooks = {
      toServer: (text) => {
        if (!/^\S+ SELECT /.test(text)) return text
        selects++
        settled = until === 'SELECT'
        return text
      },
      toClient: (text) => (settled ? text : text.replace(/UIDVALIDITY \d+/g, () => `UIDVALIDITY ${++next}`)),
    }
    return { hooks, selects: () => selects }
  }

  test('is opened for writing once, and keeps its number', async () => {
    const { hooks, selects } = renumbering('SELECT')
    await using b = await broken(hooks)
    await b.box.settle('INBOX')
    await b.box.settle('INBOX')
    const { uidValidity } = await b.box.state('INBOX')
    expect(await b.box.uidsAfter('INBOX', uidValidity, 0)).toEqual([])
    expect(selects()).toBe(1)
  })

  test('other than INBOX is opened for writing as soon as it shows a new number', async () => {
    const { hooks, selects } = renumbering('SELECT')
    await using b = await broken(hooks)
    const first = await b.box.state('Junk')
    await expect(b.box.uidsAfter('Junk', first.uidValidity, 0)).rejects.toBeInstanceOf(UidValidityChanged)
    const { uidValidity } = await b.box.state('Junk')
    expect(await b.box.uidsAfter('Junk', uidValidity, 0)).toEqual([])
    expect(selects()).toBe(1)
  })

  test('one that never keeps it is not opened again and again', async () => {
    const { hooks, selects } = renumbering('for ever')
    await using b = await broken(hooks)
    for (let look = 0; look < 5; look++) {
      const { uidValidity } = await b.box.state('Junk')
      await expect(b.box.uidsAfter('Junk', uidValidity, 0)).rejects.toBeInstanceOf(UidValidityChanged)
    }
    expect(selects()).toBe(1)
  })
})

test('a server that disables LOGIN until TLS is not taken for one that refuses the password', async () => {
  await using b = await broken({
    toClient: (text) => without('AUTH=PLAIN', 'AUTH=LOGIN')(announcing('LOGINDISABLED')(text)),
  })
  const failure = await b.box.capabilities().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(LoginUnavailable)
  expect((failure as Error).message).toMatch(/allows no login without TLS: Login is disabled.*imap\.secure/)
})

describe('a less capable server', () => {
  test('without MOVE and UIDPLUS moves and deletes nothing', async () => {
    await using b = await broken({ toClient: without('MOVE', 'UIDPLUS') })
    for (const id of [1, 2]) await b.witness.append('INBOX', mail(`${id}@x`), ['\\Deleted'], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    await expect(b.box.move('INBOX', uidValidity, 1, 'Junk')).rejects.toBeInstanceOf(PermanentError)
    await expect(b.box.removeExactly('INBOX', uidValidity, 1)).rejects.toBeInstanceOf(PermanentError)
    expect(await b.witness.uidsAfter('INBOX', uidValidity, 0)).toEqual([1, 2])
    expect((await b.box.capabilities()).has('MOVE')).toBe(false)
  })

  test('with UIDPLUS alone moves by COPY and UID EXPUNGE, and leaves the marked mail of others', async () => {
    await using b = await broken({ toClient: without('MOVE') })
    await b.witness.append('INBOX', mail('other@x'), ['\\Deleted'], [], when)
    await b.witness.append('INBOX', mail('spam@x'), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    expect(await b.box.move('INBOX', uidValidity, 2, 'Junk')).toEqual({ uid: 1 })
    expect(await b.witness.uidsAfter('INBOX', uidValidity, 0)).toEqual([1])
  })

  test('with UIDPLUS alone whose answer to STORE is lost after COPY: uncertain', async () => {
    await using b = await broken({ toClient: without('MOVE') })
    await b.witness.append('INBOX', mail('spam@x'), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    await b.box.capabilities()
    b.relay.hooks = cutAt('toServer', /UID STORE/)
    await expect(b.box.move('INBOX', uidValidity, 1, 'Junk')).rejects.toBeInstanceOf(UncertainError)
    expect(await b.box.findByMessageId('Junk', '<spam@x>')).toEqual([1])
  })

  test('that keeps no keywords is not given any, and says so', async () => {
    const fixed = (text: string) =>
      text.replace(/PERMANENTFLAGS \([^)]*\)/, 'PERMANENTFLAGS (\\Seen \\Answered \\Draft)')
    await using b = await broken({ toClient: fixed })
    const { uidValidity } = await b.box.append('Drafts', mail('d@x'), ['\\Draft'], ['replyd'], when)
    expect(await b.box.addFlags('Drafts', uidValidity!, 1, ['\\Seen', '$Mine'])).toBe(false)
    expect((await b.witness.flags('Drafts', uidValidity!, 1))!.sort()).toEqual(['\\Draft', '\\Seen'])
  })

  test('that says PERMANENTFLAGS (\\*) alone keeps \\Answered too', async () => {
    const bare = (text: string) => text.replace(/PERMANENTFLAGS \([^)]*\)/, 'PERMANENTFLAGS (\\*)')
    await using b = await broken({ toClient: bare })
    const { uidValidity } = await b.box.append('INBOX', mail('d@x'), [], [], when)
    expect(await b.box.addFlags('INBOX', uidValidity!, 1, ['\\Answered', '$Mine'])).toBe(true)
    expect((await b.witness.flags('INBOX', uidValidity!, 1))!.sort()).toEqual(['$Mine', '\\Answered'])
  })

  test('without UIDPLUS does not report where a draft went', async () => {
    const bare = (text: string) => without('UIDPLUS')(text).replace(/ \[APPENDUID[^\]]*\]/, '')
    await using b = await broken({ toClient: bare })
    expect(await b.box.append('Drafts', mail('d@x'), [], [], when)).toEqual({ uid: null, uidValidity: null })
  })

  test('without any special mailbox gets Drafts and Junk, once', async () => {
    const plain = await startDovecot({ extraConfig: noMailboxes })
    try {
      const settings = accountOn(plain, 'plain@replyd.test')
      await using first = openImapAccount(settings, quietOptions)
      const found = await first.specialMailboxes()
      expect([found.drafts, found.junk, found.sent]).toEqual(['Drafts', 'Junk', null])
      await using second = openImapAccount(settings, quietOptions)
      expect(await second.specialMailboxes()).toEqual(found)
    } finally {
      await plain.stop()
    }
  })

  test('that names its mailboxes in German is understood, and nothing is added', async () => {
    const plain = await startDovecot({ extraConfig: noMailboxes })
    try {
      const settings = accountOn(plain, 'german@replyd.test')
      await using box = openImapAccount(settings, quietOptions)
      const phone = new ImapFlow({
        host: plain.host,
        port: plain.imapPort,
        doSTARTTLS: false,
        auth: { user: 'german@replyd.test', pass: plain.password },
        logger: false,
      })
      await phone.connect()
      for (const name of ['Entwürfe', 'Gesendet', 'Spam']) await phone.mailboxCreate(name)
      await phone.logout()
      expect(await box.specialMailboxes()).toMatchObject({
        drafts: 'Entwürfe',
        sent: 'Gesendet',
        junk: 'Spam',
      })
    } finally {
      await plain.stop()
    }
  })
})

describe('plain text', () => {
  const seen: string[] = []
  const listening: Hooks = {
    toServer: (text) => {
      seen.push(text)
      return text
    },
  }
  // 0.0.0.0 is not a loopback address, but still reaches this machine.
  const foreign = (port: number) =>
    accountOn({ ...dovecot, host: '0.0.0.0', imapPort: port }, 'plain@replyd.test')

  test('is refused on any but loopback: no password leaves before STARTTLS', async () => {
    await using relay = await Relay.start(dovecot.imapPort, listening)
    await using box = openImapAccount(foreign(relay.port), quietOptions)
    await expect(box.state('INBOX')).rejects.toBeInstanceOf(TemporaryError)
    expect(seen.join('')).not.toMatch(/LOGIN|AUTHENTICATE/)
  })

  test('is used there when the owner allows it', async () => {
    await using relay = await Relay.start(dovecot.imapPort)
    const settings = foreign(relay.port)
    const allowed = { ...settings, imap: { ...settings.imap, allowPlaintext: true } }
    await using box = openImapAccount(allowed, quietOptions)
    expect((await box.state('INBOX')).exists).toBe(0)
  })
})

describe('STARTTLS on loopback', () => {
  const caFile = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url))

  /** Through a relay that listens, to a Dovecot with TLS. */
  async function secured(tls: 'offered' | 'required', hooks: Hooks) {
    const server = await startDovecot({ tls })
    const heard: string[] = []
    const relay = await Relay.start(server.imapPort, {
      ...hooks,
      toServer: (text) => {
        heard.push(text)
        return text
      },
    })
    relay.from = '127.0.0.2'
    const settings = accountOn({ ...server, imapPort: relay.port }, 'tls@replyd.test')
    const box = openImapAccount({ ...settings, imap: { ...settings.imap, caFile } }, quietOptions)
    return {
      box,
      heard: () => heard.join(''),
      async [Symbol.asyncDispose]() {
        await box[Symbol.asyncDispose]()
        await relay[Symbol.asyncDispose]()
        await server.stop()
      },
    }
  }

  test.each(['offered', 'required'] as const)(
    'is used where it is %s: the login is encrypted',
    async (tls) => {
      await using b = await secured(tls, {})
      expect((await b.box.state('INBOX')).exists).toBe(0)
      expect(b.heard()).toMatch(/ STARTTLS\r\n/)
      expect(b.heard()).not.toMatch(/LOGIN|AUTHENTICATE|EXAMINE/)
    },
  )

  test.each([
    ['announces LOGINDISABLED', without('STARTTLS'), /Login is disabled/],
    ['refuses the login', without('STARTTLS', 'LOGINDISABLED'), /PRIVACYREQUIRED/],
    [
      'says "Must issue a STARTTLS command first"',
      (text: string) =>
        without(
          'STARTTLS',
          'LOGINDISABLED',
        )(text)
          .replace(/^\* BAD \[ALERT\][^\r]*\r\n/m, '')
          .replace(/ NO \[PRIVACYREQUIRED\][^\r]*/, ' NO Must issue a STARTTLS command first'),
      /Must issue a STARTTLS command first/,
    ],
  ])(
    'that is withheld by a server that %s: the error does not blame the password',
    async (_, toClient, words) => {
      await using b = await secured('required', { toClient })
      const failure = await b.box.capabilities().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(LoginUnavailable)
      expect((failure as Error).message).toMatch(/allows no login without TLS/)
      expect((failure as Error).message).toMatch(words)
      expect((failure as Error).message).not.toMatch(/password/)
    },
  )
})

test('OAuth2 mints a token for the connection; when that is refused the owner has to authorise again', async () => {
  const sent: string[] = []
  await using relay = await Relay.start(dovecot.imapPort, {
    toClient: (text) => text.replace('AUTH=PLAIN', 'AUTH=PLAIN AUTH=XOAUTH2'),
    toServer: (text) => {
      sent.push(text)
      return text
    },
  })
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, 'oauth@replyd.test')
  const oauth2 = {
    provider: 'custom' as const,
    clientId: 'id',
    clientSecret: null,
    tokenUrl: 'http://127.0.0.1/',
    deviceUrl: null,
    authorizeUrl: null,
    scopes: [],
  }
  let minted = 0
  const accessToken = async () => `token-${++minted}`
  const account = { ...settings, imap: { ...settings.imap, oauth2 } }
  await using box = openImapAccount(account, { ...quietOptions, accessToken })
  await expect(box.state('INBOX')).rejects.toThrow(/replyd auth/)
  const [, login] = /AUTHENTICATE XOAUTH2 (\S+)/.exec(sent.join('')) ?? []
  expect(Buffer.from(login ?? '', 'base64').toString()).toContain('auth=Bearer token-1\x01')
  // A refused token may have been revoked a moment before it was used: it is replaced once.
  expect(minted).toBe(2)
})

describe('another client at work', () => {
  test('changing flags all the while adds no phantom and hides no mail', async () => {
    await using b = await broken()
    const count = 40
    for (let id = 1; id <= count; id++) await b.witness.append('INBOX', mail(`${id}@x`), [], [], when)
    const { uidValidity } = await b.witness.state('INBOX')
    const uids = Array.from({ length: count }, (_, i) => i + 1)
    let fetching = true
    const flagging = (async () => {
      for (let i = 0; fetching; i++) {
        await b.witness[i % 2 ? 'addFlags' : 'removeFlags']('INBOX', uidValidity, (i % count) + 1, [
          '\\Flagged',
        ])
      }
    })()
    for (let round = 0; round < 10; round++) {
      const fetched = await all(b.box.fetch('INBOX', uidValidity, uids, { ...limits, batch: 7 }))
      expect(fetched.map(({ uid, messageId, fault }) => [uid, messageId, fault])).toEqual(
        uids.map((uid) => [uid, `<${uid}@x>`, null]),
      )
    }
    fetching = false
    await flagging
  })
})

test('what has just come is read by a bounded command, though the server knew of less than there is', async () => {
  await using b = await broken()
  const { uidValidity } = await b.box.state('INBOX')
  const answered: string[] = []
  const toClient = (text: string) => {
    answered.push(...[...text.matchAll(/FETCH \(UID (\d+)/g)].map(([, uid]) => uid ?? ''))
    return text
  }
  const read = async () => {
    await b.box.state('INBOX')
    return b.box.fetchAbove('INBOX', uidValidity, { last: 1, most: 2, expected: [2] }, limits)
  }
  for (const id of [1, 2, 3]) await b.witness.append('INBOX', mail(`${id}@x`), [], [], when)
  expect((await read())!.map(({ uid }) => uid)).toEqual([2, 3])
  for (let id = 4; id <= 30; id++) await b.witness.append('INBOX', mail(`${id}@x`), [], [], when)
  b.relay.hooks = { toClient }
  expect(await read()).toBeNull()
  expect(answered).toEqual(['2', '3', '30'])
})

test('two short mails that have just come cost one FETCH, and a lost connection leaves them to the batches', async () => {
  await using b = await broken()
  for (const id of ['1@x', '2@x']) await b.witness.append('INBOX', mail(id), [], [], when)
  const { uidValidity } = await b.box.state('INBOX')
  const read = () => b.box.fetchAbove('INBOX', uidValidity, { last: 0, most: 4, expected: [1, 2] }, limits)
  // It selects the mailbox.
  await read()
  const asked: string[] = []
  const toServer = (text: string) => {
    asked.push(...(text.match(/UID FETCH|NOOP/g) ?? []))
    return text
  }
  b.relay.hooks = { toServer }
  expect((await read())!.map(({ uid, texts }) => [uid, texts.has('1')])).toEqual([
    [1, true],
    [2, true],
  ])
  expect(asked).toEqual(['UID FETCH'])
  b.relay.hooks = cutAt('toServer', /UID FETCH/)
  expect(await read()).toBeNull()
})

test('a server that does not state the next UID is asked for those that exist', async () => {
  await using b = await broken({
    toClient: (text) => text.replace(/^(\* STATUS .*?) ?UIDNEXT \d+/gm, '$1'),
  })
  await b.witness.append('INBOX', mail('one'), [], [], when)
  await b.witness.append('INBOX', mail('two'), [], [], when)
  expect(await b.box.state('INBOX')).toMatchObject({ exists: 2, uidNext: 3 })
  expect(await b.box.state('Drafts')).toMatchObject({ exists: 0, uidNext: 1 })
})
