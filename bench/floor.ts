/**
 * The minimum that could work: the same libraries as replyd, used well, with nothing stored. Text parts in batches,
 * jobs added in bulk, one or two model calls, a draft saved by APPEND or a reply sent over pooled connections. No
 * ledger, no guard, no checks: the difference is what replyd's promises cost.
 */
import { Queue, Worker } from 'bullmq'
import { ImapFlow } from 'imapflow'
import { Redis } from 'ioredis'
import { createTransport } from 'nodemailer'
import OpenAI from 'openai'
import type { WorkerOptions } from './naive.ts'

interface FloorOptions extends WorkerOptions {
  calls: 1 | 2
  /** Where the reply goes: to Drafts, or by SMTP with a copy in Sent. */
  end: 'draft' | 'send'
}

interface Job {
  from: string
  subject: string
  text: string
}

/** Answers every mail in INBOX. Resolves with the number of replies. */
export async function passAll(options: FloorOptions): Promise<number> {
  const { host, port, user, pass } = options.imap
  const connection = new Redis(options.redisUrl, { maxRetriesPerRequest: null }) as never
  const queue = new Queue<Job>('mails', { connection })
  const openai = new OpenAI({ baseURL: options.baseUrl, apiKey: 'none', maxRetries: 0 })
  const smtp = createTransport({ host: '127.0.0.1', port: options.smtpPort, ignoreTLS: true, pool: true })
  const [reader, writer] = [0, 1].map(() => {
    const auth = { user, pass }
    const client = new ImapFlow({
      host,
      port,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
      disableAutoIdle: true,
    })
    client.on('error', () => undefined)
    return client
  }) as [ImapFlow, ImapFlow]
  await Promise.all([reader.connect(), writer.connect()])
  const ask = async (task: string, content: string): Promise<{ text?: string }> => {
    const { choices } = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: `Task: ${task}. Answer in JSON.` },
        { role: 'user', content },
      ],
      response_format: { type: 'json_object' },
    })
    return JSON.parse(choices[0]?.message.content ?? '{}')
  }
  const answer = async ({ data }: { data: Job }) => {
    if (options.calls === 2) await ask('triage', data.text)
    const { text = '' } = await ask('compose', data.text)
    const head = `From: ${user}\r\nTo: ${data.from}\r\nSubject: Re: ${data.subject}\r\nDate: ${new Date().toUTCString()}\r\n`
    const raw = Buffer.from(`${head}\r\n${text.replaceAll('\n', '\r\n')}\r\n`)
    if (options.end === 'send') await smtp.sendMail({ envelope: { from: user, to: data.from }, raw })
    await writer.append(options.end === 'draft' ? 'Drafts' : 'Sent', raw, ['\\Seen'])
  }
  await reader.mailboxOpen('INBOX', { readOnly: true })
  const mails = await reader.fetchAll('1:*', { uid: true, envelope: true, bodyStructure: true })
  let done = 0
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const worker = new Worker<Job>('mails', answer, { connection, concurrency: options.concurrency })
  worker.on('error', () => undefined)
  worker.on('completed', () => {
    if (++done === mails.length) finish()
  })
  for (let start = 0; start < mails.length; start += 200) {
    const batch = mails.slice(start, start + 200)
    const uids = batch.map(({ uid }) => uid)
    const texts = new Map<number, string>()
    for (const { uid, bodyParts } of await reader.fetchAll(
      uids,
      { uid: true, bodyParts: ['1'] },
      { uid: true },
    ))
      texts.set(uid, bodyParts?.get('1')?.toString() ?? '')
    const jobs = batch.map(({ uid, envelope }) => ({
      name: 'mail',
      data: {
        from: envelope?.from?.[0]?.address ?? '',
        subject: envelope?.subject ?? '',
        text: texts.get(uid) ?? '',
      },
      opts: { removeOnComplete: true },
    }))
    await queue.addBulk(jobs)
  }
  await finished
  smtp.close()
  await Promise.allSettled([worker.close(), queue.close(), reader.logout(), writer.logout()])
  return done
}
