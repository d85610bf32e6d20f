/** Checks everything replyd depends on, changes nothing, and says how to fix each failure. */

import type { Clock } from '../base/clock.ts'
import { type ResolveTxt, txtResolver } from '../base/dns.ts'
import { reasonOf } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import type { AccountSettings, Config, Server } from '../config/settings.ts'
import { type ImapAccount, openImapAccount } from '../imap/imap.ts'
import { configuredModels } from '../model/models.ts'
import { SignIns } from '../oauth/oauth.ts'
import { openSubmission, type Submission } from '../smtp/submission.ts'
import { type Check, failed, passed, serverFailure, type Verdict, warned } from './failure.ts'
import { checkImap } from './imap.ts'
import { checkModel } from './model.ts'
import { checkQueue } from './queue.ts'
import { checkSending, sendsAutomatically, tryForgery } from './sending.ts'
import { checkState } from './state.ts'

export type { Check } from './failure.ts'

/** Checks that belong together. */
export interface Look {
  /** What is being checked, shown until the result is known: `IMAP at mail.example.com:993`. */
  readonly at: string
  /** Never rejects. */
  readonly checks: Promise<Check[]>
}

/**
 * Starts every check at once, and returns them in display order.
 * @param patienceMs as for `checkAccount`
 * @param resolveTxt the machine's name servers when absent
 */
export function diagnose(
  config: Config,
  clock: Clock,
  patienceMs = 10_000,
  resolveTxt: ResolveTxt = txtResolver(),
): Look[] {
  const configuration = single('configuration', null, async () => checkConfiguration(config))
  return [
    { at: 'the configuration', checks: configuration },
    ...config.accounts.flatMap((account) => checkAccount(account, config, clock, patienceMs, resolveTxt)),
    ...checkModels(config, clock),
    ...checkStorage(config, patienceMs),
  ]
}

function checkConfiguration({ accounts }: Config): Verdict {
  const addresses = accounts.map(({ owner }) => owner.address)
  const count = addresses.length === 1 ? 'one account' : `${addresses.length} accounts`
  const detail = `${count}: ${addresses.join(', ')}`
  const silent = accounts.filter(
    (account) => sendsAutomatically(account) && account.replies.disclosure?.trim() === '',
  )
  if (silent.length === 0) return passed(detail)
  return warned(
    `${detail}; what ${silent.map(({ owner }) => owner.address).join(', ')} sends automatically does not say that an AI system wrote it`,
    'Remove the empty replies.disclosure: the EU AI Act (Article 50) requires that people be told. See docs/compliance.md.',
  )
}

/** IMAP and SMTP of one account. @param patienceMs how long a server may take to answer, milliseconds */
export function checkAccount(
  account: AccountSettings,
  { state }: Pick<Config, 'state'>,
  clock: Clock,
  patienceMs = 10_000,
  resolveTxt: ResolveTxt = txtResolver(),
): Look[] {
  const signIns = new SignIns(state, clock)
  const place = ({ host, port }: Server) => `${host}:${port}`
  const mailbox = imap(account, signIns, patienceMs)
  const looks = [
    { at: `IMAP at ${place(account.imap)}`, checks: mailbox },
    { at: `SMTP at ${place(account.smtp)}`, checks: smtp(account, signIns, patienceMs) },
  ]
  if (!sendsAutomatically(account)) return looks
  const proofs = async () => {
    // Without the mailbox there is nothing to examine, and another login would be refused as well.
    if ((await mailbox).some(({ status }) => status === 'failed')) return []
    return single('sending', account.owner.address, () =>
      withMailbox(account, state, clock, ({ imap }) => checkSending(account, imap, resolveTxt)),
    )
  }
  return [...looks, { at: 'whether authors can be proven', checks: proofs() }]
}

/** Each account gets a mail from a forged author, which is deleted again. @param arrivesWithinMs milliseconds */
export function forgeries(
  { accounts, state }: Pick<Config, 'accounts' | 'state'>,
  clock: Clock,
  arrivesWithinMs = 60_000,
  resolveTxt: ResolveTxt = txtResolver(),
): Look[] {
  return accounts.map((account) => {
    const { address } = account.owner
    const look = () =>
      withMailbox(account, state, clock, ({ imap, smtp }) =>
        tryForgery({ account, imap, smtp, resolveTxt, clock, arrivesWithinMs }),
      )
    return {
      at: `the mail server of ${address} about a forged author`,
      checks: single('forgery', address, look),
    }
  })
}

/** The connections that the daemon would use; a failure to connect is a verdict. */
async function withMailbox(
  account: AccountSettings,
  state: Config['state'],
  clock: Clock,
  look: (opened: { imap: ImapAccount; smtp: Submission }) => Promise<Verdict>,
): Promise<Verdict> {
  const signIns = new SignIns(state, clock)
  const options = (server: Server) => ({
    log: silentLog,
    accessToken: signIns.tokenSource(account.owner.address, server),
  })
  const imap = openImapAccount(account, { ...options(account.imap), clock, random: () => 0 })
  const smtp = openSubmission(account.smtp, options(account.smtp))
  try {
    return await look({ imap, smtp })
  } catch (error) {
    return failed(reasonOf(error), 'Correct what IMAP and SMTP say above, then run it again.')
  } finally {
    await Promise.all([imap[Symbol.asyncDispose](), smtp[Symbol.asyncDispose]()])
  }
}

/** Each configured model is asked about one mail, which costs what a triage costs. */
export const checkModels = (config: Config, clock: Clock): Look[] =>
  configuredModels(config.model).map((model) => ({
    at: `the model ${model.name} at ${new URL(model.baseUrl).host}`,
    checks: single('model', null, () => checkModel(model, config, clock.now())),
  }))

export const checkStorage = ({ state }: Pick<Config, 'state'>, patienceMs = 10_000): Look[] => [
  { at: 'the queue', checks: single('queue', null, () => checkQueue(state, patienceMs)) },
  { at: 'the state', checks: single('state', null, () => checkState(state, patienceMs)) },
]

async function imap(account: AccountSettings, signIns: SignIns, patienceMs: number): Promise<Check[]> {
  try {
    return await checkImap(account, patienceMs, signIns.tokenSource(account.owner.address, account.imap))
  } catch (error) {
    return [{ name: 'imap', account: account.owner.address, ...unexpected(error) }]
  }
}

function smtp(account: AccountSettings, signIns: SignIns, patienceMs: number): Promise<Check[]> {
  const look = () => checkSmtp(account, patienceMs, signIns.tokenSource(account.owner.address, account.smtp))
  return single('smtp', account.owner.address, look)
}

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
  failed(reasonOf(error), 'Please set REPLYD_DEBUG=1 and report this.')

/** The submission server: connects, logs in, sends nothing. */
async function checkSmtp(
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
