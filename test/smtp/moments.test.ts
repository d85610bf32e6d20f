import { EventEmitter, once } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { OwnerActionError, PermanentError, TemporaryError, UncertainError } from '../../src/errors.ts'
import { silentLog } from '../../src/log.ts'
import type { Server } from '../../src/settings.ts'
import { type Outgoing, openSubmission, RefusedAddressees } from '../../src/smtp.ts'
import { type Answer, type Moment, ScriptedServer } from './scripted-server.ts'

const settings = (port: number, changes: Partial<Server> = {}): Server => ({
  host: '127.0.0.1',
  port,
  secure: false,
  user: 'me@replyd.test',
  password: 'secret',
  oauth2: null,
  allowPlaintext: false,
  ...changes,
})

const mail = (changes: Partial<Outgoing> = {}): Outgoing => ({
  octets: Buffer.from('Message-ID: <1@replyd.test>\r\nSubject: Hi\r\n\r\nHello\r\n'),
  reversePath: 'me@replyd.test',
  addressees: ['ann@example.org'],
  smtpUtf8: false,
  ...changes,
})

/** Long enough not to be over in the common case, short enough for a test. */
const timing = { connectMs: 2000, quietMs: 400, mailMs: 2000, idleMs: 2000 }

const open = (server: ScriptedServer, changes: Partial<Server> = {}, limits = timing) =>
  openSubmission(settings(server.port, changes), { log: silentLog, timing: limits })

const big = Buffer.from(`Subject: big\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(100_000)}`)

describe('a failure at each moment of the dialog', () => {
  const cases: [Moment, Answer, new (...args: never[]) => Error, Outgoing?][] = [
    ['greeting', 'drop', TemporaryError],
    ['greeting', '421 4.7.0 too many connections', TemporaryError],
    ['greeting', '554 5.7.1 blocked', TemporaryError],
    ['greeting', 'silence', TemporaryError],
    ['EHLO', 'drop', TemporaryError],
    ['EHLO', '421 shutting down', TemporaryError],
    ['AUTH', 'drop', TemporaryError],
    ['AUTH', 'silence', TemporaryError],
    ['AUTH', '454 4.7.0 try later', TemporaryError],
    ['AUTH', '535 5.7.8 bad credentials', OwnerActionError],
    ['MAIL', 'drop', TemporaryError],
    ['MAIL', 'reset', TemporaryError],
    ['MAIL', 'silence', TemporaryError],
    ['MAIL', '451 4.3.0 busy', TemporaryError],
    ['MAIL', '550 5.1.8 bad sender', PermanentError],
    ['MAIL', '530 5.7.0 authenticate first', OwnerActionError],
    ['RCPT', 'drop', TemporaryError],
    ['RCPT', 'silence', TemporaryError],
    ['RCPT', '450 4.2.1 greylisted', TemporaryError],
    ['RCPT', '550 5.1.1 no such user', PermanentError],
    ['DATA', 'drop', TemporaryError],
    ['DATA', 'silence', TemporaryError],
    ['DATA', '452 4.3.1 full', TemporaryError],
    ['DATA', '554 5.5.0 no', PermanentError],
    ['mid-body', 'drop', TemporaryError, mail({ octets: big, addressees: ['cut@example.org'] })],
    ['mid-body', 'reset', TemporaryError, mail({ octets: big })],
    ['dot', 'drop', UncertainError],
    ['dot', 'reset', UncertainError],
    ['dot', 'silence', UncertainError],
    ['dot', 'drip', UncertainError],
    ['dot', '451 4.3.0 later', TemporaryError],
    ['dot', '421 4.3.2 shutting down', TemporaryError],
    ['dot', '554 5.7.1 spam', PermanentError],
    ['dot', 'garbage', UncertainError],
    ['dot', '354 what', UncertainError],
  ]
  test.each(cases)('%s: %s', async (moment, answer, expected, outgoing = mail()) => {
    const sized = moment === 'mid-body' ? '250-scripted\r\n250-PIPELINING\r\n250 AUTH PLAIN' : undefined
    await using server = await ScriptedServer.start((at) =>
      at === moment ? answer : at === 'EHLO' ? sized : undefined,
    )
    await using submission = open(server)
    const failure = await submission.send(outgoing).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(expected)
    expect(failure instanceof OwnerActionError).toBe(expected === (OwnerActionError as unknown))
    // Whatever happened, it was tried once.
    expect(server.commands.filter((line) => line.startsWith('MAIL')).length).toBeLessThanOrEqual(1)
    expect(server.mails).toHaveLength(moment === 'dot' ? 1 : 0)
  })

  test('a server that takes DATA though it refused the addressee gets nothing to deliver', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'RCPT' ? '550 5.1.1 no such user' : at === 'DATA' ? '354 go ahead' : undefined,
    )
    await using submission = open(server)
    await expect(submission.send(mail())).rejects.toBeInstanceOf(PermanentError)
    expect(server.mails.map(String)).toEqual([''])
  })

  test('nobody listens: temporary', async () => {
    const server = await ScriptedServer.start()
    await using submission = open(server)
    await server[Symbol.asyncDispose]()
    await expect(submission.send(mail())).rejects.toBeInstanceOf(TemporaryError)
  })

  test('the message of a refusal keeps the reply and hides the addresses in it', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'RCPT' ? '550 5.1.1 <ann@example.org>: no such user' : undefined,
    )
    await using submission = open(server)
    const failure = (await submission.send(mail()).catch((error: unknown) => error)) as Error
    expect(failure.message).toBe('SMTP reply 550 5.1.1 <address>: no such user')
  })
})

describe('several addressees', () => {
  const addressees = ['ann@example.org', 'ben@example.org', 'eve@example.org']

  test('get one mail, and its text is begun only when all were accepted', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.send(mail({ addressees }))
    const verbs = server.commands.map((line) => line.split(' ')[0])
    expect(verbs.slice(2)).toEqual(['MAIL', 'RCPT', 'RCPT', 'RCPT', 'DATA'])
    expect(server.mails).toHaveLength(1)
    // The next mail may use what the server offers again.
    await submission.send(mail())
    expect(server.mails).toHaveLength(2)
  })

  test.each([
    ['550 5.1.1 no such user', PermanentError, '1 of 3 addressees was refused'],
    ['450 4.2.1 greylisted', TemporaryError, 'greylisted'],
  ])('nobody gets it when one is refused with %s', async (reply, expected, words) => {
    await using server = await ScriptedServer.start((at, { count }) =>
      at === 'RCPT' && count === 2 ? reply : undefined,
    )
    await using submission = open(server)
    const failure = (await submission.send(mail({ addressees })).catch((error: unknown) => error)) as Error
    expect(failure).toBeInstanceOf(expected)
    expect(failure.message).toContain(words)
    expect(failure.message).not.toContain('@')
    expect(server.commands.filter((line) => line === 'DATA')).toEqual([])
    expect(server.mails).toEqual([])
    await submission.send(mail())
    expect(server.mails).toHaveLength(1)
  })

  test('names those that were refused, for the owner', async () => {
    await using server = await ScriptedServer.start((at, { count }) =>
      at === 'RCPT' && count > 1 ? '550 5.1.1 no such user' : undefined,
    )
    await using submission = open(server)
    const failure = await submission.send(mail({ addressees })).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RefusedAddressees)
    expect((failure as RefusedAddressees).refused).toEqual(addressees.slice(1))
  })

  test('a temporary refusal outranks a lasting one: it is tried again as a whole', async () => {
    await using server = await ScriptedServer.start((at, { count }) =>
      at !== 'RCPT' || count === 1 ? undefined : count === 2 ? '550 no' : '451 later',
    )
    await using submission = open(server)
    await expect(submission.send(mail({ addressees }))).rejects.toBeInstanceOf(TemporaryError)
  })

  test('nobody at all: refused before anything is said', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await expect(submission.send(mail({ addressees: [] }))).rejects.toBeInstanceOf(PermanentError)
    expect(server.commands.filter((line) => line.startsWith('MAIL'))).toEqual([])
  })
})

describe('what is sent', () => {
  test('exactly the octets, dots stuffed, the envelope as given', async () => {
    const octets = Buffer.from('Subject: dots\r\n\r\n.\r\n..two\r\n.one\r\nGr\xfc\xdfe\r\n\r\n', 'latin1')
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    const accepted = await submission.send(mail({ octets, reversePath: '' }))
    expect(accepted).toEqual({ replyCode: 250, reply: '250 2.0.0 queued', messageId: null })
    expect(server.mails).toEqual([octets])
    expect(server.commands.slice(2)).toEqual([
      `MAIL FROM:<> BODY=8BITMIME SIZE=${octets.length}`,
      'RCPT TO:<ann@example.org> NOTIFY=NEVER',
      'DATA',
    ])
  })

  test('the Message-ID that the server gave is read from its reply', async () => {
    const reply = '250 2.0.0 OK <AM0PR01@AM0PR01MB1.eurprd01.prod.outlook.com> [Hostname=AM0PR01MB1]'
    await using server = await ScriptedServer.start((at) => (at === 'dot' ? reply : undefined))
    await using submission = open(server)
    expect((await submission.send(mail())).messageId).toBe('<AM0PR01@AM0PR01MB1.eurprd01.prod.outlook.com>')
  })

  test('a header beyond ASCII asks for SMTPUTF8, an ASCII mail does not', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.send(mail({ smtpUtf8: true }))
    await submission.send(mail({ smtpUtf8: true, addressees: ['jürgen@example.org'] }))
    await submission.send(mail())
    const froms = server.commands
      .filter((line) => line.startsWith('MAIL'))
      .map((line) => line.split(' ').slice(2))
    expect(froms.map((words) => words.filter((word) => word === 'SMTPUTF8').length)).toEqual([1, 1, 0])
  })

  test('without SMTPUTF8 on the server such a mail is refused before MAIL', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'EHLO' ? '250-x\r\n250 AUTH PLAIN' : undefined,
    )
    await using submission = open(server)
    await expect(submission.send(mail({ smtpUtf8: true }))).rejects.toBeInstanceOf(PermanentError)
    expect(server.commands.some((line) => line.startsWith('MAIL'))).toBe(false)
  })

  test.each(['ann@example.org>\r\nRCPT TO:<eve@example.org', 'a b\n@x', ''])(
    'the address %j sends nothing',
    async (addressee) => {
      await using server = await ScriptedServer.start()
      await using submission = open(server)
      await expect(submission.send(mail({ addressees: [addressee] }))).rejects.toBeInstanceOf(PermanentError)
      expect(server.commands.some((line) => line.startsWith('RCPT'))).toBe(false)
    },
  )

  test('a mail beyond the SIZE of the server is refused for good', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await expect(submission.send(mail({ octets: big }))).rejects.toBeInstanceOf(PermanentError)
  })
})

describe('plain text', () => {
  test('is refused on any but loopback: STARTTLS is required', async () => {
    await using server = await ScriptedServer.start()
    // 0.0.0.0 is not a loopback address, and reaches this machine all the same.
    await using submission = open(server, { host: '0.0.0.0' })
    await expect(submission.send(mail())).rejects.toBeInstanceOf(TemporaryError)
    expect(server.commands.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'STARTTLS'])
  })

  test('is used there when the owner allows it', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server, { host: '0.0.0.0', allowPlaintext: true })
    await submission.send(mail())
    expect(server.mails).toHaveLength(1)
  })
})

describe('connections', () => {
  test('one carries many mails', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    for (let i = 0; i < 20; i++) await submission.send(mail())
    expect(server.connections).toBe(1)
    expect(server.mails).toHaveLength(20)
  })

  test('after a refusal RSET clears the way for the next mail', async () => {
    await using server = await ScriptedServer.start((at, { count }) =>
      at === 'RCPT' && count === 1 ? '550 5.1.1 unknown' : undefined,
    )
    await using submission = open(server)
    await expect(submission.send(mail())).rejects.toBeInstanceOf(PermanentError)
    await submission.send(mail())
    expect(server.connections).toBe(1)
    expect(server.commands.filter((line) => line === 'RSET')).toHaveLength(1)
    expect(server.mails).toHaveLength(1)
  })

  test.each(['drop', 'reset', '421 4.4.2 idle too long'])(
    'a kept one that answers MAIL with %s is replaced',
    async (answer) => {
      await using server = await ScriptedServer.start((at, { connection, count }) =>
        at === 'MAIL' && connection === 1 && count === 2 ? answer : undefined,
      )
      await using submission = open(server)
      await submission.send(mail())
      await submission.send(mail({ octets: Buffer.from('Subject: second\r\n\r\n') }))
      expect(server.connections).toBe(2)
      expect(server.mails.map(String)).toEqual([mail().octets.toString(), 'Subject: second\r\n\r\n'])
    },
  )

  test('a kept one that was cut unnoticed is replaced', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.send(mail())
    server.cutAll()
    await server.empty()
    await submission.send(mail())
    expect(server.mails).toHaveLength(2)
  })

  test('a kept one that dies after the final dot is not tried again', async () => {
    await using server = await ScriptedServer.start((at, { count }) =>
      at === 'dot' && count === 2 ? 'drop' : undefined,
    )
    await using submission = open(server)
    await submission.send(mail())
    await expect(submission.send(mail())).rejects.toBeInstanceOf(UncertainError)
    expect(server.mails).toHaveLength(2)
    expect(server.connections).toBe(1)
  })

  test('where the server allows one connection, all mails go over that', async () => {
    const events = new EventEmitter()
    const refused = once(events, 'refused')
    await using server = await ScriptedServer.start((at, { connection, count }) => {
      if (at === 'greeting' && connection > 1) {
        events.emit('refused')
        return '421 4.7.0 too many connections'
      }
      // The first mail is answered only after a second connection was tried.
      return at === 'dot' && connection === 1 && count === 1 ? refused.then(() => undefined) : undefined
    })
    await using submission = open(server, {}, { ...timing, quietMs: 5000, mailMs: 5000 })
    await Promise.all(Array.from({ length: 30 }, () => submission.send(mail())))
    expect(server.mails).toHaveLength(30)
    expect(server.connections).toBe(2)
  })

  test('mails that wait open another connection', async () => {
    const events = new EventEmitter()
    const second = once(events, 'second')
    await using server = await ScriptedServer.start((at, { connection }) => {
      if (at === 'dot' && connection === 2) events.emit('second')
      return at === 'dot' && connection === 1 ? second.then(() => undefined) : undefined
    })
    await using submission = open(server, {}, { ...timing, quietMs: 5000, mailMs: 5000 })
    await Promise.all([submission.send(mail()), submission.send(mail())])
    expect(server.mails).toHaveLength(2)
  })

  test('logins are at least a second apart, whatever the server does', async () => {
    await using server = await ScriptedServer.start((at) => (at === 'MAIL' ? 'drop' : undefined))
    await using submission = open(server)
    for (let i = 0; i < 3; i++) await submission.send(mail()).catch(() => {})
    const gaps = server.logins.slice(1).map((at, i) => at - server.logins[i]!)
    expect(server.logins).toHaveLength(3)
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1000)
  })

  test('closing ends the kept ones', async () => {
    await using server = await ScriptedServer.start()
    const submission = open(server)
    await submission.send(mail())
    await submission[Symbol.asyncDispose]()
    await server.empty()
    expect(server.commands.at(-1)).toBe('QUIT')
    await expect(submission.send(mail())).rejects.toBeInstanceOf(TemporaryError)
    expect(server.connections).toBe(1)
  })

  test('an unused one is given back after a while', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server, {}, { ...timing, idleMs: 10 })
    await submission.send(mail())
    await server.empty()
    expect(server.commands.at(-1)).toBe('QUIT')
  })

  test('after a refused login nothing more is tried, until verify succeeds', async () => {
    let password = 'wrong'
    await using server = await ScriptedServer.start((at) =>
      at === 'AUTH' && password === 'wrong' ? '535 5.7.8 bad credentials' : undefined,
    )
    await using submission = open(server)
    await expect(submission.send(mail())).rejects.toBeInstanceOf(OwnerActionError)
    await expect(submission.send(mail())).rejects.toBeInstanceOf(OwnerActionError)
    expect(server.connections).toBe(1)
    await expect(submission.verify()).rejects.toBeInstanceOf(OwnerActionError)
    password = 'right'
    await submission.verify()
    await submission.send(mail())
    expect(server.mails).toHaveLength(1)
  })

  test('verify logs in and sends nothing', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.verify()
    expect(server.logins).toHaveLength(1)
    expect(server.commands.some((line) => line.startsWith('MAIL'))).toBe(false)
  })

  test('OAuth2 logs in with a fresh token on each connection', async () => {
    const ehlo = '250-x\r\n250 AUTH XOAUTH2'
    await using server = await ScriptedServer.start((at) => (at === 'EHLO' ? ehlo : undefined))
    const oauth2 = {
      provider: 'custom' as const,
      clientId: 'id',
      clientSecret: null,
      tokenUrl: 'http://127.0.0.1/',
      deviceUrl: null,
      authorizeUrl: null,
      scopes: [],
    }
    const accessToken = async () => 'token-1'
    await using submission = openSubmission(settings(server.port, { oauth2 }), {
      log: silentLog,
      timing,
      accessToken,
    })
    await submission.send(mail())
    const login = server.commands.find((line) => line.startsWith('AUTH XOAUTH2 '))!.split(' ')[2]!
    expect(Buffer.from(login, 'base64').toString()).toBe('user=me@replyd.test\x01auth=Bearer token-1\x01\x01')
  })
})

describe('whether a mail may be ended', () => {
  test.each<[Moment, Answer]>([
    ['greeting', 'drop'],
    ['EHLO', '421 shutting down'],
    ['AUTH', '535 5.7.8 bad credentials'],
    ['MAIL', '451 4.3.0 later'],
    ['RCPT', '550 5.1.1 unknown'],
    ['DATA', 'drop'],
  ])('is not asked before the server has its text: %s %s', async (moment, answer) => {
    await using server = await ScriptedServer.start((at) => (at === moment ? answer : undefined))
    await using submission = open(server)
    let asked = 0
    const failure = await submission
      .send(mail(), async () => {
        asked++
      })
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(asked).toBe(0)
  })

  test.each([20, 100_000])(
    'is asked when %i octets are there, and the dot waits for the answer',
    async (size) => {
      await using server = await ScriptedServer.start(() => undefined)
      await using submission = open(server)
      const octets = Buffer.from(`Subject: hi\r\n\r\n${'x'.repeat(size)}\r\n`)
      const whole = new Promise<void>((resolve) => {
        server.events.on('body', (received: number) => received === octets.length && resolve())
      })
      const before: number[] = []
      await submission.send(mail({ octets }), async () => {
        await whole
        before.push(server.mails.length)
      })
      expect(before).toEqual([0])
      expect(server.mails).toEqual([octets])
    },
  )

  test('is asked once, though the first connection turns out to be dead', async () => {
    let died = false
    await using server = await ScriptedServer.start((at, { count }) => {
      if (at !== 'MAIL' || count !== 2 || died) return undefined
      died = true
      return 'drop'
    })
    await using submission = open(server)
    await submission.send(mail())
    let asked = 0
    await submission.send(mail({ addressees: ['bob@example.org'] }), async () => {
      asked++
    })
    expect([died, asked, server.mails.length]).toEqual([true, 1, 2])
  })

  test('and may not: no dot is written, and the next mail takes another connection', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    await using submission = open(server)
    const withheld = new TemporaryError('another has it')
    await expect(submission.send(mail(), () => Promise.reject(withheld))).rejects.toBe(withheld)
    expect(server.mails).toHaveLength(0)
    expect((await submission.send(mail())).replyCode).toBe(250)
    expect(server.commands.filter((line) => line.startsWith('EHLO'))).toHaveLength(2)
    expect(server.mails).toHaveLength(1)
  })
})
