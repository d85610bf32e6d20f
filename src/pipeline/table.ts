/** The steps that run as jobs, and the resource that each rations. */
import type { Step } from '../disposition.ts'
import type { QueueName } from '../queue/queues.ts'
import { compose } from '../steps/compose.ts'
import type { RunStep } from '../steps/context.ts'
import { deliver } from '../steps/deliver.ts'
import { file } from '../steps/file.ts'
import { hold } from '../steps/hold.ts'
import { triage } from '../steps/triage.ts'

/** `guard` is not here: it touches nothing, so it runs where it is asked for. */
export const table: Record<Exclude<Step, 'guard'>, { queue: QueueName; run: RunStep }> = {
  triage: { queue: 'model', run: triage },
  compose: { queue: 'model', run: compose },
  hold: { queue: 'model', run: hold },
  file: { queue: 'mailbox', run: file },
  deliver: { queue: 'mailbox', run: deliver },
}

/** Reasons of rows that a failure hands over to a person. */
export const failureReason: Record<Exclude<Step, 'guard'>, string> = {
  triage: 'judgement-failed',
  compose: 'compose-failed',
  hold: 'policy-failed',
  file: 'filing-failed',
  deliver: 'delivery-failed',
}
