import type { StepChange } from '../../store/messages.ts'

/** What became of a delivery, as the row will say it. */
export type Outcome = Pick<StepChange, 'to' | 'disposition' | 'reason' | 'detail'>

/** Reason of a reply that goes out as its draft stands in the owner's mailbox: their octets, not ours. */
export const approvedByFlag = 'approved-by-flag'

/** From when on to look for a mail that was written at that moment: servers' clocks and time zones differ. */
export function dayBefore(moment: Date): Date {
  return new Date(moment.getTime() - 86_400_000)
}
