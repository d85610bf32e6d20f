import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { AccountSettings, Server } from '../../src/config/settings.ts'
import type { ImapOptions } from '../../src/imap/imap.ts'

/** Settings of an account on a server of the harness; only the settings that the adapters read matter. */
export function accountOn(
  server: { host: string; imapPort: number; password: string },
  user: string,
  changes: Partial<AccountSettings> = {},
): AccountSettings {
  const login: Server = {
    host: server.host,
    port: server.imapPort,
    secure: false,
    user,
    password: server.password,
    oauth2: null,
    allowPlaintext: false,
  }
  return {
    owner: { address: user, aliases: [], displayName: null, authservIds: [], ownLists: [] },
    imap: { ...login, pollMs: 60_000 },
    smtp: login,
    mailbox: 'INBOX',
    mailboxes: { drafts: null, sent: null, junk: null },
    since: 'now',
    sentCopy: null,
    arcSealers: [],
    lookups: [],
    answers: [],
    attachments: { pdf: false, office: false, images: false },
    replies: {
      mode: 'draft',
      signature: '',
      signatures: {},
      check: 'never',
      flagDoubts: false,
      draftDespite: [],
      intervalMs: 0,
      undoMs: 0,
      approve: 'off',
      html: false,
      quote: 'none',
      disclosure: '',
      humanLine: '',
      disclosureAt: 'below',
      disclosureIn: 'every',
      businessHours: null,
      minConfidence: 0.5,
      ownerLanguage: 'en',
    },
    spam: { action: 'move', threshold: 0.9, allow: [], deny: [] },
    categories: [],
    instructions: '',
    knowledge: null,
    site: null,
    prompts: '',
    budgetPerDay: null,
    ...changes,
  }
}

export const quietOptions: ImapOptions = { log: silentLog, clock: systemClock, random: () => 0.5 }

/** A small mail, CRLF. */
export function mail(id: string, fields: readonly string[] = [], body = 'Hello\r\n'): Buffer {
  const header = [
    `Message-ID: <${id}>`,
    'From: Ann <ann@example.org>',
    'To: me@replyd.test',
    'Subject: Hi',
    ...fields,
  ]
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${body}`)
}
