/** The answers of the API match its description and docs/api.md. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { newId } from '../../src/base/clock.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import * as answers from '../../src/web/answers.ts'
import { run } from '../cli/run.ts'
import { forceMail, forceReply, putReply } from '../live/force.ts'
import { account, seededAt, seedMessage, seedReply } from '../live/seed.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { putWaiting } from './waiting.ts'

const token = 'a-token-of-twenty-letters'
let standIn: StandIn
let running: RunningDaemon

beforeAll(async () => {
  standIn = await startStandIn()
  running = await startDaemon({
    address: account,
    imap: { host: '127.0.0.1', port: 9, user: 'api', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['web'],
    document: { web: { port: 0, token } },
  })
  for (const [at, state] of (['held', 'approved', 'rejected'] as const).entries()) await seed(at, state)
})

afterAll(async () => {
  await running?.stop()
  await standIn?.close()
})

/** A mail with its reply, and the call that wrote it. */
async function seed(at: number, state: 'held' | 'approved' | 'rejected'): Promise<void> {
  const { db } = running.daemon.context
  const [id, from] = [newId(new Date(seededAt.getTime() + at)), 'ann@buyers.example']
  await storeIngested(db, { messages: [seedMessage(id, 7 + at, from)], bodies: [] }, seededAt)
  await forceMail(db, { id, from: 'guard', to: 'deliver', disposition: 'approved', reason: 'ok' }, seededAt)
  await putReply(db, seedReply(id, from), 'deliver', seededAt)
  await forceReply(db, { id, from: ['composed'], to: state, actor: 'Ann' }, seededAt)
  await db.query(
    `insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, cost, settled)
       values ($1, $1, $2, 'triage', '2026-03-10', $3, 'm', 'p', 0.1, true)`,
    [id, account, seededAt],
  )
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${running.daemon.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  expect([path, answer.status]).toEqual([path, 200])
  return answer.json()
}

/** Fails with the path of every field that is missing or of another kind. */
const fits = (schema: z.ZodType, value: unknown) =>
  expect(schema.safeParse(value).error?.issues ?? []).toEqual([])

test('lists, one mail, sums and accounts are as described', async () => {
  const mails = await ask('GET', '/mails?limit=2')
  fits(z.array(answers.historyMail).length(2), mails)
  const waiting = await ask('GET', '/replies?show=all')
  fits(z.array(answers.listedMail).min(1), waiting)
  // These are approved, so they wait for nobody.
  expect(await ask('GET', '/replies')).toEqual([])
  expect(await ask('GET', '/replies?show=sending')).toEqual(waiting)
  const [{ id }] = waiting as [{ id: string }]
  fits(answers.wholeMail, await ask('GET', `/replies/${id}`))
  fits(answers.wholeMail, await ask('GET', `/mails/${id}`))
  for (const by of ['day', 'account', 'step'])
    fits(z.array(answers.usage).min(1), await ask('GET', `/usage?by=${by}`))
  fits(z.array(answers.account).length(1), await ask('GET', '/accounts'))
  fits(z.array(answers.autonomy), await ask('GET', '/autonomy'))
  const files = (await ask('GET', '/knowledge')) as { file: string }[]
  fits(z.array(answers.knowledgeFile).min(1), files)
  fits(answers.knowledgeText, await ask('GET', `/knowledge/${account}/${files[0]?.file}`))
  const fact = (await ask('POST', '/facts', { topic: 'Returns', fact: 'Within 30 days.' })) as { id: string }
  fits(answers.fact, fact)
  fits(z.array(answers.fact).length(1), await ask('GET', '/facts'))
  fits(answers.done, await ask('POST', `/facts/${fact.id}/discard`))
})

test('the next page begins after the cursor', async () => {
  const all = (await ask('GET', '/mails')) as { id: string }[]
  const next = (await ask('GET', `/mails?cursor=${all[0]?.id}&limit=1`)) as { id: string }[]
  expect(next.map(({ id }) => id)).toEqual([all[1]?.id])
})

test('an approval says when the reply goes out, except while the account is paused; an edit names the new text', async () => {
  const id = newId(seededAt)
  const mail = { from: 'noor@buyers.example', subject: 'Hours', text: 'When do you open?', reply: 'At nine.' }
  await putWaiting(running.daemon.context.db, { id, account, uid: 99, ...mail }, seededAt)
  const edited = (await ask('POST', `/replies/${id}/edit`, { text: 'We open at ten.' })) as {
    version: string
  }
  fits(answers.edited, edited)
  const approved = (await ask('POST', `/replies/${id}/approve`, { seen: edited.version })) as {
    sendsAt: string
  }
  fits(answers.approved, approved)
  const { reply } = (await ask('GET', `/replies/${id}`)) as {
    reply: { sendAfter: string; version: string; edited: boolean }
  }
  expect([approved.sendsAt, edited.version, true]).toEqual([reply.sendAfter, reply.version, reply.edited])
  await ask('POST', `/replies/${id}/cancel`)
  await ask('POST', `/accounts/${account}/pause`)
  expect(await ask('POST', `/replies/${id}/approve`, { seen: edited.version })).toEqual({
    ok: true,
    sendsAt: null,
  })
})

test('changes, tokens, audit and forgetting answer as described', async () => {
  fits(answers.done, await ask('POST', `/accounts/${account}/pause`))
  fits(answers.newToken, await ask('POST', '/tokens', { name: 'scripts', scopes: ['read'] }))
  fits(z.array(answers.token).length(1), await ask('GET', '/tokens'))
  fits(answers.done, await ask('POST', '/tokens/scripts/revoke'))
  fits(answers.audited, await ask('POST', '/audit'))
  fits(answers.forgotten, await ask('POST', '/forget', { address: 'ann@buyers.example' }))
})

const page = readFileSync(fileURLToPath(new URL('../../docs/api.md', import.meta.url)), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text)

/** Every field of the sample is in the answer, and is of the same kind unless one of them is null. */
function agrees(sample: unknown, answer: unknown): void {
  if (sample === null || answer === null) return
  expect(typeof answer).toBe(typeof sample)
  if (typeof sample !== 'object') return
  for (const [key, value] of Object.entries(sample)) {
    expect(answer).toHaveProperty(key)
    agrees(value, (answer as Record<string, unknown>)[key])
  }
}

test('the commands of docs/api.md, one after the other', async () => {
  const [id, url] = [newId(new Date(seededAt.getTime() + 50)), running.daemon.url ?? '']
  await ask('POST', `/accounts/${account}/resume`)
  const mail = { from: 'eva@buyers.example', subject: 'Saturday', text: 'Are you open?', reply: 'Yes.' }
  await putWaiting(running.daemon.context.db, { id, account, uid: 150, ...mail }, seededAt)
  const [making = '', ...others] = blocks('sh')
  const made = await run(making.trim().split(' ').slice(2).concat('--json'), {
    environment: { REPLYD_URL: url, REPLYD_TOKEN: token },
  })
  const home = mkdtempSync(join(tmpdir(), 'replyd-curl-'))
  writeFileSync(join(home, '.curlrc'), 'silent\nfail\n')
  let env: NodeJS.ProcessEnv = { ...process.env, CURL_HOME: home, REPLYD_URL: url, ID: id }
  env = { ...env, REPLYD_TOKEN: (JSON.parse(made.out) as { token: string }).token, VERSION: '' }
  const answered: unknown[] = []
  for (const command of others
    .join('')
    .replace(/\\\n/g, '')
    .split('\n')
    .filter((line) => line.startsWith('curl'))) {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env })
    const answer: unknown = JSON.parse(stdout)
    answered.push(answer)
    if (/\/edit/.test(command)) env = { ...env, VERSION: (answer as { version: string }).version }
  }
  rmSync(home, { recursive: true })
  const [list, one, , approved, ...changes] = answered
  const [listSample, oneSample, approvedSample] = blocks('json').map((text) => JSON.parse(text) as unknown)
  agrees(listSample, list)
  agrees(oneSample, one)
  agrees(approvedSample, approved)
  expect(changes.slice(0, 3)).toEqual([{ ok: true }, { ok: true }, { ok: true }])
  expect(changes[3]).toMatchObject({ openapi: '3.1.0' })
  // What docs/api.md says about a request that is sent again.
  await ask('POST', `/replies/${id}/approve`, { seen: env.VERSION })
  const again = await fetch(`${url}/api/replies/${id}/approve`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${token}` } },
    body: JSON.stringify({ seen: env.VERSION }),
  })
  expect([again.status, await again.json()]).toMatchObject([
    409,
    { error: 'already-decided', state: { reason: 'approved-by-person', disposition: 'approved' } },
  ])
  expect(await ask('GET', `/replies/${id}`)).toMatchObject({ reply: { state: 'approved' } })
  await ask('POST', `/replies/${id}/cancel`)
})
