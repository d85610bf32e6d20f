import { EventEmitter, once } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { OwnerActionError, PermanentError, TemporaryError, UncertainError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { openSubmission } from '../../src/smtp/submission.ts'
import { countLogins } from '../login-gate.ts'
import { mail, open, settings, timing } from './opened.ts'
import { ScriptedServer } from './scripted-server.ts'

describe('connections', () => {
  test('one carries many mails', async () => {
    await using server = await ScriptedServer.start()
    await using submission = open(server)
    for (let i = 0; i < 20; i++) await submission.send(mail())
    expect(server.connections).toBe(1)
    expect(server.mails).toHaveLength(20)
  })

  test.each(['535 secret is wrong', `535 ${Buffer.from('secret').toString('base64')} is wrong`])(
    'a refusal that repeats the password, %s, is told without it',
    async (answer) => {
      await using server = await ScriptedServer.start((at) => (at === 'AUTH' ? answer : undefined))
      await using submission = open(server)
      const error = await submission.send(mail()).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(OwnerActionError)
      expect(String(error)).toContain('535 (hidden) is wrong')
    },
  )

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

  test('if the server allows one connection, all mails use it', async () => {
    const events = new EventEmitter()
    const refused = once(events, 'refused')
    const carriers = new Set<number>()
    await using server = await ScriptedServer.start((at, { connection, count }) => {
      if (at === 'greeting' && connection > 1) {
        events.emit('refused')
        return '421 4.7.0 too many connections'
      }
      if (at === 'dot') carriers.add(connection)
      // The first mail is answered only after a second connection was tried.
      return at === 'dot' && connection === 1 && count === 1 ? refused.then(() => undefined) : undefined
    })
    await using submission = open(server)
    await Promise.all(Array.from({ length: 30 }, () => submission.send(mail())))
    expect(server.mails).toHaveLength(30)
    expect([...carriers]).toEqual([1])
  })

  test('mails that wait open another connection', async () => {
    const events = new EventEmitter()
    const second = once(events, 'second')
    await using server = await ScriptedServer.start((at, { connection }) => {
      if (at === 'dot' && connection === 2) events.emit('second')
      return at === 'dot' && connection === 1 ? second.then(() => undefined) : undefined
    })
    await using submission = open(server)
    await Promise.all([submission.send(mail()), submission.send(mail())])
    expect(server.mails).toHaveLength(2)
  })

  test('each login passes the gate that spaces them, whatever the server does', async () => {
    await using server = await ScriptedServer.start((at) => (at === 'MAIL' ? 'drop' : undefined))
    const account = settings(server.port)
    const gate = countLogins(account)
    await using submission = openSubmission(account, { log: silentLog, timing })
    for (let i = 0; i < 3; i++) await submission.send(mail()).catch(() => {})
    expect([server.commands.filter((line) => line.startsWith('AUTH')).length, gate.passes]).toEqual([3, 3])
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

  test('an unused one is closed after a while', async () => {
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
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(1)
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
