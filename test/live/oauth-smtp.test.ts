/** OAuth2 against a submission server that accepts only XOAUTH2 and checks each token. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../../src/base/clock.ts'
import { SignInNeeded } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { Accounts } from '../../src/daemon/accounts.ts'
import { SignIns, signInByDevice } from '../../src/oauth/oauth.ts'
import { Provider } from '../oauth/provider.ts'
import { accountOn, mail } from './imap-account.ts'

const address = 'me@replyd.test'
const directory = mkdtempSync(join(tmpdir(), 'replyd-oauth-smtp-'))
const taken: Buffer[] = []
const refused: string[] = []
let provider: Provider
let server: SMTPServer

beforeAll(async () => {
  provider = await Provider.start(address)
  server = new SMTPServer({
    authMethods: ['XOAUTH2'],
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    logger: false,
    onAuth: ({ method, username, accessToken = '' }, _session, done) => {
      const known = method === 'XOAUTH2' && provider.access.get(accessToken) === username
      if (known) return done(null, { user: username })
      refused.push(accessToken)
      done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } })
    },
    onData: (stream, _session, done) => {
      void buffer(stream).then((octets) => {
        taken.push(octets)
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await provider[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

async function signIn(key: string | null): Promise<SignIns> {
  const signIns = new SignIns({ directory, key }, systemClock)
  const { signal } = new AbortController()
  const grant = await signInByDevice(provider.settings, { clock: systemClock, show: () => {}, signal })
  await signIns.keep(address, provider.settings, grant)
  return signIns
}

/** One account as the daemon opens it, and the messages to its owner. */
function accountsWith(signIns: SignIns) {
  const told: (string | null)[] = []
  const { port } = server.server.address() as AddressInfo
  const settings = accountOn({ host: '127.0.0.1', imapPort: 1, password: '' }, address)
  const smtp = { ...settings.smtp, port, oauth2: provider.settings }
  const accounts = new Accounts(
    {
      accounts: [{ ...settings, smtp, prompts: join(import.meta.dirname, '../../prompts') }],
      state: { directory, databaseUrl: null, redisUrl: null, key: null, keepMs: null },
    },
    {
      log: silentLog,
      clock: systemClock,
      random: Math.random,
      signIns,
      onSignIn: (_address, lost) => told.push(lost?.message ?? null),
    },
  )
  return { accounts, told }
}

const letter = (id: string) => ({
  octets: mail(id),
  reversePath: address,
  addressees: ['ann@example.org'],
  smtpUtf8: false,
  automatic: true,
})

test('a mail goes out with a token that the server checks', async () => {
  const { accounts } = accountsWith(await signIn(null))
  await using all = accounts
  expect(await all.get(address)?.smtp.send(letter('1@x'))).toMatchObject({ replyCode: 250 })
  expect(taken).toHaveLength(1)
})

test('a revoked token is replaced once; a withdrawn sign-in is reported, and repaired by signing in', async () => {
  const signIns = await signIn(null)
  const { accounts, told } = accountsWith(signIns)
  await using all = accounts
  provider.revokeAccess()
  expect(await all.get(address)?.smtp.send(letter('2@x'))).toMatchObject({ replyCode: 250 })
  // nodemailer tries the same token twice in one login.
  expect(new Set(refused).size).toBe(1)
  expect(told).toEqual([])
  await all[Symbol.asyncDispose]()
  provider.revokeAccess()
  provider.refuses = 'invalid_grant'
  const again = accountsWith(signIns)
  await using reopened = again.accounts
  await expect(reopened.get(address)?.smtp.send(letter('3@x'))).rejects.toBeInstanceOf(SignInNeeded)
  expect(again.told).toEqual([expect.stringMatching(/no longer valid .*run replyd auth me@replyd\.test/)])
  provider.refuses = null
  await signIn(null)
  await reopened.get(address)?.smtp.send(letter('4@x'))
  expect(again.told).toHaveLength(2)
  expect(again.told[1]).toBeNull()
})

test('if the sign-ins were encrypted with another key, the account says so and tries nothing more', async () => {
  await signIn('the first key of sixteen characters')
  const { accounts, told } = accountsWith(new SignIns({ directory, key: 'another key' }, systemClock))
  await using all = accounts
  await expect(all.get(address)?.smtp.send(letter('5@x'))).rejects.toBeInstanceOf(SignInNeeded)
  expect(told).toEqual([
    expect.stringMatching(/encrypted with a key other than REPLYD_KEY: restore it, or run replyd auth/),
  ])
})
