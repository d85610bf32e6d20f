/** Flags and keywords of one mail. */
import type { ImapFlow } from 'imapflow'
import { TemporaryError } from '../base/errors.ts'

/** Without \Recent, which depends on who selected the mailbox first (RFC 3501 section 2.3.2). */
export function lastingFlags(flags: Iterable<string> | undefined): string[] {
  return [...(flags ?? [])].filter((flag) => flag.toLowerCase() !== '\\recent')
}

/** Null when the mail is gone. */
export async function flagsOf(client: ImapFlow, uid: number): Promise<string[] | null> {
  const row = await client.fetchOne(String(uid), { uid: true, flags: true }, { uid: true })
  return row ? lastingFlags(row.flags) : null
}

/**
 * The flags that the selected mailbox keeps (PERMANENTFLAGS); without that answer, all (RFC 3501 section 7.1).
 * go-imap sends only `(\\*)` and keeps the system flags too: a list that names none of them does not exclude them.
 */
export function keptFlags(client: ImapFlow, flags: readonly string[]): string[] {
  const permanent = client.mailbox ? client.mailbox.permanentFlags : undefined
  if (!permanent || permanent.size === 0) return [...flags]
  const known = new Set([...permanent].map((flag) => flag.toLowerCase()))
  const namesSystemFlags = [...known].some((flag) => flag.startsWith('\\') && flag !== '\\*')
  const keepsUnnamed = (flag: string) => known.has('\\*') && !(namesSystemFlags && flag.startsWith('\\'))
  return flags.filter((flag) => known.has(flag.toLowerCase()) || keepsUnnamed(flag))
}

/** Of several mails in one FETCH; null for those that are gone. */
export async function flagsOfEach(client: ImapFlow, uids: readonly number[]): Promise<(string[] | null)[]> {
  const found = new Map<number, string[]>()
  for (const { uid, flags } of await client.fetchAll([...uids], { uid: true, flags: true }, { uid: true }))
    if (uid && flags) found.set(uid, lastingFlags(flags))
  return uids.map((uid) => found.get(uid) ?? null)
}

/** A mail's flags, as imapflow reports them while another command runs. */
interface Reported {
  uid?: number
  flags?: Iterable<string>
}

/**
 * STORE. Its answer names the flags of each mail that it changed (RFC 3501 section 6.4.6), but it also says OK to a mail
 * that does not exist. So a mail whose flags it does not name as wanted is looked up in a fresh view.
 * @returns for each mail whether it now has, or lacks, every one of the flags; null when it is gone
 */
export async function storeFlags(
  client: ImapFlow,
  uids: readonly number[],
  change: 'add' | 'remove',
  flags: readonly string[],
): Promise<(boolean | null)[]> {
  const fits = (current: Iterable<string>) => {
    const now = new Set([...current].map((flag) => flag.toLowerCase()))
    return flags.every((flag) => now.has(flag.toLowerCase()) === (change === 'add'))
  }
  const done = new Set<number>()
  const note = ({ uid, flags: current }: Reported) => {
    if (uid && current && fits(current)) done.add(uid)
    else if (uid) done.delete(uid)
  }
  client.on('flags', note)
  await store(client, uids, change, flags).finally(() => client.off('flags', note))
  const left = uids.filter((uid) => !done.has(uid))
  if (left.length === 0) return uids.map(() => true)
  await client.noop()
  // It is safe to repeat after any outcome.
  if (!(await store(client, left, change, flags)))
    throw new TemporaryError('IMAP STORE was refused, or its answer was lost')
  const found = await flagsOfEach(client, left)
  const checked = new Map(left.map((uid, at) => [uid, found[at] ?? null]))
  return uids.map((uid) => {
    const current = checked.get(uid)
    return current === undefined ? true : current && fits(current)
  })
}

/** @returns false when the server refused it, or the answer was lost; true also when it keeps none of the flags */
async function store(
  client: ImapFlow,
  uids: readonly number[],
  change: 'add' | 'remove',
  flags: readonly string[],
): Promise<boolean> {
  const usable = keptFlags(client, flags)
  if (usable.length === 0) return true
  const range = uids.join(',')
  return change === 'add'
    ? await client.messageFlagsAdd(range, usable, { uid: true })
    : await client.messageFlagsRemove(range, usable, { uid: true })
}
