import { EventEmitter, once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { OwnerActionError } from '../../src/base/errors.ts'
import type { AccountSettings } from '../../src/config/settings.ts'
import {
  type ConnectionHealth,
  type MailboxState,
  openImapAccount,
  type WatchOptions,
  watchMailbox,
} from '../../src/imap/imap.ts'
import { countLogins } from '../login-gate.ts'
import { accountOn, mail, quietOptions } from './imap-account.ts'
import { Relay } from './relay.ts'
import { type Dovecot, startDovecot } from './servers/dovecot.ts'

let dovecot: Dovecot
let users = 0
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(async () => {
  await dovecot.stop()
})

const nextUser = () => `watch${users++}@replyd.test`

/** A watch that records its calls, which can be waited for. */
class Watcher implements AsyncDisposable {
  readonly states: MailboxState[] = []
  readonly healths: ConnectionHealth['state'][] = []
  readonly stopped: Error[] = []
  readonly done: Promise<void>
  readonly health: () => ConnectionHealth
  readonly #abort = new AbortController()
  readonly #events = new EventEmitter()

  constructor(settings: AccountSettings, options: Partial<WatchOptions> = {}) {
    const watch = watchMailbox(settings, {
      ...quietOptions,
      random: () => 0,
      onChange: (state) => {
        this.states.push(state)
        this.#events.emit('change')
      },
      onStopped: (error) => this.stopped.push(error),
      onHealth: ({ state }) => {
        if (this.healths.at(-1) !== state) this.healths.push(state)
        this.#events.emit('change')
      },
      signal: this.#abort.signal,
      ...options,
    })
    this.done = watch.done
    this.health = () => watch.health()
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#events, 'change')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.done
  }
}

const exists = (watcher: Watcher) => watcher.states.at(-1)?.exists

test('reports the state at once, then each arrival, although the next poll is a minute away', async () => {
  const user = nextUser()
  await using watcher = new Watcher(accountOn(dovecot, user))
  await watcher.until(() => exists(watcher) === 0)
  expect(watcher.states[0]).toMatchObject({ path: 'INBOX', exists: 0, uidNext: 1 })
  // imapflow itself would begin to idle after 15 s, but the test ends before that.
  for (const count of [1, 2, 3]) {
    await dovecot.deliver(user, mail(`${count}@x`))
    await watcher.until(() => exists(watcher) === count)
  }
  expect(watcher.healths).toEqual(['connecting', 'connected'])
})

test('reports changed flags and removed mail', async () => {
  const user = nextUser()
  await using box = openImapAccount(accountOn(dovecot, user), quietOptions)
  await box.append('INBOX', mail('1@x'), [], [], new Date('2026-11-20T10:00:00Z'))
  const flagged = new EventEmitter()
  await using watcher = new Watcher(accountOn(dovecot, user), { onFlags: () => flagged.emit('flags') })
  await watcher.until(() => exists(watcher) === 1)
  const { uidValidity } = await box.state('INBOX')
  const calls = watcher.states.length
  const noticed = once(flagged, 'flags')
  await box.addFlags('INBOX', uidValidity, 1, ['\\Flagged'])
  await noticed
  // There is nothing new to read.
  expect(watcher.states).toHaveLength(calls)
  await box.removeExactly('INBOX', uidValidity, 1)
  await watcher.until(() => exists(watcher) === 0)
})

test.each(['fin', 'rst'] as const)('reconnects after %s and reports the state again', async (how) => {
  const user = nextUser()
  await using relay = await Relay.start(dovecot.imapPort)
  await using watcher = new Watcher(accountOn({ ...dovecot, imapPort: relay.port }, user))
  await watcher.until(() => exists(watcher) === 0)
  relay.cutAll(how)
  await watcher.until(() => watcher.health().state !== 'connected')
  await dovecot.deliver(user, mail('1@x'))
  await watcher.until(() => exists(watcher) === 1)
  expect(watcher.healths.slice(0, 4)).toEqual(['connecting', 'connected', 'waiting', 'connecting'])
  expect(watcher.health()).toMatchObject({ state: 'connected' })
  expect(watcher.health().lastError).not.toBeNull()
})

test.each([
  ['by the silence', 600_000, { quietMs: 2000 }],
  ['at a poll', 1000, { quietMs: 600_000, pollAnswerMs: 2000 }],
])('notices a peer that vanished silently, %s', async (_, pollMs, timing) => {
  const user = nextUser()
  await using relay = await Relay.start(dovecot.imapPort)
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
  await using watcher = new Watcher({ ...settings, imap: { ...settings.imap, pollMs } }, { timing })
  await watcher.until(() => exists(watcher) === 0)
  relay.frozen = true
  await watcher.until(() => watcher.health().state === 'waiting')
  relay.frozen = false
  relay.cutAll()
  await dovecot.deliver(user, mail('1@x'))
  await watcher.until(() => exists(watcher) === 1)
})

test('stops at a refused login, and says why, once', async () => {
  const user = nextUser()
  await using relay = await Relay.start(dovecot.imapPort)
  const settings = accountOn({ ...dovecot, imapPort: relay.port, password: 'wrong' }, user)
  const watcher = new Watcher(settings)
  await watcher.done
  expect(watcher.stopped).toHaveLength(1)
  expect(watcher.stopped[0]).toBeInstanceOf(OwnerActionError)
  expect(watcher.health()).toMatchObject({ state: 'stopped', lastError: watcher.stopped[0]!.message })
  expect(relay.connections).toBe(1)
})

test('polls where the server has no IDLE', async () => {
  const user = nextUser()
  await using relay = await Relay.start(dovecot.imapPort, {
    toClient: (text) => (text.includes('CAPABILITY') ? text.replaceAll(' IDLE', '') : text),
    toServer: (text, link) => {
      if (/ IDLE\r/.test(text)) link.cut()
      return text
    },
  })
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
  await using watcher = new Watcher({ ...settings, imap: { ...settings.imap, pollMs: 50 } })
  await watcher.until(() => exists(watcher) === 0)
  await dovecot.deliver(user, mail('1@x'))
  await watcher.until(() => exists(watcher) === 1)
  expect(relay.connections).toBe(1)
})

test('polls where IDLE is refused', async () => {
  const user = nextUser()
  const tags: string[] = []
  await using relay = await Relay.start(dovecot.imapPort, {
    toServer: (text) => {
      const [, tag] = /^(\S+) IDLE\r/.exec(text) ?? []
      if (!tag) return text
      tags.push(tag)
      return `${tag} XIDLE\r\n`
    },
  })
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
  await using watcher = new Watcher({ ...settings, imap: { ...settings.imap, pollMs: 50 } })
  await watcher.until(() => exists(watcher) === 0)
  await dovecot.deliver(user, mail('1@x'))
  await watcher.until(() => exists(watcher) === 1)
  expect(tags.length).toBeGreaterThan(0)
  expect(relay.connections).toBe(1)
})

test('polling also helps where IDLE tells nothing', async () => {
  const user = nextUser()
  let idling = false
  await using relay = await Relay.start(dovecot.imapPort, {
    toServer: (text) => {
      idling = / IDLE\r/.test(text)
      return text
    },
    toClient: (text) => (idling && text.startsWith('*') ? null : text),
  })
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
  await using watcher = new Watcher({ ...settings, imap: { ...settings.imap, pollMs: 300 } })
  await watcher.until(() => exists(watcher) === 0)
  const calls = watcher.states.length
  await dovecot.deliver(user, mail('1@x'))
  // The number of mails may be stale, because the server is silent: only the call matters.
  await watcher.until(() => watcher.states.length >= calls + 2)
})

test('a callback that throws does not end the watch', async () => {
  const user = nextUser()
  const states: MailboxState[] = []
  const events = new EventEmitter()
  await using _ = new Watcher(accountOn(dovecot, user), {
    onChange: (state) => {
      states.push(state)
      events.emit('change')
      throw new Error('mine')
    },
  })
  while (states.length < 1) await once(events, 'change')
  await dovecot.deliver(user, mail('1@x'))
  while (states.at(-1)!.exists < 1) await once(events, 'change')
})

test('a mailbox that does not exist is tried again, and named', async () => {
  const settings = { ...accountOn(dovecot, nextUser()), mailbox: 'Nowhere' }
  await using watcher = new Watcher(settings)
  await watcher.until(() => watcher.healths.filter((state) => state === 'waiting').length >= 2)
  expect(watcher.health().lastError).toContain('Nowhere')
  expect(watcher.stopped).toEqual([])
})

test('abort ends the connection and resolves done', async () => {
  const user = nextUser()
  await using relay = await Relay.start(dovecot.imapPort)
  const watcher = new Watcher(accountOn({ ...dovecot, imapPort: relay.port }, user))
  await watcher.until(() => exists(watcher) === 0)
  await watcher[Symbol.asyncDispose]()
  expect(watcher.health().state).toBe('stopped')
  expect(watcher.stopped).toEqual([])
})

test('the watch and the commands of one account pass the same gate, which spaces their logins', async () => {
  const user = nextUser()
  let logins = 0
  await using relay = await Relay.start(dovecot.imapPort, {
    toServer: (text) => {
      if (/ (LOGIN|AUTHENTICATE) /.test(text)) logins++
      return text
    },
  })
  const settings = accountOn({ ...dovecot, imapPort: relay.port }, user)
  const gate = countLogins(settings)
  await using watcher = new Watcher(settings)
  await using box = openImapAccount(settings, quietOptions)
  await Promise.all([box.state('INBOX'), watcher.until(() => exists(watcher) === 0)])
  expect([logins, gate.passes]).toEqual([2, 2])
})
