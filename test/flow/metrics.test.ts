/** /metrics, /healthz and /readyz of a running daemon, compared with the documentation. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import { accountLabel } from '../../src/base/log.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { changeAccountState } from '../../src/store/accounts.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'

const address = 'metrics@shop.example'
const textOf = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../docs/${path}`, import.meta.url)), 'utf8')

let dovecot: Dovecot
let standIn: StandIn
let running: RunningDaemon
let text = ''

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 1 },
    standIn,
    roles: ['watch', 'work', 'web'],
  })
  const letter = `From: Ann <ann@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <hours@buyers.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\nWhen are you open?\r\n`
  await dovecot.deliver(address, letter, 'ann@buyers.example')
  await running.settled(1)
  text = await (await get('/metrics')).text()
})

afterAll(async () => {
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const get = (path: string) => fetch(`${running.daemon.url}${path}`)
const named = (source: string) => new Set(source.match(/\breplyd_[a-z_]+/g) ?? [])
/** Metrics by name, with the labels of their samples. */
const live = () =>
  new Map(
    [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => {
      const sample = new RegExp(`^${name}\\{(.*)\\}`, 'm').exec(text)?.[1] ?? ''
      return [name, [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label).sort()] as const
    }),
  )
const sample = (name: string) =>
  Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1])

describe('metrics', () => {
  test('each one is in docs/operations.md with its labels, and none is there that does not exist', () => {
    const documented = new Map(
      [...textOf('operations.md').matchAll(/^\| `(replyd_\w+)(?:\{([\w,]+)\})?` \|/gm)].map(
        ([, name = '', labels]) => [name, labels?.split(',').sort() ?? []] as const,
      ),
    )
    expect([...documented.keys()].sort()).toEqual([...live().keys()].sort())
    for (const [name, labels] of live()) {
      // The daily audit has not run yet.
      if (name !== 'replyd_audit_mails') expect([name, labels]).toEqual([name, documented.get(name)])
    }
  })

  test.each([
    ['replyd_healthy', 1],
    [`replyd_mails{account="${address}",disposition="drafted"}`, 1],
    ['replyd_due_mails', 0],
    ['replyd_uncertain_replies', 0],
    [`replyd_imap_connected{account="${address}"}`, 1],
    [`replyd_account_stopped{account="${address}"}`, 0],
    ['replyd_model_calls{step="compose"}', 1],
    ['replyd_queue_jobs{queue="model",state="wait"}', 0],
    ['replyd_oldest_waiting_seconds{for="step"}', 0],
  ])('%s is %d', (name, value) => expect(sample(name)).toBe(value))

  test('what is left and what is spent make the budget', () => {
    expect(sample('replyd_model_seconds{step="compose",quantile="0.95"}')).toBeGreaterThan(0)
    expect(sample('replyd_store_octets')).toBeGreaterThan(1_000_000)
    const sum = sample('replyd_budget_left_dollars') + sample('replyd_spent_today_dollars')
    expect(sum).toBeCloseTo(sample('replyd_budget_dollars'), 9)
  })

  test('the dashboard and the alert rules use only what exists', () => {
    const dashboard = JSON.parse(textOf('grafana-dashboard.json'))
    const expressions: string[] = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    )
    const { groups } = parse(textOf('alerts.yaml'))
    const rules: { alert: string; expr: string; annotations: { summary: string } }[] = groups.flatMap(
      (group: { rules: unknown[] }) => group.rules,
    )
    expect(expressions.length).toBeGreaterThan(10)
    expect(rules.length).toBeGreaterThan(5)
    const used = named([...expressions, ...rules.map(({ expr }) => expr)].join('\n'))
    expect([...used].filter((name) => !live().has(name))).toEqual([])
    for (const { alert, annotations } of rules) {
      expect(alert).toMatch(/^Replyd[A-Z]\w+$/)
      expect(annotations.summary.length).toBeGreaterThan(20)
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  })
})

describe('health', () => {
  test('/healthz has a word for each part, and no address', async () => {
    const answer = await get('/healthz')
    expect(answer.status).toBe(200)
    const body = await answer.json()
    const watch = `watch ${accountLabel(address)}`
    expect(body).toEqual({ ok: true, parts: { store: 'ok', queue: 'ok', model: 'ok', [watch]: 'connected' } })
    expect((await get('/readyz')).status).toBe(200)
  })

  test('an account that needs its owner is not ready, but nothing is unhealthy', async () => {
    const { context } = running.daemon
    await changeAccountState(context.db, address, { stopped: 'the password' }, new Date())
    expect((await get('/healthz')).status).toBe(200)
    const ready = await get('/readyz')
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false }])
    await changeAccountState(context.db, address, { stopped: null }, new Date())
    expect((await get('/readyz')).status).toBe(200)
  })

  test('without its store it is unhealthy', async () => {
    const { db } = running.daemon.context
    const broken = jest.spyOn(db, 'query').mockRejectedValue(new Error('connection refused'))
    const answer = await get('/healthz')
    broken.mockRestore()
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      ok: false,
      parts: { store: 'connection refused', queue: 'ok' },
    })
  })
})
