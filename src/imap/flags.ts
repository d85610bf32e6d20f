/** Flags and keywords of one mail. */
import type { ImapFlow } from 'imapflow'
import { TemporaryError } from '../errors.ts'
import { MessageVanished } from './errors.ts'

/** Null when the mail is gone. */
export async function flagsOf(client: ImapFlow, uid: number): Promise<string[] | null> {
  const row = await client.fetchOne(String(uid), { uid: true, flags: true }, { uid: true })
  return row ? [...(row.flags ?? [])] : null
}

/** What the selected mailbox keeps (PERMANENTFLAGS); without that answer, everything (RFC 3501 section 7.1). */
export function keptFlags(client: ImapFlow, flags: readonly string[]): string[] {
  const permanent = client.mailbox ? client.mailbox.permanentFlags : undefined
  if (!permanent || permanent.size === 0) return [...flags]
  const known = new Set([...permanent].map((flag) => flag.toLowerCase()))
  return flags.filter((flag) => known.has(flag.toLowerCase()) || (known.has('\\*') && !flag.startsWith('\\')))
}

/**
 * STORE, then a look at what came of it: STORE says OK for a mail that does not exist.
 * @returns whether the mail now has, or lacks, every one of the flags
 * @throws MessageVanished
 */
export async function storeFlags(
  client: ImapFlow,
  target: { mailbox: string; uid: number },
  change: 'add' | 'remove',
  flags: readonly string[],
): Promise<boolean> {
  const range = String(target.uid)
  const usable = keptFlags(client, flags)
  if (usable.length > 0) {
    const stored =
      change === 'add'
        ? await client.messageFlagsAdd(range, usable, { uid: true })
        : await client.messageFlagsRemove(range, usable, { uid: true })
    // Repeating it does no harm, whatever became of it.
    if (!stored) throw new TemporaryError('IMAP STORE was refused, or its answer was lost')
  }
  const current = await flagsOf(client, target.uid)
  if (!current) throw new MessageVanished(target.mailbox, target.uid)
  const now = new Set(current.map((flag) => flag.toLowerCase()))
  return flags.every((flag) => now.has(flag.toLowerCase()) === (change === 'add'))
}
