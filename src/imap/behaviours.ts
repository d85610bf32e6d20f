/**
 * What IMAP servers lack, or do in a way of their own, and what replyd does then: a row each. Decisions are taken here and
 * nowhere else; docs/providers.md shows the rows; test/imap/behaviours.test.ts and test/flow/providers.test.ts hold them.
 */
import { providerAt } from '../base/providers.ts'

/** Names of extensions, as after login. */
export type Offered = Pick<ReadonlyMap<string, unknown>, 'has'>

export interface Behaviour {
  /** What the owner loses; said by doctor. */
  readonly lack: string
  readonly holds: (offered: Offered) => boolean
}

/** How a mail gets into another mailbox (RFC 6851). `none`: a plain EXPUNGE would take others' \Deleted mail with it. */
export function wayToMove(offered: Offered): 'move' | 'copy' | 'none' {
  if (offered.has('MOVE')) return 'move'
  return offered.has('UIDPLUS') ? 'copy' : 'none'
}

/** Without IDLE (RFC 2177) the poll is all there is: it comes at least this often, in milliseconds. */
const pollWithoutIdleMs = 15_000

export const pollMsFor = (offered: Offered, pollMs: number): number =>
  offered.has('IDLE') ? pollMs : Math.min(pollMs, pollWithoutIdleMs)

/** Labels instead of mailboxes: what leaves one mailbox is still in All Mail. */
export const hasLabels = (offered: Offered): boolean => offered.has('X-GM-EXT-1')

/** Half of what the provider allows is left to the owner's own clients; one of the rest is the watcher's. */
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
    lack: 'no UIDPLUS: drafts are found again by searching, and never removed',
    holds: (offered) => !offered.has('UIDPLUS'),
  },
  {
    lack: 'no SPECIAL-USE: mailboxes are told by their names',
    holds: (offered) => !offered.has('SPECIAL-USE') && !offered.has('XLIST') && !hasLabels(offered),
  },
]
