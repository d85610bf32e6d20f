/** imapflow as anybody would use it: the limit with which replyd's reading and saving are compared. */
import { ImapFlow } from 'imapflow'
import type { Dovecot } from '../../test/live/servers/index.ts'

/** A logged-in connection that is closed at the end of the block. */
export async function connect(dovecot: Dovecot, user: string): Promise<ImapFlow & AsyncDisposable> {
  const client = new ImapFlow({
    host: dovecot.host,
    port: dovecot.imapPort,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: dovecot.password },
    logger: false,
    disableAutoIdle: true,
  })
  client.on('error', () => undefined)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.close() })
}

/** Whole mails, one FETCH. @returns mails */
export async function fetchSources(client: ImapFlow): Promise<number> {
  let mails = 0
  for await (const { source } of client.fetch('1:*', { uid: true, source: true })) if (source) mails++
  return mails
}

/** What a program that answers mail needs: header fields and structure, then the text parts. @returns mails */
export async function fetchTexts(client: ImapFlow): Promise<number> {
  const query = { uid: true, envelope: true, flags: true, bodyStructure: true } as const
  const uids = (await client.fetchAll('1:*', query)).map(({ uid }) => uid)
  for (let start = 0; start < uids.length; start += batch) {
    const range = uids.slice(start, start + batch)
    await client.fetchAll(range, { uid: true, bodyParts: ['1', '2'] }, { uid: true })
  }
  return uids.length
}

const batch = 200

/** The duration in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Rate per second for this amount of work. */
export async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  return (count * 1000) / (await timed(work))
}
