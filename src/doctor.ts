/** Looks at everything replyd depends on, changes nothing, and says what to do about each failure. */

import { type Check, failed, passed, type Verdict } from './doctor/check.ts'
import { reasonOf } from './errors.ts'
import type { AccountSettings, Config } from './settings.ts'

export type { Check } from './doctor/check.ts'

/**
 * Starts every check at once.
 * @returns one promise for each place that is looked at, in the order in which they are best shown; none rejects
 */
export function diagnose(config: Config, now: Date): Promise<Check[]>[] {
  const addresses = config.accounts.map(({ owner }) => owner.address)
  const configuration: Check = {
    name: 'configuration',
    account: null,
    ...passed(`${addresses.length} account(s): ${addresses.join(', ')}`),
  }
  return [
    Promise.resolve([configuration]),
    ...config.accounts.flatMap((account) => [imap(account), smtp(account)]),
    single('model', null, async () =>
      (await import('./doctor/model.ts')).checkModel(config.model, now.toISOString().slice(0, 10)),
    ),
    single('queue', null, async () => (await import('./doctor/queue.ts')).checkQueue(config.state)),
    single('state', null, async () => (await import('./doctor/state.ts')).checkState(config.state)),
  ]
}

async function imap(account: AccountSettings): Promise<Check[]> {
  const { address } = account.owner
  if (account.imap.oauth2) return [{ name: 'imap', account: address, ...noSignIn }]
  try {
    return await (await import('./doctor/imap.ts')).checkImap(account)
  } catch (error) {
    return [{ name: 'imap', account: address, ...unexpected(error) }]
  }
}

function smtp(account: AccountSettings): Promise<Check[]> {
  return single('smtp', account.owner.address, async () => {
    if (account.smtp.oauth2) return noSignIn
    return (await import('./doctor/smtp.ts')).checkSmtp(account)
  })
}

const noSignIn = failed(
  'OAuth2 is configured, but nobody has signed in',
  'Use a password (an app password) for now.',
)

async function single(
  name: Check['name'],
  account: string | null,
  look: () => Promise<Verdict>,
): Promise<Check[]> {
  try {
    return [{ name, account, ...(await look()) }]
  } catch (error) {
    return [{ name, account, ...unexpected(error) }]
  }
}

const unexpected = (error: unknown): Verdict =>
  failed(reasonOf(error), 'See the troubleshooting page (docs/).')
