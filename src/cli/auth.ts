import { createInterface } from 'node:readline'
import { systemClock } from '../base/clock.ts'
import type { AccountSettings, Config, OAuth2Settings } from '../config/settings.ts'
import {
  type DeviceCode,
  type Grant,
  SignIns,
  signInByBrowser,
  signInByDevice,
  signInsOf,
} from '../oauth/oauth.ts'
import { UsageError } from './failure.ts'
import { openBrowser } from './running.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface AuthOptions {
  config?: string
  device?: boolean
  browser?: boolean
}

/** A person needs a while; providers' codes expire sooner. Milliseconds. */
const patienceMs = 15 * 60_000

/** Signs in and stores the sign-in encrypted in the state directory. A running daemon picks it up. */
export async function auth(
  address: string | undefined,
  options: AuthOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (options.device && options.browser) throw new UsageError('--device and --browser exclude each other')
  const config = readConfig(options.config, terminal)
  const account = accountNamed(config, address)
  const signIns = new SignIns(config.state, systemClock)
  for (const settings of signInsOf(account)) {
    const byDevice = options.device || (!options.browser && settings.deviceUrl !== null)
    const grant = await (byDevice ? deviceGrant : browserGrant)(settings, account, terminal)
    await signIns.keep(account.owner.address, settings, grant)
  }
  await writeLine(terminal.stdout, `Signed in for ${account.owner.address}.`)
  return 0
}

function accountNamed({ accounts }: Config, address: string | undefined): AccountSettings {
  const using = accounts.filter(({ imap, smtp }) => imap.oauth2 ?? smtp.oauth2)
  const named = address?.toLowerCase()
  const [first, second] = using.filter(({ owner }) => !named || owner.address.toLowerCase() === named)
  if (first && !second) return first
  const addresses = using.map(({ owner }) => owner.address).join(', ')
  if (addresses === '') throw new UsageError('no account of the configuration has an oauth2 group')
  throw new UsageError(`name the account: one of ${addresses}`)
}

function deviceGrant(settings: OAuth2Settings, _: AccountSettings, { stdout }: Terminal): Promise<Grant> {
  const show = ({ verificationUri, userCode, expiresAt }: DeviceCode) => {
    const until = expiresAt.toTimeString().slice(0, 5)
    const line = `Open ${verificationUri} on any device and enter the code ${userCode} (until ${until}).`
    stdout.write(`${printable(line, true)}\n`)
  }
  return signInByDevice(settings, { clock: systemClock, show, signal: AbortSignal.timeout(patienceMs) })
}

async function browserGrant(
  settings: OAuth2Settings,
  { imap }: AccountSettings,
  { stdin, stdout, environment }: Terminal,
): Promise<Grant> {
  const lines = createInterface({ input: stdin, terminal: false })
  const show = (url: string) => {
    stdout.write(`Sign in at this address:\n\n${url}\n\n`)
    stdout.write('Is the browser on another machine? Then paste the address where it ended up (localhost).\n')
    openBrowser(url, environment, stdin.isTTY === true)
  }
  try {
    const signal = AbortSignal.timeout(patienceMs)
    return await signInByBrowser(settings, {
      clock: systemClock,
      show,
      pasted: lines,
      loginHint: imap.user,
      signal,
    })
  } finally {
    lines.close()
    if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  }
}
