import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { audit } from '../../src/cli/audit.ts'
import type { Audit } from '../../src/observe/audit.ts'
import { writeAccess } from '../../src/web/access.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replyd-audit-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

const counted = {
  account: 'me@example.com',
  mailbox: 'INBOX',
  arrived: 9,
  handled: 6,
  pending: 1,
  uncertain: 1,
  missed: [{ uidValidity: '77', uid: 41 }],
  error: null,
}

/** Runs the command against a daemon that gives this report. */
async function audited(report: Audit, options: { json?: boolean } = {}) {
  let authorization: string | undefined
  const daemon = createServer((request, response) => {
    authorization = request.headers.authorization
    response.end(JSON.stringify(report))
  })
  await new Promise<void>((resolve) => daemon.listen(0, '127.0.0.1', resolve))
  const { port } = daemon.address() as AddressInfo
  const config = join(directory, 'replyd.yaml')
  const server = 'host: 127.0.0.1, port: 1, secure: false, user: u, password: p'
  writeAccess(directory, { url: `http://127.0.0.1:${port}`, token: 'a-token-that-the-daemon-made' })
  writeFileSync(
    config,
    `accounts: [{ address: me@example.com, imap: { ${server} }, smtp: { ${server} } }]
model: { apiKey: k }
state: { directory: . }
web: { port: 0 }
`,
  )
  const stdout = new PassThrough()
  const streams = { stdin: new PassThrough(), stdout, stderr: new PassThrough() }
  try {
    const status = await audit({ config, ...options }, { environment: {}, ...streams })
    stdout.end()
    return { status, authorization, printed: String(await stdout.toArray()) }
  } finally {
    daemon.close()
    daemon.closeAllConnections()
  }
}

test('every missed mail is named, and the exit status is 1', async () => {
  const { status, authorization, printed } = await audited({ ok: false, mailboxes: [counted] })
  expect(status).toBe(1)
  expect(authorization).toBe('Bearer a-token-that-the-daemon-made')
  expect(printed).toBe(
    'me@example.com INBOX: arrived 9, handled 6, pending 1, uncertain 1, missed 1\n  missed: UID 41 (UIDVALIDITY 77)\n',
  )
})

test('nothing missed: exit status 0; --json prints the report as it is', async () => {
  const report = { ok: true, mailboxes: [{ ...counted, missed: [] }] }
  const { status, printed } = await audited(report, { json: true })
  expect(status).toBe(0)
  expect(JSON.parse(printed)).toEqual(report)
})

test('a mailbox that could not be checked says why', async () => {
  const { status, printed } = await audited({
    ok: false,
    mailboxes: [{ ...counted, missed: [], error: 'no \u001b answer' }],
  })
  expect(status).toBe(1)
  expect(printed).toContain('could not be checked: no \ufffd answer')
})
