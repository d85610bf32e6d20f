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
    const place = `${smtp.host}:${smtp.port}`
    if (await submission.verify()) return passed(`logged in to ${place} as ${smtp.user}`)
    const why = smtp.user === '' ? 'as configured' : 'it offers none (AUTH)'
    return passed(`connected to ${place} without a login: ${why}`)
  } catch (error) {
    return serverFailure(error, smtp, { ...smtp, keys: 'smtp', protocol: 'SMTP' })
  } finally {
    await submission[Symbol.asyncDispose]()
  }
}
