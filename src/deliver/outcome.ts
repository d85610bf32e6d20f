import type { StepChange } from '../store/messages.ts'

/** What became of a delivery, as the row will say it. */
export type DeliveryOutcome = Pick<StepChange, 'to' | 'disposition' | 'reason' | 'detail'>
