/** New settings while the daemon runs: by SIGHUP and by `replyd reload`, with a broken file and with keys that need a restart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { fillState } from '../store-template.ts'
import { startChild } from './child.ts'
import { filledUp, readMailbox } from './mailboxes.ts'

const address = 'support@replyd.test'
const directory = mkdtempSync(join(tmpdir(), 'replyd-reload-'))
const path = join(directory, 'replyd.yaml')

let dovecot: Dovecot
let standIn: StandIn
/** The prompts of compose so far, and the listener that waits for the next one. */
const asked: string[] = []
let waiting = (): void => undefined

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question, body }) => {
        if (question.task === 'compose') asked.push(JSON.stringify(body.messages))
        waiting()
        return undefined
      },
    }),
  ])
  await fillState(join(directory, 'data'))
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
  rmSync(directory, { recursive: true, force: true })
})

const written = ({ instructions = '', port = dovecot.imapPort, more = '' }) =>
  writeFileSync(
    path,
    `accounts:
  - address: ${address}
    since: all
    imap:
      host: ${dovecot.host}
      port: ${port}
      secure: false
      password: ${dovecot.password}
    smtp: { host: 127.0.0.1, port: 1, secure: false }
model: { name: ${standInModel}, baseUrl: '${standIn.baseUrl}', apiKey: none }
web: { port: 0 }
instructions: ${instructions}
${more}`,
  )

/** Delivers a mail and resolves with the prompt of its reply. */
async function promptFor(id: string): Promise<string> {
  const from = asked.length
  const octets = [
    `Message-ID: <${id}@customers.example>`,
    `From: Customer ${id} <${id}@customers.example>`,
    `To: ${address}`,
    `Subject: Opening hours, asked by ${id}`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    '',
    'Hello,\r\n\r\nwhat are your opening hours on Saturday?\r\n',
  ].join('\r\n')
  await deliverAll(dovecot, [{ user: address, octets }])
  return new Promise((resolve) => {
    waiting = () => {
      const prompt = asked[from]
      if (prompt !== undefined) resolve(prompt)
    }
    waiting()
  })
}

test('a running daemon takes over new settings, refuses what needs a restart, and survives a broken file', async () => {
  written({ instructions: 'Begin with Moin.' })
  await using child = await startChild({ args: ['start', '--config', path] })
  expect(await promptFor('ann')).toContain('Begin with Moin.')

  // SIGHUP: the next mail is answered with the new instructions.
  written({ instructions: 'Begin with Servus.', more: 'log: { level: debug }\n' })
  process.kill(child.pid, 'SIGHUP')
  await child.logged('"event":"config.reloaded","changed":["instructions","log.level"],"restart":[]')
  const second = await promptFor('ben')
  expect(second).toContain('Begin with Servus.')
  expect(second).not.toContain('Begin with Moin.')

  // A broken file: every fault with its line, and everything goes on as before.
  written({ instructions: 'Begin with Hello.', more: 'replise: { mode: send }\nbudget: { perDay: much }\n' })
  process.kill(child.pid, 'SIGHUP')
  await child.logged('"event":"config.refused"')
  expect(child.log()).toMatch(
    /"reason":"[^"]*replyd\.yaml:13: replise: unknown key \(did you mean \\"replies\\"\?\)/,
  )
  const broken = await run(['reload', '--config', path])
  expect(broken).toMatchObject({ status: 2, out: '' })
  expect(broken.err).toContain('replyd.yaml:13: replise: unknown key (did you mean "replies"?)')
  expect(broken.err).toContain('replyd.yaml:14: budget.perDay: must be an amount in US dollars')
  expect(broken.err).toContain('Nothing was changed')
  expect(await promptFor('cleo')).toContain('Begin with Servus.')
  // Nothing was lost on the way.
  await filledUp(dovecot, address, 'Drafts', 3)
  expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(3)

  // A key that needs a restart is refused with its line, and the other changes are used.
  written({ instructions: 'Begin with Ahoy.', port: 1, more: 'replies: { mode: review }\n' })
  const partly = await run(['reload', '--config', path])
  expect(partly.err).toBe('')
  expect(partly.out).toBe(`In use from now on:
  ${path}:12: instructions: Begin with Ahoy. (was Begin with Servus.)
  ${path}:13: replies.mode: review (was draft)
  ${path}: log.level: info (was debug)
Needs a restart before it is used:
  ${path}:6: imap.port
`)
  expect(partly.status).toBe(1)
  expect(await promptFor('dora')).toContain('Begin with Ahoy.')

  // The API says the same; nothing is left to change but the port.
  const again = await run(['reload', '--config', path, '--json'])
  expect(JSON.parse(again.out)).toEqual({
    changed: [],
    refused: [{ where: `${path}:6`, key: 'imap.port', accounts: [] }],
  })

  expect(await child.stop()).toBe(0)
})
