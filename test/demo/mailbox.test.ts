import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, jest, test } from '@jest/globals'
import { createTransport } from 'nodemailer'
import { client, login, mailbox, message, password, user } from './imap-client.ts'

describe('changing', () => {
  test('what is delivered ends an IDLE at once', async () => {
    const flow = await client()
    await flow.mailboxOpen('INBOX')
    const idling = flow.idle()
    const heard = once(flow, 'exists')
    await mailbox.deliver(message('a', 'one'))
    expect((await heard)[0]).toMatchObject({ path: 'INBOX', count: 1 })
    await flow.noop()
    await idling
  })

  test('flags set by one connection reach another one in IDLE', async () => {
    await mailbox.deliver(message('a', 'one'))
    const [watching, acting] = [await client(), await client()]
    await watching.mailboxOpen('INBOX')
    await acting.mailboxOpen('INBOX')
    const idling = watching.idle()
    const heard = once(watching, 'flags')
    await acting.messageFlagsAdd('1', ['$Junk', '\\Answered'], { uid: true })
    expect([...(await heard)[0].flags].sort()).toEqual(['$Junk', '\\Answered'])
    await watching.noop()
    await idling
  })

  test('APPEND stores a draft with its flags and says which UID it has', async () => {
    const flow = await client()
    const draft = message('draft', 'Grüße')
    const stored = await flow.append('Drafts', draft, ['\\Draft', '\\Seen'])
    expect(stored).toMatchObject({ destination: 'Drafts', uid: 1 })
    expect(await mailbox.list('Drafts')).toEqual([{ uid: 1, flags: ['\\Draft', '\\Seen'], octets: draft }])
  })

  test('MOVE with keywords gives the new UID; a missing UID gives none', async () => {
    for (const id of ['a', 'b']) await mailbox.deliver(message(id, id))
    const flow = await client()
    await flow.mailboxOpen('INBOX')
    await flow.messageFlagsAdd('2', ['$Junk'], { uid: true })
    expect(await flow.messageMove('2', 'Junk', { uid: true })).toMatchObject({ uidMap: new Map([[2, 1]]) })
    expect(await flow.messageMove('2', 'Junk', { uid: true })).not.toHaveProperty('uidMap')
    expect((await mailbox.list('Junk'))[0]?.flags).toEqual(['$Junk'])
    expect((await mailbox.list('INBOX')).map(({ uid }) => uid)).toEqual([1])
  })

  test('UID EXPUNGE removes only what is \\Deleted', async () => {
    for (const id of ['a', 'b', 'c']) await mailbox.deliver(message(id, id))
    const flow = await client()
    await flow.mailboxOpen('INBOX')
    await flow.messageFlagsAdd('2', ['\\Deleted'], { uid: true })
    const heard = once(flow, 'expunge')
    const socket = connect(mailbox.imap.port, mailbox.imap.host)
    socket.write(`${login}\r\n2 SELECT INBOX\r\n3 UID EXPUNGE 1:3\r\n`)
    const idling = flow.idle()
    expect((await heard)[0]).toMatchObject({ seq: 2 })
    socket.destroy()
    await flow.noop()
    await idling
    expect((await mailbox.list('INBOX')).map(({ uid }) => uid)).toEqual([1, 3])
  })
})

describe('submission', () => {
  const letter = { from: user, to: 'ann@client.example', subject: 'Hello', text: '.\r\nGrüße' }

  test('an accepted message is kept with its envelope', async () => {
    const transport = createTransport({ ...mailbox.smtp, secure: false, auth: { user, pass: password } })
    await transport.sendMail(letter)
    transport.close()
    const [submitted] = mailbox.sent()
    expect(submitted).toMatchObject({ reversePath: user, recipients: ['ann@client.example'] })
    expect(submitted?.octets.toString()).toContain('\r\nSubject: Hello\r\n')
  })

  test.each([
    ['a wrong password', { auth: { user, pass: 'wrong' } }],
    ['no password', {}],
  ])('%s is refused and nothing is kept', async (_name, auth) => {
    const transport = createTransport({ ...mailbox.smtp, secure: false, ...auth })
    await expect(transport.sendMail(letter)).rejects.toMatchObject({ responseCode: expect.any(Number) })
    transport.close()
    expect(mailbox.sent()).toEqual([])
  })
})

test('a client that goes away during IDLE leaves no timer behind', async () => {
  const started = jest.spyOn(globalThis, 'setTimeout')
  const cleared = jest.spyOn(globalThis, 'clearTimeout')
  const socket = connect(mailbox.imap.port, mailbox.imap.host)
  await once(socket, 'data')
  socket.write(`${login}\r\n2 SELECT INBOX\r\n3 IDLE\r\n`)
  let said = ''
  while (!said.includes('+ idling')) said += String((await once(socket, 'data'))[0])
  const idle = started.mock.calls.findIndex(([, ms]) => ms === 30 * 60 * 1000)
  socket.destroy()
  await mailbox.close()
  expect(idle).toBeGreaterThanOrEqual(0)
  const timer = started.mock.results[idle]?.value
  expect(cleared.mock.calls.some(([given]) => given === timer)).toBe(true)
  jest.restoreAllMocks()
})
