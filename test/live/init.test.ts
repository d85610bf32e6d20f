/** `replyd init` on real servers: what it finds to be in order, it writes; and that is what the daemon needs. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from './servers/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'replyd-init-live-'))
const address = 'support@replyd.test'
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  postfix = await startPostfix({ deliverTo: dovecot, auth: 'required' })
}, 60_000)

afterAll(async () => {
  await postfix?.stop()
  await dovecot?.stop()
  await standIn?.close()
  rmSync(folder, { recursive: true })
})

function init(password: string, input: string) {
  const servers = ['--imap', `127.0.0.1:${dovecot.imapPort}`, '--smtp', `127.0.0.1:${postfix.smtpPort}`]
  const argv = ['init', '--address', address, ...servers, '--folder', folder]
  const environment = {
    MAIL_PASSWORD: password,
    OPENAI_API_KEY: 'any',
    OPENAI_BASE_URL: standIn.baseUrl,
    REPLYD_MODEL: standInModel,
    REPLYD_WEB_PASSWORD: 'long enough',
  }
  return run(argv, { environment, input })
}

test('a wrong password is said before anything is written', async () => {
  const { status, out } = await init('wrong', '\n\n\nn\n')
  expect(out).toMatch(/✗ imap .*refused the login of support@replyd\.test/)
  expect(status).toBe(1)
  expect(existsSync(join(folder, 'replyd.yaml'))).toBe(false)
})

test('with all in order both files are written, and doctor agrees', async () => {
  const { status, out } = await init(dovecot.password, '\n\n\n')
  expect(out).toMatch(/✓ imap .*logged in to/)
  expect(out).toMatch(/✓ smtp .*logged in to/)
  expect(status).toBe(0)
  expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^MAIL_PASSWORD="secret"/)
  const environment = { OPENAI_BASE_URL: standIn.baseUrl, REPLYD_MODEL: standInModel }
  const doctor = await run(['doctor', '--config', join(folder, 'replyd.yaml')], { environment })
  expect(doctor.status).toBe(0)
})
