/** The first run: finds the servers, tries everything, writes replyd.yaml and .env. Never overwrites without asking. */
import { randomBytes } from 'node:crypto'
import { resolveMx, resolveSrv } from 'node:dns/promises'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../clock.ts'
import { parseDotEnv } from '../config/interpolation.ts'
import { loadConfig } from '../config.ts'
import type { Place } from '../providers.ts'
import { showCheck } from './doctor.ts'
import { UsageError } from './failure.ts'
import { Asker } from './init/asker.ts'
import { discover, type Found, type Network } from './init/discover.ts'
import { configText, environmentText } from './init/files.ts'
import { fetchPage } from './init/page.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

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

/** Of one look-up, milliseconds. */
const patienceMs = 5000

const internet: Network = {
  resolveMx: (domain) => withDeadline(resolveMx(domain)),
  resolveSrv: (name) => withDeadline(resolveSrv(name)),
  fetchText: (url, post) => fetchPage(url, post),
}

function withDeadline<T>(asked: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), patienceMs).unref()
  })
  return Promise.race([asked, late])
}

/** Exit status 1 when a check failed; the files are written all the same when the owner says so. */
export async function init(
  options: InitOptions,
  terminal: Terminal,
  network: Network = internet,
): Promise<ExitStatus> {
  using asker = new Asker(terminal, options.yes === true)
  const say = (line: string) => writeLine(terminal.stdout, printable(line))
  const folder = resolve(options.folder)
  const yaml = await configuration(options, asker, say, folder, network)
  const secrets = await environment(yaml, asker, terminal.environment, folder)
  const sound = !options.check || (await checked(yaml, secrets, folder, terminal))
  if (!sound && !(await asker.confirm('Something is not in order yet. Write the files all the same?', true)))
    return 1
  const written = write(folder, yaml, secrets)
  await say(`\n${written.length === 0 ? 'Nothing had to be changed' : `Written: ${written.join(', ')}`}.`)
  await say(
    yaml.includes('oauth2:') ? 'Next: replyd auth, replyd doctor, replyd start.' : 'Next: replyd start.',
  )
  return sound ? 0 : 1
}

type Say = (line: string) => Promise<void>

/** The text of replyd.yaml: the one that is there, or a new one. */
async function configuration(
  options: InitOptions,
  asker: Asker,
  say: Say,
  folder: string,
  network: Network,
): Promise<string> {
  const path = join(folder, 'replyd.yaml')
  if (existsSync(path) && !options.force) {
    const again =
      !options.yes &&
      (await asker.confirm(`${path} is there. Replace it (it is kept as replyd.yaml.old)?`, false))
    if (!again) return readFileSync(path, 'utf8')
  }
  const address = (await asker.ask('Address that replyd answers for', options.address ?? null)).toLowerCase()
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new UsageError(`${address} is no address`)
  const found = await servers(address, options, asker, say, network)
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
    : 'Client id of your application for OAuth2; empty: an app password'
  return (await asker.ask(question, needed ? null : '')) || null
}

async function servers(
  address: string,
  options: InitOptions,
  asker: Asker,
  say: Say,
  network: Network,
): Promise<Found> {
  const given = options.imap && options.smtp
  const found = given ? null : await discover(address, network)
  if (found) await say(`Found by ${found.source}:\n  IMAP ${shown(found.imap)}\n  SMTP ${shown(found.smtp)}`)
  const good = found !== null && (await asker.confirm('Use these?', true))
  if (found && good) {
    const imap = options.imap ? placeFrom(options.imap, 993, [143]) : found.imap
    return { ...found, imap, smtp: options.smtp ? placeFrom(options.smtp, 465, [587, 25]) : found.smtp }
  }
  const imap = await asker.ask('IMAP server (host or host:port)', options.imap ?? found?.imap.host ?? null)
  const smtp = await asker.ask('SMTP server (host or host:port)', options.smtp ?? found?.smtp.host ?? null)
  const places = { imap: placeFrom(imap, 993, [143]), smtp: placeFrom(smtp, 465, [587, 25]) }
  return { ...places, source: 'what was typed in', hint: '', oauth2: null }
}

const shown = ({ host, port, secure }: Place) => `${host}:${port} (${secure ? 'TLS' : 'STARTTLS'})`

/** @param startTls ports where TLS begins later */
function placeFrom(text: string, port: number, startTls: readonly number[]): Place {
  const [, host = '', given] = /^([^\s:]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const number = Number(given ?? port)
  if (host === '' || number < 1 || number > 65_535) throw new UsageError(`${text} is not host or host:port`)
  return { host, port: number, secure: given === undefined || (!startTls.includes(number) && number < 1024) }
}

/** The text of `.env`: what is there stays, what is missing is asked for. */
async function environment(
  yaml: string,
  asker: Asker,
  environment: Terminal['environment'],
  folder: string,
): Promise<string> {
  const path = join(folder, '.env')
  const present = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const known: Record<string, string | undefined> = { ...environment, ...parseDotEnv(present) }
  const variables: Record<string, string> = {}
  const want = async (name: string, question: string, fallback: string) => {
    variables[name] = known[name] ?? (await asker.ask(question, fallback, true))
  }
  if (yaml.includes('MAIL_PASSWORD')) await want('MAIL_PASSWORD', 'Password for IMAP and SMTP', '')
  await want('OPENAI_API_KEY', 'Key for the model (OPENAI_API_KEY)', '')
  const made = randomBytes(9).toString('base64url')
  await want(
    'REPLYD_WEB_PASSWORD',
    'Password for the review pages; empty: one is made and stands in .env',
    made,
  )
  return environmentText(present, variables)
}

/** Reads the new texts as the daemon would, and tries everything. */
async function checked(yaml: string, secrets: string, folder: string, terminal: Terminal): Promise<boolean> {
  const path = join(folder, 'replyd.yaml')
  const texts = new Map([
    [path, yaml],
    [join(folder, '.env'), secrets],
  ])
  const readFile = (name: string) => texts.get(name) ?? readFileSync(name, 'utf8')
  const config = loadConfig({ path, environment: terminal.environment, readFile })
  const { diagnose } = await import('../doctor.ts')
  let sound = true
  for (const group of diagnose(config, systemClock.now())) {
    for (const check of await group) {
      if (check.status === 'failed') sound = false
      await showCheck(check, terminal)
    }
  }
  return sound
}

/** @returns names of the files that changed */
function write(folder: string, yaml: string, secrets: string): string[] {
  const written: string[] = []
  const put = (name: string, text: string, mode: number) => {
    const path = join(folder, name)
    const present = existsSync(path) ? readFileSync(path, 'utf8') : null
    if (present === text) return
    if (present !== null && name === 'replyd.yaml') renameSync(path, `${path}.old`)
    writeFileSync(path, text, { mode })
    // The mode above counts only for a new file.
    chmodSync(path, mode)
    written.push(name)
  }
  put('.env', secrets, 0o600)
  put('replyd.yaml', yaml, 0o644)
  return written
}
