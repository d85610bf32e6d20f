/** Accounts share resources, so that a thousand of them fit into one process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { logTo } from '../../src/base/log.ts'
import type { AccountSettings } from '../../src/config/settings.ts'
import { Accounts } from '../../src/daemon/accounts.ts'
import { SignIns } from '../../src/oauth/oauth.ts'
import { accountOn } from '../live/imap-account.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-accounts-'))
const prompts = join(import.meta.dirname, '../../prompts')
const [hours, prices] = [join(directory, 'hours'), join(directory, 'prices')]
for (const folder of [hours, prices]) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.md'), `We open at nine. See ${folder}.`)
}

afterAll(() => rmSync(directory, { recursive: true, force: true }))

const account = (name: string, more: Partial<AccountSettings>): AccountSettings => ({
  ...accountOn({ host: '127.0.0.1', imapPort: 1, password: '' }, `${name}@shop.example`),
  ...{ prompts, knowledge: hours, site: null },
  ...more,
})

function open(accounts: AccountSettings[]) {
  const lines: string[] = []
  const state = { directory, databaseUrl: null, redisUrl: null, key: null, keepMs: null }
  const opened = new Accounts(
    { accounts, state },
    {
      log: logTo('info', (line) => lines.push(line)),
      clock: systemClock,
      random: Math.random,
      signIns: new SignIns({ directory, key: null }, systemClock),
      onSignIn: () => undefined,
    },
  )
  const of = (name: string) => {
    const found = opened.get(`${name}@shop.example`)
    if (!found) throw new Error(name)
    return found
  }
  return { opened, of, readings: () => lines.filter((line) => line.includes('"knowledge.opened"')) }
}

test('accounts with the same folders share the index of the knowledge and the prompts', async () => {
  const { opened, of, readings } = open([
    account('a', {}),
    account('b', {}),
    account('c', { knowledge: prices }),
    account('d', { knowledge: null }),
  ])
  await using _opened = opened
  expect(of('b').knowledge).toBe(of('a').knowledge)
  expect(of('b').prompts).toBe(of('a').prompts)
  expect(of('c').knowledge?.find({ queries: [], tokens: 0, whole: 1000 })[0]?.text).toContain(prices)
  expect(of('d').knowledge).toBeNull()
  expect(readings().map((line) => JSON.parse(line) as object)).toEqual([
    expect.not.objectContaining({ account: expect.anything() }),
    expect.not.objectContaining({ account: expect.anything() }),
  ])
})

test('a reload joins an account to a folder that is open, and reads the prompts again', async () => {
  const both = [account('a', {}), account('b', { knowledge: prices })]
  const { opened, of, readings } = open(both)
  await using _opened = opened
  const before = of('a').prompts
  opened.renew([account('a', {}), account('b', {}), account('c', {})])
  expect(of('b').knowledge).toBe(of('a').knowledge)
  expect(of('c').knowledge).toBe(of('a').knowledge)
  expect(readings()).toHaveLength(2)
  expect(of('a').prompts).not.toBe(before)
  expect(of('b').prompts).toBe(of('a').prompts)
})
