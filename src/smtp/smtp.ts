/** The SMTP adapter: hands finished mails to the account's submission server. */
import type { Server } from '../config/settings.ts'
import { PooledSubmission } from './submission.ts'
import type { Submission, SubmissionOptions } from './types.ts'

export { RefusedAddressees } from './all-or-none.ts'
export type { Accepted, Outgoing, SmtpTiming, Submission, SubmissionOptions } from './types.ts'

/** Opens nothing yet: the first mail connects. */
export function openSubmission(settings: Server, options: SubmissionOptions): Submission {
  return new PooledSubmission(settings, options)
}
