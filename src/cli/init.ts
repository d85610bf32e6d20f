/** The first run: finds the servers, tries everything, writes replyd.yaml and .env. Never overwrites without asking. */

import { resolveMx, resolveSrv } from 'node:dns/promises'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { connect } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import type { Check } from '../doctor/doctor.ts'
import { codeOf } from '../doctor/failure.ts'
import { showCheck, shownChecks } from './doctor.ts'
import { Asker } from './init/asker.ts'
import { believingAuthority } from './init/authority.ts'
import type { Network } from './init/discover.ts'
import { configText } from './init/files.ts'
import { ownModels } from './init/own-models.ts'
import { fetchPage } from './init/page.ts'
import { corrected, secretsFor, withOtherUser } from './init/secrets.ts'
import { servers } from './init/servers.ts'
import { type ExitStatus, printable, type Say, type Terminal, writeLine } from './terminal.ts'

export interface InitOptions {
  address?: string
  imap?: string
  smtp?: string
  user?: string
  clientId?: string
  folder: string
  yes?: boolean
  force?: boolean
  check: boolean
}

/** Of one look-up or connection, milliseconds. */
const patienceMs = 5000

const internet: Network = {
  resolveMx: (domain) => withDeadline(resolveMx(domain)),
  resolveSrv: (name) => withDeadline(resolveSrv(name)),
  fetchText: (url, post) => fetchPage(url, post),
  speaksTls,
  ownModels: () => ownModels(),
}

function withDeadline<T>(asked: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), patienceMs).unref()
  })
  return Promise.race([asked, late])
}

/** Exit status 1 when a check failed; the files are still written if the owner agrees. */
export async function init(
  options: InitOptions,
  terminal: Terminal,
  network: Network = internet,
): Promise<ExitStatus> {
  using asker = new Asker(terminal, options.yes === true)
  const say: Say = (line) => writeLine(terminal.stdout, printable(line))
  const folder = resolve(options.folder)
  if (asker.asks) await say(opening(folder))
  const yaml = await configuration(options, asker, say, folder, network)
  const present = readIfThere(join(folder, '.env'))
  const look = async () => (options.check && network.ownModels?.()) || []
  const secrets = await secretsFor(yaml, present, asker, say, terminal.environment, look)
  const tried = options.check
    ? await tryAll({ yaml, secrets, folder, asker, say, terminal })
    : { yaml, secrets, state: 'untried' as const }
  const faulty = tried.state === 'faulty'
  if (faulty && !(await asker.confirm('Something is not in order yet. Write the files anyway?', true))) {
    await say('Nothing was written.')
    return 1
  }
  const written = write(folder, tried.yaml, tried.secrets)
  await say(`\n${written.length === 0 ? 'Nothing had to be changed' : `Written: ${written.join(', ')}`}.`)
  await say(nextStep(tried.state, yaml, folder, terminal.environment))
  return faulty ? 1 : 0
}

const opening = (folder: string) =>
  `This finds your mail servers, checks everything, and then writes replyd.yaml and .env to ${folder}.
It sends nothing and changes nothing in your mailbox without asking. Ctrl+C leaves without writing anything.
`

/** Only the next step, not all of them. */
function nextStep(state: Tried['state'], yaml: string, folder: string, environment: Terminal['environment']) {
  const replyd = environment.npm_command === 'exec' ? 'npx replyd' : 'replyd'
  const isHere = folder === process.cwd()
  const config = isHere ? '' : ` --config ${join(folder, 'replyd.yaml')}`
  const again = `${replyd} init${isHere ? '' : ` --folder ${folder}`} again`
  if (state === 'faulty') return `Next: correct what has a ✗ above, then ${again}: it keeps your answers.`
  if (state === 'no sign-in' || (state === 'untried' && yaml.includes('oauth2:')))
    return `Next: ${replyd} auth${config}\nThen ${again}: it keeps your answers and checks the rest.`
  return `Next: ${replyd} start${config}`
}

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** The text of replyd.yaml: the existing one, or a new one. */
async function configuration(
  options: InitOptions,
  asker: Asker,
  say: Say,
  folder: string,
  network: Network,
): Promise<string> {
  const path = join(folder, 'replyd.yaml')
  if (existsSync(path) && !options.force) {
    const question = 'replyd.yaml already exists. Keep it (otherwise it becomes replyd.yaml.old)?'
    if (await asker.confirm(question, true)) return readFileSync(path, 'utf8')
  }
  const fault = (text: string) => (/^[^\s@]+@[^\s@]+$/.test(text) ? null : `${text} is not an address`)
  const typed = await asker.ask('Address that replyd answers for', options.address ?? null, { fault })
  const address = typed.toLowerCase()
  const tried = options.check ? network : { ...network, speaksTls: undefined }
  const found = await servers(address, options, asker, say, tried)
  if (found.hint !== '') await say(found.hint)
  const oauthClientId = found.oauth2 === null ? null : await clientId(found.oauth2, options, asker)
  return configText({ address, found, user: options.user ?? null, oauthClientId })
}

async function clientId(
  provider: string,
  { clientId, yes }: InitOptions,
  asker: Asker,
): Promise<string | null> {
  if (clientId !== undefined || yes) return clientId ?? null
  const needed = provider === 'microsoft'
  const question = needed
    ? 'Client id of your application for OAuth2 (docs/providers.md)'
    : 'Client id for OAuth2, if you have registered an application; empty: an app password'
  return (await asker.ask(question, needed ? null : '')) || null
}

interface Attempt {
  yaml: string
  secrets: string
  folder: string
  asker: Asker
  say: Say
  terminal: Terminal
}

interface Tried {
  yaml: string
  secrets: string
  /** `no sign-in`: everything except what needs the OAuth2 sign-in. */
  state: 'sound' | 'faulty' | 'no sign-in' | 'untried'
}

/** Checks everything, again after each correction; then looks at existing mail for further settings. */
async function tryAll(attempt: Attempt): Promise<Tried> {
  const { folder, asker, say, terminal } = attempt
  let { yaml, secrets } = attempt
  for (;;) {
    await say('\nChecking everything:')
    const config = configOf(yaml, secrets, folder, terminal)
    const checks = await diagnosed(config, terminal)
    const failures = checks.filter(({ status }) => status === 'failed')
    const renamed = await withOtherUser(yaml, config, failures, asker)
    const again = await corrected(secrets, failures, asker, terminal.environment)
    const texts = { yaml: renamed ?? yaml, secrets: again ?? secrets }
    const believing = await believingAuthority(texts, config, failures, attempt)
    if (renamed !== null || again !== null || believing !== null) {
      yaml = (believing ?? texts).yaml
      secrets = (believing ?? texts).secrets
      continue
    }
    const signedOut = failures.every(({ advice }) => advice?.startsWith('Sign in: '))
    const state = failures.length === 0 ? 'sound' : signedOut ? 'no sign-in' : 'faulty'
    const readable = checks.some(({ name, status }) => name === 'mailboxes' && status !== 'failed')
    if (!readable) return { yaml, secrets, state }
    const { withOwnServer, wantedForgeries } = await import('./init/own-server.ts')
    yaml = await withOwnServer(yaml, config, asker, say)
    const named = configOf(yaml, secrets, folder, terminal)
    const forged = state === 'sound' ? await wantedForgeries(named, asker) : []
    await shownChecks(forged, (check) => showCheck(check, terminal), terminal)
    return { yaml, secrets, state }
  }
}

/** Reads the new texts as the daemon would. */
function configOf(yaml: string, secrets: string, folder: string, { environment }: Terminal): Config {
  const path = join(folder, 'replyd.yaml')
  const texts = new Map([
    [path, yaml],
    [join(folder, '.env'), secrets],
  ])
  return loadConfig({ path, environment, readFile: (name) => texts.get(name) ?? readFileSync(name, 'utf8') })
}

async function diagnosed(config: Config, terminal: Terminal): Promise<Check[]> {
  const { diagnose } = await import('../doctor/doctor.ts')
  return shownChecks(diagnose(config, systemClock), (check) => showCheck(check, terminal), terminal)
}

/** @returns names of the files that changed */
function write(folder: string, yaml: string, secrets: string): string[] {
  const written: string[] = []
  mkdirSync(folder, { recursive: true })
  const put = (name: string, text: string, mode: number) => {
    const path = join(folder, name)
    const present = existsSync(path) ? readFileSync(path, 'utf8') : null
    if (present === text) return
    if (present !== null && name === 'replyd.yaml') renameSync(path, `${path}.old`)
    writeFileSync(path, text, { mode })
    // writeFileSync applies the mode only to a new file.
    chmodSync(path, mode)
    written.push(name)
  }
  put('.env', secrets, 0o600)
  put('replyd.yaml', yaml, 0o644)
  return written
}

/**
 * Whether a server speaks TLS from the first octet. It is tried, since a port number is only a custom; nothing but a TLS
 * greeting is sent.
 * @returns true with TLS, false when the answer is plain text, null when there is no answer, or none that tells
 */
function speaksTls(host: string, port: number): Promise<boolean | null> {
  return new Promise((resolve) => {
    // The trial of the login checks the certificate.
    const options = { host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }
    const socket = connect(options, () => end(true))
    const timer = setTimeout(() => end(null), patienceMs)
    const end = (found: boolean | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(found)
    }
    socket.on('error', (error) => {
      const words = `${codeOf(error)} ${error.message}`
      end(/wrong.version.number|packet.length.too.long|unexpected.message/i.test(words) ? false : null)
    })
  })
}
