/** The mailbox: login, what the server supports, and which mailboxes exist. Changes nothing. */
import type { ImapFlow, ListResponse } from 'imapflow'
import { reasonOf } from '../base/errors.ts'
import type { AccountSettings } from '../config/settings.ts'
import { behaviours, type Offered } from '../imap/behaviours.ts'
import { closeClient, connectClient, defaultTiming } from '../imap/client.ts'
import { appendLimit } from '../imap/mutations.ts'
import { type Check, failed, passed, serverFailure, type Verdict, warned } from './failure.ts'

/**
 * One to three checks: without a login there is nothing more to check.
 * @param patienceMs how long to wait for each of connection, greeting and answer
 */
export async function checkImap(
  account: AccountSettings,
  patienceMs: number,
  accessToken?: (refused?: string) => Promise<string>,
): Promise<Check[]> {
  const { imap, owner } = account
  const named = (name: Check['name'], verdict: Verdict): Check => ({
    name,
    account: owner.address,
    ...verdict,
  })
  const timing = { ...defaultTiming, connectMs: patienceMs, greetingMs: patienceMs, quietMs: patienceMs }
  let client: ImapFlow
  try {
    client = await connectClient(imap, { accessToken, timing, signal: AbortSignal.timeout(3 * patienceMs) })
  } catch (error) {
    return [named('imap', serverFailure(error, imap, { ...imap, keys: 'imap', protocol: 'IMAP' }))]
  }
  try {
    const tls = client.secureConnection ? 'with TLS' : 'in plain text'
    const login = passed(`logged in to ${imap.host}:${imap.port} as ${imap.user}, ${tls}`)
    const capabilities = limitVerdict(appendLimit(client)) ?? capabilityVerdict(client.capabilities)
    return [
      named('imap', login),
      named('capabilities', capabilities),
      named('mailboxes', await mailboxVerdict(client, account)),
    ]
  } finally {
    await closeClient(client)
  }
}

/** A draft with its quotation takes a few kilobytes. */
const smallestLimit = 65_536

/** Drafts are saved with APPEND (RFC 7889); null if there is enough room. */
function limitVerdict(octets: number | null): Verdict | null {
  if (octets === null || octets >= smallestLimit) return null
  return failed(
    `the server stores mails of at most ${octets} octets (APPENDLIMIT), so drafts can't be saved`,
    'Raise that limit on the mail server, or ask its administrator.',
  )
}

/** What a missing extension costs (RFC 2177, 6851, 4315). */
function capabilityVerdict(capabilities: Offered): Verdict {
  const missing = behaviours.filter(({ holds }) => holds(capabilities)).map(({ lack }) => lack)
  const wanted = ['IDLE', 'MOVE', 'UIDPLUS', 'SPECIAL-USE', 'CONDSTORE', 'OBJECTID'].filter((name) =>
    capabilities.has(name),
  )
  const there = wanted.length > 0 ? wanted.join(', ') : 'none of those that help'
  if (missing.length === 0) return passed(`everything that replyd uses: ${there}`)
  return warned(
    `${there}; ${missing.join('; ')}`,
    'replyd works around it; a newer mail server would do better.',
  )
}

async function mailboxVerdict(client: ImapFlow, account: AccountSettings): Promise<Verdict> {
  const mailboxes = await client.list()
  const exists = (path: string) =>
    mailboxes.some((mailbox) => mailbox.path === path || isInbox(mailbox.path, path))
  const named = [account.mailbox, ...Object.values(account.mailboxes).filter((path) => path !== null)]
  const absent = named.filter((path) => !exists(path))
  if (absent.length > 0) {
    const paths = mailboxes.map(({ path }) => path).slice(0, 20)
    return failed(
      `there is no mailbox ${absent.join(', ')}`,
      `Correct the name, or create it. There are: ${paths.join(', ')}.`,
    )
  }
  const watched = await messagesIn(client, account.mailbox)
  const special = (['drafts', 'sent', 'junk'] as const).map((use) =>
    specialMailbox(mailboxes, use, account.mailboxes[use]),
  )
  const found = [watched, ...special.map(({ text }) => text)].join('; ')
  const guessed = special.filter(({ sure }) => !sure).map(({ use }) => use)
  if (guessed.length === 0) return passed(found)
  return warned(
    found,
    `If a mailbox is the wrong one, name it: mailboxes: { ${guessed.map((use) => `${use}: …`).join(', ')} }.`,
  )
}

const isInbox = (path: string, other: string) =>
  path.toUpperCase() === 'INBOX' && other.toUpperCase() === 'INBOX'

async function messagesIn(client: ImapFlow, mailbox: string): Promise<string> {
  try {
    const status = await client.status(mailbox, { messages: true })
    return status ? `${mailbox} holds ${counted(status.messages ?? 0)}` : `${mailbox} can't be read`
  } catch (error) {
    return `${mailbox} can't be read: ${reasonOf(error)}`
  }
}

interface Special {
  use: 'drafts' | 'sent' | 'junk'
  text: string
  /** False if only its name suggests it, or nothing. */
  sure: boolean
}

function specialMailbox(
  mailboxes: readonly ListResponse[],
  use: Special['use'],
  configured: string | null,
): Special {
  if (configured !== null) return { use, text: `${use}: ${configured} (as configured)`, sure: true }
  const attribute = { drafts: '\\Drafts', sent: '\\Sent', junk: '\\Junk' }[use]
  const mailbox = mailboxes.find((each) => each.specialUse === attribute)
  if (!mailbox) {
    // Drafts and Junk are created on demand; without Sent only the copy is missing.
    return { use, text: `${use}: none${use === 'sent' ? '' : ' yet'}`, sure: use !== 'sent' }
  }
  const byName = mailbox.specialUseSource === 'name'
  return { use, text: `${use}: ${mailbox.path}${byName ? ' (by its name)' : ''}`, sure: !byName }
}

const counted = (messages: number) => (messages === 1 ? '1 message' : `${messages} messages`)
