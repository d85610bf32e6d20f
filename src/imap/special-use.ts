/** Which mailbox is Drafts, Sent, Junk (RFC 6154). */
import type { ImapFlow, ListResponse } from 'imapflow'
import type { AccountSettings } from '../config/settings.ts'
import type { SpecialMailboxes } from './types.ts'

/** By attribute if the server has it, otherwise by name in many languages: imapflow ranks them in that order. */
function pathsIn(mailboxes: readonly ListResponse[]): SpecialMailboxes {
  const pathOf = (use: string) =>
    mailboxes.find((mailbox) => mailbox.specialUse === use && !mailbox.flags.has('\\Noselect'))?.path ?? null
  return {
    drafts: pathOf('\\Drafts'),
    sent: pathOf('\\Sent'),
    junk: pathOf('\\Junk'),
    trash: pathOf('\\Trash'),
    archive: pathOf('\\Archive'),
  }
}

/** Creates it unless somebody else just did; either way it then exists, below the account's prefix. */
async function create(client: ImapFlow, name: string): Promise<string> {
  return (await client.mailboxCreate(name)).path
}

/** Configured paths take precedence; Drafts and Junk are created only in an account that has none. */
export async function findSpecialMailboxes(
  client: ImapFlow,
  configured: AccountSettings['mailboxes'],
): Promise<SpecialMailboxes> {
  const found = pathsIn(await client.list())
  const drafts = configured.drafts ?? found.drafts ?? (await create(client, 'Drafts'))
  const junk = configured.junk ?? found.junk ?? (await create(client, 'Junk'))
  return { ...found, drafts, junk, sent: configured.sent ?? found.sent }
}

/** See ImapAccount.mailboxNamed. */
export async function findMailboxNamed(client: ImapFlow, wanted: string): Promise<string | null> {
  const found = (await client.list()).filter(
    ({ name, flags }) =>
      name.toLowerCase() === wanted.toLowerCase() && !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
  )
  const depth = ({ path, delimiter }: ListResponse) => path.split(delimiter).length
  return found.sort((one, other) => depth(one) - depth(other))[0]?.path ?? null
}
