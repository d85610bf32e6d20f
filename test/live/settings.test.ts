/** Settings of the Setup page on real PostgreSQL, with several processes on one store. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Config } from '../../src/config/settings.ts'
import { PageSettings } from '../../src/review/page-settings.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { saveSettingEdit } from '../../src/store/settings.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

let postgres: Postgres
let stores: Database[]

beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
  const open = () => openDatabase({ directory: '', databaseUrl: postgres.url }, silentLog)
  stores = [await open(), await open(), await open()]
})

afterAll(async () => {
  for (const each of stores ?? []) await each[Symbol.asyncDispose]()
  await postgres?.stop()
})

const yaml = `model: { apiKey: key }
accounts:
  - address: ann@shop.example
    imap: { host: imap.shop.example, password: secret }
    smtp: { host: smtp.shop.example }
`
const readFile = (name: string) => {
  if (name.endsWith('.env')) throw Object.assign(new Error('none'), { code: 'ENOENT' })
  return yaml
}

const edit = (name: string, value: unknown) => ({
  ...{ path: JSON.stringify(['replies', name]), follows: '0', old: null, value, actor: 'Ann' },
  at: systemClock.now(),
})

test('an edit that is committed after one with a higher id is not missed by another process', async () => {
  const [first, second, reader] = stores as [Database, Database, Database]
  let used: Config = loadConfig({ path: 'replyd.yaml', environment: { TZ: 'UTC' }, readFile })
  const context = { db: reader, clock: systemClock, log: silentLog, config: used }
  const settings = new PageSettings(context, (config) => {
    used = config
  })
  const replies = () => used.accounts[0]?.replies
  await first.transaction(async (session) => {
    expect(await saveSettingEdit(session, edit('mode', 'review'))).toBe('1')
    expect(await saveSettingEdit(second, edit('signature', 'Kind regards'))).toBe('2')
    await settings.refresh()
    expect(replies()).toMatchObject({ mode: 'draft', signature: 'Kind regards' })
  })
  await settings.refresh()
  expect(replies()).toMatchObject({ mode: 'review', signature: 'Kind regards' })
})

test('a setting that can not be used at first is used at the next check, or corrected', async () => {
  const [db] = stores as [Database]
  const before: Config = loadConfig({ path: 'replyd.yaml', environment: { TZ: 'UTC' }, readFile })
  const used: unknown[] = []
  let isFaulty = false
  const settings = new PageSettings({ db, clock: systemClock, log: silentLog, config: before }, (config) => {
    if (isFaulty) throw new ConfigError('a prompt is faulty')
    used.push(config.accounts[0]?.replies.minConfidence)
  })
  await settings.refresh()
  used.length = 0
  const path = ['replies', 'minConfidence']
  const editId = () => settings.view(path).edit?.id ?? '0'
  isFaulty = true
  await expect(settings.change(path, 0.9, editId(), 'Ann')).rejects.toThrow('a prompt is faulty')
  await expect(settings.refresh()).rejects.toThrow('a prompt is faulty')
  isFaulty = false
  await settings.refresh()
  await settings.refresh()
  expect(used).toEqual([0.9])
  isFaulty = true
  await expect(settings.change(path, 0.7, editId(), 'Ann')).rejects.toThrow('a prompt is faulty')
  // A reload that read it, and failed to use it.
  await settings.over(before)
  // That fault is gone with the next edit.
  const use = settings.change(path, 0.8, editId(), 'Ann')
  isFaulty = false
  await use
  expect(used).toEqual([0.9, 0.8])
})
