/**
 * Earned autonomy: how far a category has come, based on what people did with its drafts. It is only offered: the owner
 * grants it.
 */
import type { SetbackReason } from '../base/reasons.ts'

/** Number of accepted drafts in a row before automatic sending is offered. */
export const defaultStreak = 20
/** An edit up to this share of the words is not a correction. */
const meaningfulEdit = 0.1

export interface AutonomyOutcome {
  at: Date
  /** Id of the answered mail. */
  id: string
  /**
   * `approved`: it was sent. `edited`: a person changed it, and it has not been sent yet. `cancelled`: cancelled
   * within the undo window. `negative-answer`: the customer's response.
   */
  kind: 'approved' | 'edited' | 'rejected' | 'cancelled' | 'negative-answer'
  /** Share of words that a person changed, 0 to 1; only for `approved` and `edited`. */
  edit: number
  /** It was sent automatically: nobody reviewed it, so it earns nothing. */
  automatic: boolean
}

/** Why a grant ended, and which mail's reply ended it. */
export interface Setback {
  reason: SetbackReason
  at: Date
  /** The answered mail; null if no longer known. */
  id: string | null
}

export interface Autonomy {
  streak: number
  /** The owner may grant automatic sending. */
  offered: boolean
  /** The owner has granted it, and nothing has revoked it since. */
  granted: boolean
  /** What revoked the grant; null if nothing did. */
  takenBack: Setback | null
}

/**
 * @param outcomes of one category, oldest first
 * @param grantedAt when the owner granted it; null if they did not, or revoked it themselves
 */
export function autonomyOf(
  outcomes: readonly AutonomyOutcome[],
  grantedAt: Date | null,
  needed = defaultStreak,
): Autonomy {
  let streak = 0
  let takenBack: Autonomy['takenBack'] = null
  for (const outcome of outcomes) {
    const setback = setbackOf(outcome)
    if (setback !== null) streak = 0
    else if (outcome.kind === 'approved' && !outcome.automatic) streak++
    if (setback !== null && grantedAt !== null && outcome.at > grantedAt)
      takenBack ??= { reason: setback, at: outcome.at, id: outcome.id }
  }
  const granted = grantedAt !== null && takenBack === null
  return { streak, offered: !granted && streak >= needed, granted, takenBack }
}

function setbackOf({ kind, edit }: AutonomyOutcome): Setback['reason'] | null {
  if (kind !== 'approved' && kind !== 'edited') return kind
  return edit > meaningfulEdit ? 'edited' : null
}
