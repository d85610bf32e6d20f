/**
 * What IMAP servers lack or do differently, and how replyd reacts: one row each. Decisions are made only here;
 * docs/odd-servers.md lists the rows; test/imap/behaviours.test.ts and test/flow/providers.test.ts cover them.
 */
import { providerAt } from '../base/providers.ts'

/** Names of extensions, as after login. */
export type Offered = Pick<ReadonlyMap<string, unknown>, 'has'>

export interface Behaviour {
  /** What the owner loses; reported by doctor. */
  readonly lack: string
  readonly holds: (offered: Offered) => boolean
}

/**
 * How to move a mail to another mailbox (RFC 6851). `none`: a plain EXPUNGE would remove other clients' \Deleted mail
 * as well.
 */
export function wayToMove(offered: Offered): 'move' | 'copy' | 'none' {
  if (offered.has('MOVE')) return 'move'
  return offered.has('UIDPLUS') ? 'copy' : 'none'
}

/** Without IDLE (RFC 2177) only polling is left: at least this often, in milliseconds. */
const pollWithoutIdleMs = 15_000

export const pollMsFor = (offered: Offered, pollMs: number): number =>
  offered.has('IDLE') ? pollMs : Math.min(pollMs, pollWithoutIdleMs)

/** Labels instead of mailboxes: a mail that leaves one mailbox is still in All Mail. */
export const hasLabels = (offered: Offered): boolean => offered.has('X-GM-EXT-1')

/** Leave half of the provider's limit to the owner's own clients; one of the rest is for the watcher. */
export function commandConnectionsAt(host: string): number {
  const allowed = providerAt(host)?.connections ?? Number.POSITIVE_INFINITY
  return Math.max(1, Math.min(3, Math.floor(allowed / 2) - 1))
}

export const behaviours: readonly Behaviour[] = [
  {
    lack: 'no IDLE: new mail is seen at the next poll',
    holds: (offered) => !offered.has('IDLE'),
  },
  {
    lack: 'no MOVE: spam is moved by COPY and UID EXPUNGE',
    holds: (offered) => wayToMove(offered) === 'copy',
  },
  {
    lack: 'neither MOVE nor UIDPLUS: spam is marked, and stays where it is',
    holds: (offered) => wayToMove(offered) === 'none',
  },
  {
    lack: 'no UIDPLUS: drafts are found by searching, and never removed',
    holds: (offered) => !offered.has('UIDPLUS'),
  },
  {
    lack: 'no SPECIAL-USE: mailboxes are recognised by name',
    holds: (offered) => !offered.has('SPECIAL-USE') && !offered.has('XLIST') && !hasLabels(offered),
  },
]
