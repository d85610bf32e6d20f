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

/**
 * STORE, then a check of the result: STORE says OK even for a mail that does not exist.
 * @returns for each mail whether it now has, or lacks, every one of the flags; null when it is gone
 */
export async function storeFlags(
  client: ImapFlow,
  uids: readonly number[],
  change: 'add' | 'remove',
  flags: readonly string[],
): Promise<(boolean | null)[]> {
  const range = uids.join(',')
  const usable = keptFlags(client, flags)
  if (usable.length > 0) {
    const stored =
      change === 'add'
        ? await client.messageFlagsAdd(range, usable, { uid: true })
        : await client.messageFlagsRemove(range, usable, { uid: true })
    // It is safe to repeat after any outcome.
    if (!stored) throw new TemporaryError('IMAP STORE was refused, or its answer was lost')
  }
  return (await flagsOfEach(client, uids)).map((current) => {
    if (!current) return null
    const now = new Set(current.map((flag) => flag.toLowerCase()))
    return flags.every((flag) => now.has(flag.toLowerCase()) === (change === 'add'))
  })
}
