/** The submission server: connects, logs in, sends nothing. */
import { silentLog } from '../base/log.ts'
import type { AccountSettings } from '../config/settings.ts'
import { openSubmission } from '../smtp/smtp.ts'
import { passed, type Verdict } from './check.ts'
import { serverFailure } from './failure.ts'

export async function checkSmtp(
  { smtp }: AccountSettings,
  patienceMs: number,
  accessToken?: (refused?: string) => Promise<string>,
): Promise<Verdict> {
  const submission = openSubmission(smtp, {
    log: silentLog,
    accessToken,
    maxConnections: 1,
    timing: { connectMs: patienceMs, quietMs: patienceMs },
  })
  try {
    await submission.verify()
    return passed(`logged in to ${smtp.host}:${smtp.port} as ${smtp.user}`)
  } catch (error) {
    return serverFailure(error, smtp, { ...smtp, keys: 'smtp', protocol: 'SMTP' })
  } finally {
    await submission[Symbol.asyncDispose]()
  }
}
