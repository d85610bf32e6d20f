import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type FetchMessageObject, type FetchQueryObject, ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { type DemoMailbox, startMailbox } from '../../src/demo/mailbox.ts'

const user = 'support@shop.example'
const password = 'pass "word'
const now = new Date('2026-11-24T09:00:00Z')

const login = `1 AUTHENTICATE PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`

let mailbox: DemoMailbox
const clients: ImapFlow[] = []

beforeEach(async () => {
  mailbox = await startMailbox({ user, password, now: () => now })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await mailbox.close()
})

async function client(): Promise<ImapFlow> {
  const flow = new ImapFlow({ ...mailbox.imap, secure: false, auth: { user, pass: password }, logger: false })
  flow.on('error', () => undefined)
  clients.push(flow)
  await flow.connect()
  return flow
}

async function fetchFirst(flow: ImapFlow, query: FetchQueryObject): Promise<FetchMessageObject> {
  const fetched = await flow.fetchOne('1', query, { uid: true })
  if (!fetched) throw new Error('nothing fetched')
  return fetched
}

const message = (id: string, body: string, more: string[] = []): Buffer =>
  Buffer.from(
    [`From: Ann <ann@client.example>`, `Message-ID: <${id}@client.example>`, ...more, '', body, ''].join(
      '\r\n',
    ),
  )

const tree = [
  'From: ann@client.example',
  'Message-ID: <tree@client.example>',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  'preamble',
  '--outer',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=C3=BC=C3=9Fe',
  '--inner',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>hello</p>',
  '--inner--',
  '',
  '--outer',
  'Content-Type: message/rfc822',
  '',
  'From: other@client.example',
  'Subject: inside',
  '',
  'inner text',
  '--outer',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.client.example',
  '--outer',
  'Content-Type: application/pdf; name="a;b \\"c\\".pdf"',
  'Content-Disposition: attachment; filename="a;b.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  'QUJD',
  '--outer--',
  '',
].join('\r\n')

describe('reading', () => {
  test('special-use mailboxes are announced, not guessed', async () => {
    const flow = await client()
    const found = (await flow.list()).filter((entry) => entry.specialUseSource === 'extension')
    expect(found.map((entry) => entry.specialUse).sort()).toEqual([
      '\\Archive',
      '\\Drafts',
      '\\Junk',
      '\\Sent',
      '\\Trash',
    ])
    for (const capability of ['IDLE', 'MOVE', 'UIDPLUS', 'SPECIAL-USE'])
      expect(flow.capabilities.has(capability)).toBe(true)
  })

  test('a wrong password is an authentication failure', async () => {
    const flow = new ImapFlow({
      ...mailbox.imap,
      secure: false,
      auth: { user, pass: 'wrong' },
      logger: false,
    })
    flow.on('error', () => undefined)
    await expect(flow.connect()).rejects.toMatchObject({ authenticationFailed: true })
  })

  test('BODYSTRUCTURE shows the whole tree', async () => {
    await mailbox.deliver(Buffer.from(tree))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const fetched = await fetchFirst(flow, { bodyStructure: true })
    const [alternative, forwarded, status, pdf] = fetched.bodyStructure?.childNodes ?? []
    expect(alternative?.childNodes).toMatchObject([
      {
        part: '1.1',
        type: 'text/plain',
        encoding: 'quoted-printable',
        parameters: { charset: 'utf-8' },
        size: 15,
      },
      { part: '1.2', type: 'text/html', encoding: '7bit', size: 12 },
    ])
    expect(forwarded).toMatchObject({ part: '2', type: 'message/rfc822', envelope: { subject: 'inside' } })
    expect(status).toEqual({ part: '3', type: 'message/delivery-status', encoding: '7bit', size: 37 })
    expect(pdf).toMatchObject({
      part: '4',
      type: 'application/pdf',
      disposition: 'attachment',
      parameters: { name: 'a;b "c".pdf' },
      dispositionParameters: { filename: 'a;b.pdf' },
    })
  })

  test.each([
    ['1.1', 'Gr=C3=BC=C3=9Fe'],
    ['1.2.MIME', 'Content-Type: text/html; charset=utf-8\r\n\r\n'],
    ['2', 'From: other@client.example\r\nSubject: inside\r\n\r\ninner text'],
    ['2.HEADER', 'From: other@client.example\r\nSubject: inside\r\n\r\n'],
    ['2.TEXT', 'inner text'],
    ['2.1', 'inner text'],
    ['3', 'Reporting-MTA: dns; mx.client.example'],
    ['4', 'QUJD'],
    ['TEXT', tree.slice(tree.indexOf('preamble'))],
  ])('section %s has exactly its octets', async (section, octets) => {
    await mailbox.deliver(Buffer.from(tree))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const fetched = await fetchFirst(flow, { bodyParts: [section] })
    expect(fetched.bodyParts?.get(section.toLowerCase())?.toString()).toBe(octets)
  })

  test('a part that is not there is no part, not an error', async () => {
    await mailbox.deliver(message('a', 'one'))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const fetched = await fetchFirst(flow, { bodyParts: ['7.12'] })
    expect(fetched.bodyParts?.get('7.12')).toBeFalsy()
  })

  test('partial bodies of several messages in one FETCH, the short one first', async () => {
    for (const body of ['x', 'hello world', 'hello again'])
      await mailbox.deliver(message(`m${body.length}`, body))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const heads: string[] = []
    for await (const fetched of flow.fetch(
      '1:*',
      { bodyParts: [{ key: '1', start: 0, maxLength: 5 }] },
      { uid: true },
    )) {
      heads.push(String(fetched.bodyParts?.get('1')))
    }
    expect(heads).toEqual(['x\r\n', 'hello', 'hello'])
  })

  test('the chosen header fields keep their folding; reading leaves no \\Seen', async () => {
    await mailbox.deliver(message('a', 'one', ['Subject: long', ' and folded', 'X-Other: no']))
    const flow = await client()
    await flow.mailboxOpen('INBOX')
    const fetched = await fetchFirst(flow, { headers: ['subject', 'message-id'], source: true, flags: true })
    expect(fetched.headers?.toString()).toBe(
      'Message-ID: <a@client.example>\r\nSubject: long\r\n and folded\r\n\r\n',
    )
    expect((await mailbox.list('INBOX'))[0]?.flags).toEqual([])
  })

  test('download decodes the charset of a part', async () => {
    await mailbox.deliver(Buffer.from(tree))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const { content } = await flow.download('1', '1.1', { uid: true })
    expect(Buffer.concat(await content!.toArray()).toString()).toBe('Grüße')
  })

  test('a header with raw 8-bit octets and control characters is read, too', async () => {
    const odd = Buffer.from(
      'From: a@client.example\r\nSubject: \x1b$B%F\x1b(B "q" \xfc\r\n\r\nbody\r\n',
      'latin1',
    )
    await mailbox.deliver(odd)
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const fetched = await fetchFirst(flow, { envelope: true, source: true })
    expect(fetched.source?.equals(odd)).toBe(true)
    expect(fetched.envelope?.from?.[0]?.address).toBe('a@client.example')
  })

  test('SEARCH HEADER finds by Message-ID; nothing found is an empty list', async () => {
    for (const id of ['a', 'b', 'c']) await mailbox.deliver(message(id, id))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    expect(await flow.search({ header: { 'message-id': '<b@client.example>' } }, { uid: true })).toEqual([2])
    expect(await flow.search({ header: { 'message-id': '<none@client.example>' } }, { uid: true })).toEqual(
      [],
    )
  })

  test('`n:*` beyond the last message gives the last one, as real servers do', async () => {
    for (const id of ['a', 'b']) await mailbox.deliver(message(id, id))
    const flow = await client()
    await flow.mailboxOpen('INBOX', { readOnly: true })
    const uids: number[] = []
    for await (const fetched of flow.fetch('9:*', { uid: true }, { uid: true })) uids.push(fetched.uid)
    expect(uids).toEqual([2])
  })
})

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
