import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { LoginUnavailable, PermanentError, TemporaryError } from '../../src/base/errors.ts'
import { big, mail, open, timing } from './opened.ts'
import { type Answer, type Moment, ScriptedServer } from './scripted-server.ts'

/** Resolves when the server has read all of a mail except its final dot. */
const bodyRead = (server: ScriptedServer, octets: Buffer) =>
  new Promise<void>((resolve) => {
    server.events.on('body', (received: number) => received === octets.length && resolve())
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

  test('the bounce of a mail that a person approved is wanted', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.send(mail({ automatic: false }))
    expect(server.commands.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<ann@example.org>'])
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

  test('a mail beyond the announced SIZE is a permanent failure', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await expect(submission.send(mail({ octets: big }))).rejects.toBeInstanceOf(PermanentError)
  })
})

describe('plain text', () => {
  test('is refused on any but loopback: STARTTLS is required', async () => {
    await using server = await ScriptedServer.start()
    // 0.0.0.0 is not a loopback address, but still reaches this machine.
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

describe('STARTTLS on loopback', () => {
  const offering = (at: Moment, { count }: { count: number }): Answer | undefined => {
    if (at === 'STARTTLS') return '220 go ahead'
    if (at !== 'EHLO') return undefined
    return count === 1 ? '250-scripted\r\n250 STARTTLS' : '250-scripted\r\n250 AUTH PLAIN'
  }

  const caFile = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url))

  test('is used where it is offered: some servers take no login before it', async () => {
    await using server = await ScriptedServer.start(offering)
    await using submission = open(server, { caFile })
    await submission.send(mail())
    expect(server.commands.map((line) => line.split(' ')[0])).toEqual([
      'EHLO',
      'STARTTLS',
      'EHLO',
      'AUTH',
      'MAIL',
      'RCPT',
      'DATA',
    ])
    expect(server.mails).toHaveLength(1)
  })

  test('is not asked for where it is not offered', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await submission.send(mail())
    expect(server.commands).not.toContain('STARTTLS')
  })
})

describe('a server without AUTH', () => {
  const bare = (at: Moment): Answer | undefined =>
    at === 'EHLO' ? '250-scripted\r\n250 8BITMIME' : undefined

  test('is an error when there is a password, but the error does not blame the password', async () => {
    await using server = await ScriptedServer.start(bare)
    await using submission = open(server)
    for (const attempt of [submission.verify(), submission.send(mail())]) {
      const failure = await attempt.catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(LoginUnavailable)
      expect((failure as Error).message).toMatch(/offers no login \(AUTH\)/)
      expect((failure as Error).message).not.toMatch(/password/)
    }
    expect(server.commands.filter((line) => line.startsWith('MAIL'))).toEqual([])
  })

  test.each([
    ['no login is wanted', { user: '' }],
    ['there is nothing to log in with', { password: '' }],
    ['the login is only that of another server', { loginOptional: true }],
  ])('takes mail when %s', async (_, changes) => {
    await using server = await ScriptedServer.start(bare)
    await using submission = open(server, changes)
    expect(await submission.verify()).toBe(false)
    await submission.send(mail())
    expect(server.mails).toHaveLength(1)
  })

  test('that demands a login at MAIL is distinguished from a wrong password', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'MAIL' ? '530 5.7.0 Authentication required' : bare(at),
    )
    await using submission = open(server, { loginOptional: true })
    const failure = await submission.send(mail()).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LoginUnavailable)
    expect((failure as Error).message).toMatch(/offers no login \(AUTH\): 530 5\.7\.0/)
  })

  test('one that offers it says that it was used', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    expect(await submission.verify()).toBe(true)
  })

  test('"Must issue a STARTTLS command first" is not about the password', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'AUTH' ? '530 5.7.0 Must issue a STARTTLS command first' : undefined,
    )
    await using submission = open(server)
    const failure = await submission.verify().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LoginUnavailable)
    expect((failure as Error).message).toMatch(/allows no login without TLS/)
  })
})

describe('a server that takes the end of the connection for the end of the mail', () => {
  const withheld = new TemporaryError('another has it')

  async function start(how: 'plain' | 'STARTTLS' | 'TLS'): Promise<ScriptedServer> {
    const server = await ScriptedServer.start((at, { count }) =>
      how !== 'STARTTLS'
        ? undefined
        : at === 'STARTTLS'
          ? '220 go ahead'
          : at === 'EHLO' && count === 1
            ? '250-scripted\r\n250 STARTTLS'
            : undefined,
    )
    server.takesEndForDot = true
    server.implicitTls = how === 'TLS'
    return server
  }

  const caFile = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url))

  test.each(['plain', 'STARTTLS', 'TLS'] as const)('gets nothing that was withheld (%s)', async (how) => {
    await using server = await start(how)
    await using submission = open(server, { secure: how === 'TLS', caFile })
    // libuv reports an RST that comes together with earlier octets as an orderly end, so these must have been read
    // before.
    const whole = bodyRead(server, mail().octets)
    const refuse = async () => {
      await whole
      throw withheld
    }
    await expect(submission.send(mail(), refuse)).rejects.toBe(withheld)
    await server.empty()
    expect(server.mails).toEqual([])
    expect((await submission.send(mail())).replyCode).toBe(250)
    expect(server.mails).toHaveLength(1)
  })

  test('gets nothing when the question about the end takes too long', async () => {
    await using server = await start('plain')
    // Enough for the server to read the text, even on a busy machine: see above.
    await using submission = open(server, {}, { ...timing, mailMs: 3000 })
    const question = new EventEmitter()
    const sending = submission.send(mail(), async () => void (await once(question, 'answer')))
    const failure = sending.catch((error: unknown) => error)
    await bodyRead(server, mail().octets)
    await server.empty()
    question.emit('answer')
    expect(await failure).toBeInstanceOf(TemporaryError)
    expect(server.mails).toEqual([])
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
      const whole = bodyRead(server, octets)
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

  test('is answered no: no dot is written, and the next mail takes another connection', async () => {
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
