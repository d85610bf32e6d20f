import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { afterwards, greet } from '../../src/cli/start.ts'
import { accountOn } from '../live/imap-account.ts'

const account = accountOn({ host: '127.0.0.1', imapPort: 143, password: 'secret' }, 'me@replyd.test')

test('whoever starts it at a terminal reads what to do next, and what became of a mail', () => {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const pipeline = new EventEmitter()
  greet({ pipeline: pipeline as never, url: 'http://127.0.0.1:8025' }, { accounts: [account] }, { stdout })
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const shown = /^replyd is running for you@example\.com[^`]*/m.exec(readme)?.[0]
  expect(stdout.read()).toBe(`${shown?.replace('you@example.com', 'me@replyd.test')}\n`)
  pipeline.emit('settled', { disposition: 'drafted', reason: 'mode-draft', subject: 'Private' })
  pipeline.emit('settled', { disposition: 'declined', reason: 'list-mail', fromAddress: 'ann@example.org' })
  expect(stdout.read()).toBe(
    'A reply is in your Drafts mailbox.\nA mail was handled: left alone. It came from a mailing list, and lists are never answered.\n',
  )
})

test('the end has a limit, which begins with the signal', async () => {
  const stop = new AbortController()
  const cut = new Promise<boolean>((resolve) =>
    afterwards(stop.signal, 1, () => resolve(stop.signal.aborted)),
  )
  // Its timer keeps no process alive; this one does.
  const alive = setInterval(() => undefined, 1000)
  setImmediate(() => stop.abort())
  expect(await cut).toBe(true)
  clearInterval(alive)
})
