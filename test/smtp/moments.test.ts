import { describe, expect, test } from '@jest/globals'
import { OwnerActionError, PermanentError, TemporaryError, UncertainError } from '../../src/base/errors.ts'
import { type Outgoing, RefusedAddressees } from '../../src/smtp/submission.ts'
import { big, impatient, mail, open, timing } from './opened.ts'
import { type Answer, type Moment, ScriptedServer } from './scripted-server.ts'

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
    [
      'AUTH',
      '535 5.7.8 Error: authentication failed: Connection lost to authentication server',
      TemporaryError,
    ],
    ['AUTH', '535 Temporary authentication failure', TemporaryError],
    ['AUTH', '535 5.7.0 Too many bad auth attempts', TemporaryError],
    ['AUTH', '535 5.7.8 Error: authentication failed: (reason unavailable)', OwnerActionError],
    ['AUTH', '535 Authentication failed. Check your password and try again.', OwnerActionError],
    ['MAIL', 'drop', TemporaryError],
    ['MAIL', 'reset', TemporaryError],
    ['MAIL', 'silence', TemporaryError],
    ['MAIL', '451 4.3.0 busy', TemporaryError],
    ['MAIL', '550 5.1.8 bad sender', PermanentError],
    ['MAIL', '530 5.7.0 authenticate first', OwnerActionError],
    ['greeting', 'drip', TemporaryError],
    ['EHLO', 'drip', TemporaryError],
    ['AUTH', 'drip', TemporaryError],
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
    const limits = ['silence', 'drip'].includes(answer) ? impatient : timing
    await using submission = open(server, {}, limits)
    const failure = await submission.send(outgoing).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(expected)
    expect(failure instanceof OwnerActionError).toBe(expected === (OwnerActionError as unknown))
    // It was tried only once in every case.
    expect(server.commands.filter((line) => line.startsWith('MAIL')).length).toBeLessThanOrEqual(1)
    expect(server.mails).toHaveLength(moment === 'dot' ? 1 : 0)
  })

  test('a server that accepts DATA although it refused the addressee gets nothing to deliver', async () => {
    await using server = await ScriptedServer.start((at) =>
      at === 'RCPT' ? '550 5.1.1 no such user' : at === 'DATA' ? '354 go ahead' : undefined,
    )
    await using submission = open(server)
    await expect(submission.send(mail())).rejects.toBeInstanceOf(PermanentError)
    expect(server.mails.map(String)).toEqual([''])
  })

  test.each(['greeting', 'EHLO', 'AUTH', 'RCPT', 'dot'] as const)(
    'a reply without end is cut off: %s',
    async (moment) => {
      await using server = await ScriptedServer.start((at) => (at === moment ? 'flood' : undefined))
      await using submission = open(server)
      const failure = await submission.send(mail()).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(moment === 'dot' ? UncertainError : TemporaryError)
      expect(server.flooded).toBeLessThan(20 * 2 ** 20)
    },
  )

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
    // The next mail may use the server's extensions again.
    await submission.send(mail())
    expect(server.mails).toHaveLength(2)
  })

  test.each([
    ['550 5.1.1 no such user', PermanentError, '1 of 3 recipients was refused'],
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

  test('no addressee: refused before anything is sent', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    await expect(submission.send(mail({ addressees: [] }))).rejects.toBeInstanceOf(PermanentError)
    expect(server.commands.filter((line) => line.startsWith('MAIL'))).toEqual([])
  })
})
