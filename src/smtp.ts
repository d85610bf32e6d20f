/** The SMTP adapter: hands finished mails to the account's submission server. */
import type { Server } from './settings.ts'
import { PooledSubmission } from './smtp/submission.ts'
import type { Submission, SubmissionOptions } from './smtp/types.ts'

export { RefusedAddressees } from './smtp/all-or-none.ts'
export type { Accepted, Outgoing, SmtpTiming, Submission, SubmissionOptions } from './smtp/types.ts'

/** Opens nothing yet: the first mail connects. */
export function openSubmission(settings: Server, options: SubmissionOptions): Submission {
  return new PooledSubmission(settings, options)
}
