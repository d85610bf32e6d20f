import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { ImapFlow } from 'imapflow'
import { Redis as RedisClient } from 'ioredis'
import { createTransport } from 'nodemailer'
import pg from 'pg'
import { type Dovecot, startDovecot, startPostfix, startPostgres, startRedis } from './servers/index.ts'

async function loggedIn(dovecot: Dovecot, user: string, password = dovecot.password): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: dovecot.host,
    port: dovecot.imapPort,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: password },
    logger: false,
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The subjects in a user's INBOX, once there are `count` of them: IDLE says when more arrive. */
async function subjects(dovecot: Dovecot, user: string, count: number): Promise<string[]> {
  const client = await loggedIn(dovecot, user)
  try {
    const { exists } = await client.mailboxOpen('INBOX')
    if (exists < count) {
      const arrived = new Promise<void>((resolve) => {
        client.on('exists', (change) => change.count >= count && resolve())
      })
      await Promise.race([arrived, client.idle()])
      await arrived
    }
    const found: string[] = []
    for await (const { envelope } of client.fetch('1:*', { envelope: true }))
      found.push(envelope?.subject ?? '')
    return found
  } finally {
    await client.logout()
  }
}

const mail = (subject: string): string =>
  `From: sender@example.org\r\nTo: alice@example.com\r\nSubject: ${subject}\r\n\r\n.hello\r\n`

describe('Dovecot', () => {
  test('what comes by LMTP can be read by IMAP, octet by octet', async () => {
    await using dovecot = await startDovecot()
    const octets = Buffer.concat([
      Buffer.from(mail('first')),
      Buffer.from([0xe9, 0x80, 13, 10]),
      Buffer.from('.\r\n..\r\n'),
    ])
    await dovecot.deliver('alice@example.com', octets)
    const client = await loggedIn(dovecot, 'alice@example.com')
    await client.mailboxOpen('INBOX')
    const message = await client.fetchOne('1', { source: true })
    await client.logout()
    if (!message) throw new Error('nothing was fetched')
    expect(message.source?.subarray(-octets.length).equals(octets)).toBe(true)
  })

  test('has the special-use mailboxes', async () => {
    await using dovecot = await startDovecot()
    const client = await loggedIn(dovecot, 'alice@example.com')
    const found = (await client.list()).flatMap((mailbox) => mailbox.specialUse ?? [])
    await client.logout()
    expect(found.sort()).toEqual(['\\Archive', '\\Drafts', '\\Inbox', '\\Junk', '\\Sent', '\\Trash'])
  })

  test('listed users can log in, others can neither log in nor receive mail', async () => {
    await using dovecot = await startDovecot({ users: ['alice@example.com'] })
    await dovecot.deliver('alice@example.com', mail('listed'))
    expect(await subjects(dovecot, 'alice@example.com', 1)).toEqual(['listed'])
    await expect(dovecot.deliver('mallory@example.com', mail('unlisted'))).rejects.toThrow(/550/)
    await expect(loggedIn(dovecot, 'mallory@example.com')).rejects.toMatchObject({
      authenticationFailed: true,
    })
    await expect(loggedIn(dovecot, 'alice@example.com', 'wrong')).rejects.toMatchObject({
      authenticationFailed: true,
    })
  })

  test('runs a Sieve script before delivery', async () => {
    const sieve = 'require ["fileinto"];\nif header :contains "subject" "spam" { fileinto "Junk"; stop; }\n'
    await using dovecot = await startDovecot({ sieve })
    await dovecot.deliver('alice@example.com', mail('spam'))
    await dovecot.deliver('alice@example.com', mail('ham'))
    expect(await subjects(dovecot, 'alice@example.com', 1)).toEqual(['ham'])
  })

  test('tells an idling client of new mail', async () => {
    await using dovecot = await startDovecot()
    const waiting = subjects(dovecot, 'alice@example.com', 1)
    await dovecot.deliver('alice@example.com', mail('while idle'))
    expect(await waiting).toEqual(['while idle'])
  })

  test('mail survives restart and kill', async () => {
    await using dovecot = await startDovecot()
    await dovecot.deliver('alice@example.com', mail('one'))
    await dovecot.restart()
    expect(await subjects(dovecot, 'alice@example.com', 1)).toEqual(['one'])
    await dovecot.kill()
    await expect(dovecot.deliver('alice@example.com', mail('down'))).rejects.toThrow(/ECONNREFUSED/)
    await dovecot.start()
    await dovecot.deliver('alice@example.com', mail('two'))
    expect(await subjects(dovecot, 'alice@example.com', 2)).toEqual(['one', 'two'])
  })

  test('serves a hundred accounts at once', async () => {
    await using dovecot = await startDovecot()
    const names = Array.from({ length: 100 }, (_, index) => `user${index}@example.com`)
    const clients = await Promise.all(names.map((name) => loggedIn(dovecot, name)))
    await Promise.all(clients.map((client) => client.mailboxOpen('INBOX')))
    expect(clients.every((client) => client.usable)).toBe(true)
    await Promise.all(clients.map((client) => client.logout()))
  })
})

describe('Postfix', () => {
  test('mail to any domain lands in the mailbox of its addressee', async () => {
    await using dovecot = await startDovecot()
    await using postfix = await startPostfix({ deliverTo: dovecot })
    const transport = createTransport({ host: postfix.host, port: postfix.smtpPort, ignoreTLS: true })
    const to = ['bob@example.net', 'carol@gmail.com']
    await transport.sendMail({ from: 'alice@example.com', to, subject: 'greetings', text: 'hello' })
    transport.close()
    expect(await subjects(dovecot, 'bob@example.net', 1)).toEqual(['greetings'])
    expect(await subjects(dovecot, 'carol@gmail.com', 1)).toEqual(['greetings'])
  })

  test('keeps mail while Dovecot is down, and delivers it afterwards', async () => {
    await using dovecot = await startDovecot()
    await using postfix = await startPostfix({ deliverTo: dovecot, auth: 'none' })
    await dovecot.kill()
    const transport = createTransport({ host: postfix.host, port: postfix.smtpPort, ignoreTLS: true })
    await transport.sendMail({
      from: 'alice@example.com',
      to: 'bob@example.net',
      subject: 'queued',
      text: 'hello',
    })
    transport.close()
    await postfix.restart()
    await dovecot.start()
    expect(await subjects(dovecot, 'bob@example.net', 1)).toEqual(['queued'])
  })

  test('with auth required, only those who know the password may send', async () => {
    await using dovecot = await startDovecot()
    await using postfix = await startPostfix({ deliverTo: dovecot, auth: 'required' })
    const send = (pass?: string) => {
      const auth = pass ? { auth: { user: 'alice@example.com', pass } } : {}
      const transport = createTransport({
        host: postfix.host,
        port: postfix.smtpPort,
        ignoreTLS: true,
        ...auth,
      })
      return transport.sendMail({ from: 'alice@example.com', to: 'bob@example.net', subject: 'x', text: 'x' })
    }
    await expect(send()).rejects.toMatchObject({ responseCode: 554 })
    await expect(send('wrong')).rejects.toMatchObject({ code: 'EAUTH' })
    await expect(send(dovecot.password)).resolves.toMatchObject({ accepted: ['bob@example.net'] })
  })
})

describe('Redis', () => {
  test.each([
    [{ appendonly: true }, 'kept'],
    [{ appendonly: false }, null],
  ] as const)('%p: after a restart a value is %p', async (options, expected) => {
    await using redis = await startRedis(options)
    const client = new RedisClient(redis.newDatabase())
    client.on('error', () => undefined)
    expect(await client.ping()).toBe('PONG')
    await client.set('key', 'kept')
    await redis.restart()
    expect(await client.get('key')).toBe(expected)
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    client.disconnect()
  })
})

test('frozen, a server keeps its connections and answers after the thaw', async () => {
  await using redis = await startRedis()
  const client = new RedisClient(redis.url)
  client.on('error', () => undefined)
  const id = await client.client('ID')
  redis.freeze()
  while (!/\) T/.test(readFileSync(`/proc/${redis.pid}/stat`, 'latin1'))) await nextTurn()
  const answer = client.client('ID')
  redis.thaw()
  expect(await answer).toBe(id)
  client.disconnect()
})

describe('PostgreSQL', () => {
  test('a committed row survives kill', async () => {
    await using postgres = await startPostgres()
    const url = await postgres.createDatabase()
    const query = async (sql: string) => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query(sql)).rows
      } finally {
        await client.end()
      }
    }
    await query('create table t as select 42 as answer')
    await postgres.kill()
    await postgres.start()
    expect(await query('select * from t')).toEqual([{ answer: 42 }])
    expect(await query('show fsync')).toEqual([{ fsync: 'on' }])
    expect(await postgres.createDatabase()).not.toBe(url)
  })
})

/** Whether the process with this number exists and is no zombie. */
function runs(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Resolves when none of these directories in the system's temporary directory is left. */
async function vanished(directories: string[]): Promise<void> {
  const watcher = watch(tmpdir())
  try {
    while (directories.some((directory) => existsSync(directory))) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}

describe('leaves nothing behind', () => {
  test('when the program that started the servers is killed', async () => {
    const script = fileURLToPath(new URL('servers/orphans.ts', import.meta.url))
    const loader = fileURLToPath(new URL('../../scripts/typescript.mjs', import.meta.url))
    const child = spawn(process.execPath, ['--import', loader, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const started: { pid: number; directory: string }[] = JSON.parse(line)
    expect(started.map(({ pid }) => runs(pid))).toEqual([true, true, true, true])
    child.kill('SIGKILL')
    await vanished(started.map(({ directory }) => directory))
    expect(started.map(({ pid }) => runs(pid))).toEqual([false, false, false, false])
  })

  test('when disposed of', async () => {
    const redis = await startRedis()
    const { pid, directory } = redis
    expect(existsSync(directory)).toBe(true)
    await redis[Symbol.asyncDispose]()
    expect(existsSync(directory)).toBe(false)
    expect(pid && runs(pid)).toBe(false)
  })
})

test('a server that does not start says why', async () => {
  await expect(startRedis({ settings: { databases: 'many' } })).rejects.toThrow(
    /redis ended \(1\):[\s\S]*databases/,
  )
})

test('two servers that want the same port do not both claim to have it', async () => {
  await using redis = await startRedis()
  await expect(startRedis({ settings: { port: String(redis.port) } })).rejects.toThrow(/in use/)
})
