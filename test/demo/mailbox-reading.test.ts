import { describe, expect, test } from '@jest/globals'
import { type FetchMessageObject, type FetchQueryObject, ImapFlow } from 'imapflow'
import { client, mailbox, message, user } from './imap-client.ts'

async function fetchFirst(flow: ImapFlow, query: FetchQueryObject): Promise<FetchMessageObject> {
  const fetched = await flow.fetchOne('1', query, { uid: true })
  if (!fetched) throw new Error('nothing fetched')
  return fetched
}

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
