/** Earned autonomy: how far a category has come, from what people made of its drafts. It is offered, never taken. */
import type { SetbackReason } from '../base/reasons.ts'

/** Drafts in a row that a person let pass, before automatic sending is offered. */
export const defaultStreak = 20
/** An edit up to this share of the words is no correction. */
const meaningfulEdit = 0.1

export interface AutonomyOutcome {
  at: Date
  /** The mail that was answered. */
  id: string
  /**
   * `approved`: it went out. `edited`: a person changed it, and it has not gone out yet. `cancelled`: called back within the undo
   * window. `negative-answer`: what the customer wrote back.
   */
  kind: 'approved' | 'edited' | 'rejected' | 'cancelled' | 'negative-answer'
  /** Share of words that a person changed, 0 to 1; only for `approved` and `edited`. */
  edit: number
  /** It went out by itself: nobody has looked, so it earns nothing. */
  automatic: boolean
}

/** Why a grant ended, and by which mail's reply. */
export interface Setback {
  reason: SetbackReason
  at: Date
  /** The mail that was answered; null when it is known no more. */
  id: string | null
}

export interface Autonomy {
  streak: number
  /** The owner may grant automatic sending. */
  offered: boolean
  /** The owner has granted it, and nothing has happened since that takes it back. */
  granted: boolean
  /** What took a grant back; null when nothing did. */
  takenBack: Setback | null
}

/**
 * @param outcomes of one category, oldest first
 * @param grantedAt when the owner granted it, null when they did not or took it back themselves
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
