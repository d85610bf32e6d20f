/** The SMTP adapter: hands finished mails to the account's submission server. */
import type { Server } from './settings.ts'
import type { Submission, SubmissionOptions } from './smtp/types.ts'

export type { Accepted, Outgoing, Submission, SubmissionOptions } from './smtp/types.ts'

export declare function openSubmission(settings: Server, options: SubmissionOptions): Submission
