import { afterEach, beforeEach } from '@jest/globals'
import { ImapFlow } from 'imapflow'
import { type DemoMailbox, startMailbox } from '../../src/demo/mailbox.ts'

export const user = 'support@shop.example'
export const password = 'pass "word'
const now = new Date('2026-11-24T09:00:00Z')

export const login = `1 AUTHENTICATE PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`

/** Fresh for each test. */
export let mailbox: DemoMailbox
const clients: ImapFlow[] = []

beforeEach(async () => {
  mailbox = await startMailbox({ user, password, now: () => now })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await mailbox.close()
})

export async function client(): Promise<ImapFlow> {
  const flow = new ImapFlow({ ...mailbox.imap, secure: false, auth: { user, pass: password }, logger: false })
  flow.on('error', () => undefined)
  clients.push(flow)
  await flow.connect()
  return flow
}

export const message = (id: string, body: string, more: string[] = []): Buffer =>
  Buffer.from(
    [`From: Ann <ann@client.example>`, `Message-ID: <${id}@client.example>`, ...more, '', body, ''].join(
      '\r\n',
    ),
  )
