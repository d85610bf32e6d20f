/**
 * The mails of a backlog: of the usual shape (plain text and HTML, a quoted answer, a signature), each from another
 * sender.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRoot, serverAccount } from '../../test/live/servers/account.ts'
import type { Dovecot } from '../../test/live/servers/index.ts'

export const authservId = 'mx.bench.test'

const question =
  'could you please tell me what your opening hours are in the week before the holidays? I would like to bring back the\n' +
  'lamp that I bought from you last month, because its switch is loose, and I am not sure whether the shop in the\n' +
  'harbour street is open on Saturdays. If it is easier for you I can also send it by post. I still have the receipt\n' +
  'and the box. Please let me know which of the two suits you better, and whether I need to fill in a form first.'

const quoted =
  '> thank you for your order. Your lamp has left our warehouse and should reach you within the next days. If anything\n' +
  '> is wrong with it, write to us, and keep the box until you have tried it. We wish you much joy with it.'

/** A mail of about 4 KB. @param token letters and digits; also in the subject, for the bench's model */
export function makeMail(token: string, to: string): Buffer {
  const domain = `d${token}.example`
  const boundary = `=_${token}`
  const text = `Hello,\n\n${question}\n\nKind regards\nSender ${token}\n\nOn 3 November 2026 the shop wrote:\n${quoted}\n`
  const paragraphs = text
    .split('\n\n')
    .map(
      (part) =>
        `<p style="margin:0 0 12px;font-family:Arial,sans-serif">${part.replaceAll('\n', '<br>')}</p>`,
    )
  const lines = [
    `Authentication-Results: ${authservId}; dmarc=pass header.from=${domain}`,
    `Received: from mail.${domain} by ${authservId} with ESMTPS id ${token}; Tue, 24 Nov 2026 09:00:00 +0000`,
    `Message-ID: <${token}@${domain}>`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `From: Sender ${token} <s@${domain}>`,
    `To: ${to}`,
    `Subject: opening hours ${token}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    ...text.split('\n'),
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    '',
    `<html><body>${paragraphs.join('\n')}</body></html>`,
    `--${boundary}--`,
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

let made = 0

/** A name that is unique in this process. */
export const newToken = (): string => `b${process.pid.toString(36)}x${(++made).toString(36)}`

/**
 * Writes mails into a user's Maildir as a delivery would, but thousands a second. Not for a mailbox that is watched.
 */
export function fillInbox(dovecot: Dovecot, user: string, octets: readonly Buffer[]): void {
  const account = serverAccount()
  const home = join(dovecot.directory, 'mail', user)
  const owned = (path: string) => {
    if (isRoot) chownSync(path, account.uid, account.gid)
  }
  for (const path of ['mail', `mail/${user}`, `mail/${user}/Maildir`]) {
    mkdirSync(join(dovecot.directory, path), { recursive: true })
    owned(join(dovecot.directory, path))
  }
  for (const folder of ['cur', 'new', 'tmp']) {
    mkdirSync(join(home, 'Maildir', folder), { recursive: true })
    owned(join(home, 'Maildir', folder))
  }
  const seconds = Math.floor(Date.now() / 1000)
  for (const [at, mail] of octets.entries()) {
    const path = join(home, 'Maildir/new', `${seconds}.M${String(at).padStart(6, '0')}P${process.pid}.bench`)
    writeFileSync(path, mail)
    owned(path)
  }
}
