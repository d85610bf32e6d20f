/** Whether automatic sending is possible, and whether forged mail is recognised, on a real Postfix and Dovecot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import type { ResolveTxt } from '../../src/base/dns.ts'
import { loadConfig } from '../../src/config/config.ts'
import { type Check, checkAccount, forgeries } from '../../src/doctor/doctor.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from './servers/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-forgery-'))
const results = (what: string) => `PREPEND Authentication-Results: mx.replyd.test; ${what}`
/** How the mail server handles mail to each user. */
const servers = {
  'honest@replyd.test': results('dmarc=fail header.from=example.com'),
  'fooled@replyd.test': results('dmarc=pass header.from=example.com'),
  'stern@replyd.test': 'REJECT not your address',
  'silent@replyd.test': 'DISCARD',
}

let dovecot: Dovecot
let postfix: Postfix

beforeAll(async () => {
  dovecot = await startDovecot()
  const table = Object.entries(servers).map(([user, does]) => `{ ${user} = ${does} }`)
  postfix = await startPostfix({
    deliverTo: dovecot,
    auth: 'required',
    settings: { smtpd_recipient_restrictions: `check_recipient_access inline:{ ${table.join(', ')} }` },
  })
})

afterAll(async () => {
  await Promise.all([postfix, dovecot].map((server) => server?.stop()))
  rmSync(directory, { recursive: true })
})

const noRecords: ResolveTxt = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
const noDns: ResolveTxt = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))

function yamlFor(address: string, ids: readonly string[], mode = 'send'): string {
  return `accounts:
  - address: ${address}
    imap: { host: 127.0.0.1, port: ${dovecot.imapPort}, secure: false, password: ${dovecot.password} }
    smtp: { host: 127.0.0.1, port: ${postfix.smtpPort}, secure: false }
    authservIds: ${JSON.stringify(ids)}
replies: { mode: ${mode} }
model: { baseUrl: "http://127.0.0.1:9/v1", apiKey: any, name: none }
state: { directory: ./data }
`
}

function configFor(...given: Parameters<typeof yamlFor>) {
  const path = join(directory, 'replyd.yaml')
  return loadConfig({ path, environment: {}, readFile: () => yamlFor(...given) })
}

async function forged(address: string, ids: readonly string[], withinMs = 60_000) {
  const looks = forgeries(configFor(address, ids), systemClock, withinMs, noRecords)
  const [check] = (await Promise.all(looks.map(({ checks }) => checks))).flat()
  return check
}

describe('a mail from a forged author', () => {
  test('that the server recognises is reported by the command, shown, and deleted', async () => {
    const path = join(directory, 'replyd.yaml')
    writeFileSync(path, yamlFor('honest@replyd.test', ['mx.replyd.test']))
    const { out } = await run(['doctor', '--forge', '--json', '--config', path])
    const { checks }: { checks: Check[] } = JSON.parse(out)
    expect(checks.find(({ name }) => name === 'forgery')).toEqual({
      name: 'forgery',
      account: 'honest@replyd.test',
      status: 'ok',
      detail:
        'a mail in the name of replyd-test@example.com is not answered automatically: your mail server: dmarc-fail (Authentication-Results: mx.replyd.test; dmarc=fail header.from=example.com | mx.replyd.test; dmarc=pass header.from=example.com)',
      advice: null,
    })
    const after = await run(['doctor', '--json', '--config', path])
    const again: { checks: Check[] } = JSON.parse(after.out)
    expect(again.checks.find(({ name }) => name === 'mailboxes')?.detail).toMatch(/INBOX holds 0 messages/)
    expect(again.checks.map(({ name }) => name)).not.toContain('forgery')
  })

  test('that the server allows to vouch for itself does not count as a success', async () => {
    expect(await forged('plain@replyd.test', ['mx.replyd.test'])).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/kept a result that the sender wrote in its name/),
    })
  })

  test('that the server confirms is a failure', async () => {
    expect(await forged('fooled@replyd.test', ['mx.replyd.test'])).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/was taken for genuine: your mail server: pass .*dmarc=pass/),
      advice: expect.stringMatching(/authservIds/),
    })
  })

  test.each([
    [
      'is confirmed by a server that is not the own one',
      'fooled@replyd.test',
      ['mx.other.example'],
      /dmarc=pass/,
    ],
    ['nobody says anything about', 'plain@replyd.test', [], /no Authentication-Results/],
  ])('that %s is judged by its signatures', async (_, address, ids, shown) => {
    const check = await forged(address, ids)
    expect(check).toMatchObject({ status: 'ok', detail: expect.stringMatching(/the mail is not signed/) })
    expect(check?.detail).toMatch(shown)
  })

  test('that the server refuses proves nothing', async () => {
    expect(await forged('stern@replyd.test', ['mx.replyd.test'])).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/refused mail in another name: .*not your address/),
    })
  })

  test('that never arrives proves nothing', async () => {
    expect(await forged('silent@replyd.test', ['mx.replyd.test'], 10)).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/did not arrive within/),
    })
  })
})

describe('automatic sending', () => {
  const letter = (results: string) =>
    `${results}From: Kim <kim@shop.example>\r\nTo: x@replyd.test\r\nSubject: Hours\r\n\r\nWhen?\r\n`
  const own = 'Authentication-Results: mx.replyd.test; dmarc=pass header.from=shop.example\r\n'

  test.each([
    ['of nobody is looked at in mode draft', 'draft', [], [], noRecords, undefined, undefined],
    [
      'needs more than DNS without authservIds',
      'send',
      [],
      [],
      noRecords,
      'warning',
      /authservIds is not set/,
    ],
    ['is impossible without both', 'send', [], [], noDns, 'failed', /^nothing is sent automatically/],
    [
      'is possible where the server names itself',
      'send',
      ['mx.replyd.test'],
      [own, own, ''],
      noDns,
      'ok',
      /confirmed the author of 2 of the last 3 mails/,
    ],
    ['is possible in an empty mailbox', 'send', ['mx.replyd.test'], [], noDns, 'ok', /of the last 0 mails/],
    [
      'depends on DKIM where the name is another',
      'send',
      ['mx.typo.test'],
      [own],
      noRecords,
      'warning',
      /none of the last 1 mails has a result of mx.typo.test/,
    ],
    [
      'is impossible with the wrong name and without DNS',
      'send',
      ['mx.typo.test'],
      [own],
      noDns,
      'failed',
      /DNS does not answer/,
    ],
  ])('%s', async (about, mode, ids, mails, dns, status, detail) => {
    const address = `${about.replace(/\W+/g, '-')}@replyd.test`
    for (const results of mails) await dovecot.deliver(address, letter(results))
    const config = configFor(address, ids, mode)
    const [account] = config.accounts
    const looks = checkAccount(account!, config, systemClock, 10_000, dns)
    const checks = (await Promise.all(looks.map((look) => look.checks))).flat()
    const found = checks.find(({ name }) => name === 'sending')
    expect(found?.status).toBe(status)
    if (detail) expect(found?.detail).toMatch(detail)
  })
})
