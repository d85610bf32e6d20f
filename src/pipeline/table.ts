/** The steps that run as jobs, and the resource that each rations. */

import type { Backoff } from '../base/backoff.ts'
import type { Step } from '../base/dispositions.ts'
import { reasonOf, UncertainError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { compose } from '../compose/step.ts'
import type { Next, RunStep, StepContext } from '../context.ts'
import { decide } from '../decide/step.ts'
import { deliver } from '../deliver/step.ts'
import type { QueueName } from '../queue/queues.ts'
import type { MessageRow } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import { file } from '../triage/file.ts'
import { triage } from '../triage/step.ts'

/** `guard` is not here: it uses no external resource, so it runs inline. */
export const table: Record<Exclude<Step, 'guard'>, { queue: QueueName; run: RunStep }> = {
  triage: { queue: 'model', run: triage },
  compose: { queue: 'model', run: compose },
  decide: { queue: 'model', run: decide },
  file: { queue: 'mailbox', run: file },
  deliver: { queue: 'mailbox', run: deliver },
}

/** Reasons of rows that a failure hands over to a person. */
export const failureReason: Record<Exclude<Step, 'guard'>, Reason> = {
  triage: 'judgement-failed',
  compose: 'compose-failed',
  decide: 'policy-failed',
  file: 'filing-failed',
  deliver: 'delivery-failed',
}

/** Between two tries of a step: doubles from 2 s to ten minutes. */
export const stepBackoff: Backoff = { firstMs: 2000, factor: 2, longestMs: 600_000, leastMs: 200 }

/**
 * Hands a row to a person when no retry helps. Whether a reply that is being sent was sent is unknown; a sent reply
 * stays sent, even if a later step failed. Null when the row has moved on in the meantime.
 */
export async function handOver(
  { db, clock }: StepContext,
  step: Exclude<Step, 'guard'>,
  { id, reason: before }: Pick<MessageRow, 'id' | 'reason'>,
  reason: Reason,
  error: unknown,
): Promise<Next | null> {
  const now = clock.now()
  const change = { id, at: step, reason, detail: reasonOf(error) }
  if (step === 'deliver') {
    if (await move(db, 'doubt', change, now)) return { stage: 'review' }
    if (await move(db, 'finishSent', { ...change, reason: before }, now)) return { stage: 'done' }
  }
  const verb = step === 'file' && error instanceof UncertainError ? 'giveUpUnconfirmed' : 'giveUp'
  return (await move(db, verb, change, now)) && { stage: 'review' }
}
