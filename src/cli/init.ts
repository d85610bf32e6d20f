/** The first run: finds the servers, tries each answer, writes replyd.yaml and .env. Asks before it overwrites. */

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { wrapped } from '../base/columns.ts'
import { ConfigError } from '../base/errors.ts'
import { parseDotEnv } from '../config/interpolation.ts'
import { checkStorage } from '../doctor/doctor.ts'
import { calledAs } from './called.ts'
import { showCheck, shownChecks } from './doctor.ts'
import { Cancelled } from './failure.ts'
import { Asker } from './init/asker.ts'
import { authorityFiles } from './init/authority.ts'
import type { Network } from './init/discover.ts'
import { configOf, faultsOf, type Texts, withVariable } from './init/files.ts'
import { newMailbox, soundMailbox } from './init/mailbox.ts'
import { answersFile, Memory } from './init/memory.ts'
import { chosenModel } from './init/models.ts'
import { internet } from './init/network.ts'
import type { InitOptions, State, Talk, Tried } from './init/talk.ts'
import { columnsOf, type ExitStatus, printable, type Say, type Terminal, writeLine } from './terminal.ts'

/** Exit status 1 when a check failed; the files are still written if the owner agrees. 130 after Ctrl+C. */
export async function init(
  options: InitOptions,
  terminal: Terminal,
  network: Network = internet,
): Promise<ExitStatus> {
  const folder = resolve(options.folder)
  const memory = new Memory(join(folder, answersFile), options.fresh === true)
  using asker = new Asker(terminal, options.yes === true, memory)
  const say = sayingTo(terminal)
  const talk = { options, folder, asker, say, network, terminal }
  if (asker.asks) await say(opening(folder, memory.resumed))
  let ended: Ended
  try {
    ended = await Promise.race([guide(talk), asker.cancelled])
  } catch (error) {
    const kept = existsSync(memory.path)
    if (kept && asker.asks) await say(`\n${keptWords(talk)}`)
    if (!(error instanceof Cancelled)) throw error
    if (!kept) await say('\nStopped.')
    return 130
  }
  if (ended.done) memory.forget()
  if (!ended.sound || !isPerson(terminal)) return ended.status
  return await goOn(talk)
}

/** Scripts answer no questions after the files are written. */
const isPerson = ({ stdin, stdout }: Terminal) => stdin.isTTY === true && stdout.isTTY === true

async function goOn(talk: Talk): Promise<ExitStatus> {
  const { whatNext } = await import('./init/what-next.ts')
  const next = await Promise.race([whatNext(talk), talk.asker.cancelled]).catch((error: unknown) => {
    if (error instanceof Cancelled) return null
    throw error
  })
  talk.asker[Symbol.dispose]()
  if (next !== null) return next()
  await talk.say(nextStep('sound', talk))
  return 0
}

interface Ended {
  status: ExitStatus
  /** The files are written. */
  done: boolean
  /** Everything works. */
  sound: boolean
}

/** Long lines are broken between words on a terminal. */
const sayingTo =
  ({ stdout }: Terminal): Say =>
  (line) => {
    const text = printable(line)
    return writeLine(stdout, stdout.isTTY ? wrapped(text, columnsOf(stdout)).join('\n') : text)
  }

const keptWords = (talk: Talk) =>
  `Stopped. Your answers are in ${answersFile}, which only you can read.\n${commandOf(talk)} continues from there.`

const opening = (folder: string, resumed: boolean) =>
  `${
    resumed
      ? 'Continuing with your earlier answers (init --fresh forgets them).'
      : `This finds your mail servers, tries everything, and writes replyd.yaml and .env to ${folder}.`
  }
It sends nothing and changes nothing in your mailbox without asking. Ctrl+C stops; your answers are kept.
`

/** How the next `init` is called. */
function commandOf({ folder, terminal: { environment } }: Talk, command = 'init'): string {
  const replyd = calledAs(environment)
  if (folder === process.cwd()) return `${replyd} ${command}`
  return `${replyd} ${command} ${command === 'init' ? `--folder ${folder}` : `--config ${join(folder, 'replyd.yaml')}`}`
}

/** Only the next step, not all of them. */
function nextStep(state: State, talk: Talk): string {
  if (state === 'faulty')
    return `Next: correct what has a ✗ above, then ${commandOf(talk)}: it keeps your answers.`
  if (state === 'no sign-in')
    return `Next: ${commandOf(talk, 'auth')}\nThen ${commandOf(talk)} again: it keeps your answers and checks the rest.`
  if (state === 'no model')
    return `Next: choose a model. Write OPENAI_API_KEY=… into .env, or answer the question with ${commandOf(talk)}: it keeps the rest.\nThen ${commandOf(talk, 'start')}`
  return `Next: ${commandOf(talk, 'start')}`
}

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

async function guide(talk: Talk): Promise<Ended> {
  const { folder, asker, say } = talk
  await asker.review()
  const secrets = readIfThere(join(folder, '.env'))
  const kept = await keptYaml(talk, secrets)
  const mailboxes =
    kept === null ? await newMailboxes(talk, secrets) : await keptMailboxes(talk, { yaml: kept, secrets })
  const model = await chosenModel(talk, mailboxes.texts)
  let texts = { ...model.texts, secrets: await withPagePassword(talk, model.texts.secrets) }
  const storage = await soundStorage(talk, texts)
  if (mailboxes.state === 'sound') texts = await withOwnServers(talk, texts)
  const state = worst([mailboxes.state, model.state, storage])
  if (state === 'sound') await tryForgeries(talk, texts)
  if (
    state === 'faulty' &&
    !(await asker.confirm('Something is not in order yet. Write the files anyway?', true))
  ) {
    const believed = authorityFiles.filter((name) => existsSync(join(folder, name)))
    const but = believed.length > 0 ? ` but ${believed.join(' and ')}, whose certificate you trust` : ''
    await say(`Nothing was written${but}. Your answers are kept in ${answersFile}.`)
    return { status: 1, done: false, sound: false }
  }
  const written = write(folder, texts)
  await say(`\n${written.length === 0 ? 'Nothing had to be changed' : `Written: ${written.join(', ')}`}.`)
  const goesOn = state === 'sound' && isPerson(talk.terminal)
  if (!goesOn) await say(nextStep(state, talk))
  return { status: state === 'faulty' ? 1 : 0, done: true, sound: state === 'sound' }
}

const worst = (states: readonly State[]): State =>
  (['faulty', 'no sign-in', 'no model', 'untried'] as const).find((state) => states.includes(state)) ??
  'sound'

/** The existing replyd.yaml if it stays, otherwise null. */
async function keptYaml(talk: Talk, secrets: string): Promise<string | null> {
  const { options, folder, asker } = talk
  const path = join(folder, 'replyd.yaml')
  if (!existsSync(path) || options.force) return null
  const yaml = readFileSync(path, 'utf8')
  const faults = options.check ? faultsOf({ yaml, secrets }, talk) : []
  if (faults.length > 0) {
    await replaceFaulty(talk, faults)
    return null
  }
  const question = 'replyd.yaml already exists. Keep it (otherwise it becomes replyd.yaml.old)?'
  // With --fresh the owner starts over, so the old file is probably not wanted.
  return (await asker.confirm(question, !options.fresh, 'keep')) ? yaml : null
}

/** @throws ConfigError unless the owner wants to start over */
async function replaceFaulty({ asker, say }: Talk, faults: readonly string[]): Promise<void> {
  if (!asker.asks) throw new ConfigError(faults.join('\n'))
  await say(`replyd.yaml is there, but has faults:\n${faults.join('\n')}\n`)
  if (await asker.confirm('Start over (it becomes replyd.yaml.old)?', false)) return
  throw new ConfigError('Nothing was changed. Correct replyd.yaml, then run init again.')
}

const mostMailboxes = 50

async function newMailboxes(talk: Talk, secrets: string): Promise<Tried> {
  const states: State[] = []
  let texts: Texts = { yaml: '', secrets }
  for (let number = 1; number <= mostMailboxes; number++) {
    const tried = await newMailbox(talk, texts, number)
    if (tried === null) {
      talk.asker.keep(`${number}.wanted`, 'n')
      break
    }
    texts = tried.texts
    states.push(tried.state)
    const more = !talk.asker.asks || talk.options.address !== undefined
    if (more || !(await talk.asker.confirm('\nAnother mailbox?', false, `${number + 1}.wanted`))) break
  }
  return { texts, state: worst(states) }
}

/** Tries each account of the file, and asks for corrections if it does not work. */
async function keptMailboxes(talk: Talk, kept: Texts): Promise<Tried> {
  let texts = await withMailPasswords(talk, kept)
  if (!talk.options.check) return { texts, state: 'untried' }
  const states: State[] = []
  const { accounts } = configOf(texts, talk, 'mailboxes only')
  for (const at of accounts.keys()) {
    const tried = await soundMailbox(talk, texts, at)
    texts = tried.texts
    states.push(tried.state)
  }
  return { texts, state: worst(states) }
}

/** Asks for the passwords that the file takes from variables that are not set. */
async function withMailPasswords({ asker, terminal }: Talk, texts: Texts): Promise<Texts> {
  let { secrets } = texts
  for (const [, variable = ''] of texts.yaml.matchAll(/password: "?\$\{(\w*(?:MAIL|SMTP)_PASSWORD\w*)\}/g)) {
    if (terminal.environment[variable] || parseDotEnv(secrets)[variable]) continue
    const password = await asker.ask(variable, null, { hidden: true, key: variable })
    secrets = withVariable(secrets, variable, password)
  }
  return { ...texts, secrets }
}

/** The shortest that the configuration takes. */
const shortestPassword = 8

async function withPagePassword({ asker, terminal }: Talk, secrets: string): Promise<string> {
  const variable = 'REPLYD_WEB_PASSWORD'
  const known = terminal.environment[variable] || parseDotEnv(secrets)[variable]
  const fault = (text: string) =>
    text.length < shortestPassword ? `it needs at least ${shortestPassword} characters` : null
  const question = 'New password for the review page; empty: one is made, see .env'
  const made = randomBytes(9).toString('base64url')
  const password = known || (await asker.ask(question, made, { hidden: true, fault, key: variable }))
  return parseDotEnv(secrets)[variable] ? secrets : withVariable(secrets, variable, password)
}

async function soundStorage(talk: Talk, texts: Texts): Promise<State> {
  if (!talk.options.check) return 'untried'
  await talk.say('')
  const looks = checkStorage(configOf(texts, talk, 'mailboxes only'))
  const checks = await shownChecks(looks, (check) => showCheck(check, talk.terminal), talk.terminal)
  return checks.some(({ status }) => status === 'failed') ? 'faulty' : 'sound'
}

async function withOwnServers({ asker, say, ...talk }: Talk, texts: Texts): Promise<Texts> {
  const { withOwnServer } = await import('./init/own-server.ts')
  const config = configOf(texts, talk, 'mailboxes only')
  let { yaml } = texts
  for (const at of config.accounts.keys()) yaml = await withOwnServer(yaml, config, at, asker, say)
  return { ...texts, yaml }
}

async function tryForgeries(talk: Talk, texts: Texts): Promise<void> {
  const { wantedForgeries } = await import('./init/own-server.ts')
  const looks = await wantedForgeries(configOf(texts, talk), talk.asker)
  await shownChecks(looks, (check) => showCheck(check, talk.terminal), talk.terminal)
}

/** @returns names of the files that changed */
function write(folder: string, { yaml, secrets }: Texts): string[] {
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
