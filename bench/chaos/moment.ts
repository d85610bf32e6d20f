/** A named instant at which a peer breaks something. */
import type { Disposition } from '../../src/base/dispositions.ts'
import type { Combination, World, WorldOptions } from './world.ts'

export interface Moment {
  name: string
  /** The combinations in which it can happen; all if absent. */
  where?: (combination: Combination) => boolean
  options?: WorldOptions
  /** Whether it is impossible to know, at this point, if a reply was sent. */
  uncertain?: boolean
  /** Further dispositions that are right here: a refused mail becomes a draft. */
  alsoFine?: readonly Disposition[]
  /** One fault: arms the trigger, delivers mail, and resolves when the trigger has fired. */
  inject(world: World, round: number): Promise<void>
  /** Undoes the last fault. */
  undo?(world: World): Promise<void>
  /** After everything is settled, while the daemon still runs. @returns what is wrong */
  check?(world: World): Promise<string[]>
  /** At most this many faults make sense or fit into the time. */
  mostRounds?: number
  /** The world's proxy checks that logins are at least a second apart. Not where processes die. */
  pacesLogins?: boolean
}

export const usualMails = ['send', 'draft', 'spam', 'list'] as const

/**
 * The parameters that claim a reply for sending. A connection that has prepared the statement no longer sends its text.
 */
export const claim = /"from":\["approved"\],"to":"sending"/

/** For a kill that must leave nothing uncertain: no other reply is on its way at that instant. */
export const mailsWithoutSending = ['draft', 'draft', 'spam', 'list'] as const

/** Delivers while the trigger is armed, and waits until it has fired. */
export async function deliverUntilFired(
  trigger: Promise<unknown>,
  deliver: () => Promise<unknown>,
): Promise<void> {
  await deliver()
  await trigger
}

export const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
