/** Which model answers: those on this machine are found by asking their usual ports, on loopback only. */
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { defaults } from '../../config/defaults.ts'
import { parseDotEnv } from '../../config/interpolation.ts'
import type { Config } from '../../config/settings.ts'
import { type Check, checkModels } from '../../doctor/doctor.ts'
import { isUnreached } from '../../model/availability.ts'
import { openModel } from '../../model/client.ts'
import { plannedShutdown } from '../../model/lifecycle.ts'
import { showCheck, shownChecks } from '../doctor.ts'
import { UsageError } from '../failure.ts'
import type { Asker } from './asker.ts'
import { trustedModelAuthority } from './authority.ts'
import type { OwnModel } from './discover.ts'
import { elsewhere, ownKey, urlFault } from './elsewhere.ts'
import { configOf, environmentText, type Texts, withoutVariable, withVariable } from './files.ts'
import type { State, Talk, Tried } from './talk.ts'

const usual: readonly [program: string, port: number][] = [
  ['llama.cpp', 8080],
  ['Ollama', 11434],
  ['vLLM', 8000],
  ['LM Studio', 1234],
]
/** For one list, milliseconds. */
const patienceMs = 1500

/** Models with these names turn text into vectors, and can't answer. */
const vectors = /embed|rerank|bge-|minilm/i

/** Servers that list a model; anything else that listens is ignored. @param withinMs for one list, milliseconds */
export async function ownModels(ports = usual, withinMs = patienceMs): Promise<OwnModel[]> {
  const found = await Promise.all(
    ports.map(async ([program, port]) => {
      const baseUrl = `http://127.0.0.1:${port}/v1`
      const model = openModel({ name: '', baseUrl, apiKey: '', timeoutMs: withinMs }, silentLog)
      const listed = await model.listModels().catch(() => [])
      return { program, baseUrl, names: listed.map(({ id }) => id).filter((id) => id && !vectors.test(id)) }
    }),
  )
  return found.filter(({ names }) => names.length > 0)
}

const modelVariables = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'REPLYD_MODEL', 'OPENAI_TLS_CA']

type Variables = Readonly<Record<string, string | undefined>>

/** Asks which model answers, and tries it. */
export async function chosenModel(given: Talk, texts: Texts): Promise<Tried> {
  let talk = given
  let { secrets } = texts
  for (;;) {
    const chosen = await withModel(talk, { ...texts, secrets })
    if (chosen === null) return { texts: { ...texts, secrets }, state: 'no model' }
    const tried = await soundModel(talk, { ...texts, secrets: chosen })
    if (tried.state !== 'another model') return tried as Tried
    const { model: _, baseUrl: __, ...options } = talk.options
    talk = { ...talk, options }
    secrets = modelVariables.reduce(withoutVariable, tried.texts.secrets)
    for (const key of ['model', 'model.url', 'model.name', ownKey, 'OPENAI_API_KEY']) talk.asker.doubt(key)
  }
}

/** `another model`: the owner wants to see the list again. */
interface TriedModel {
  texts: Texts
  state: State | 'another model'
}

/**
 * Asks which model answers, unless that is already decided.
 * @returns the text of `.env` with it; null if the owner wants to decide later
 */
export async function withModel(talk: Talk, { yaml, secrets }: Texts): Promise<string | null> {
  const { asker, say, terminal, options } = talk
  const given = givenModel(options)
  const known: Variables = { ...terminal.environment, ...parseDotEnv(secrets), ...given }
  const decided = asker.settled('model') !== null || known.OPENAI_BASE_URL || /^model:/m.test(yaml)
  const chosen =
    !asker.asks || decided ? await decidedModel(talk, yaml, known) : await modelFromMenu(talk, known)
  if (chosen === null) return null
  if (known.OPENAI_API_KEY && asker.asks) await say('The key for the model is in OPENAI_API_KEY already.')
  // The daemon needs what was checked, too: it may be started from another shell.
  const named = Object.entries(given).reduce((text, [name, to]) => withVariable(text, name, to), secrets)
  return environmentText(withoutEmpty(named, chosen), chosen)
}

/** What the options say, as variables. @throws UsageError */
function givenModel({ model, baseUrl }: Talk['options']): Record<string, string> {
  const fault = baseUrl === undefined ? null : urlFault(baseUrl)
  if (fault !== null) throw new UsageError(fault)
  return {
    ...(baseUrl === undefined ? {} : { OPENAI_BASE_URL: baseUrl }),
    ...(model === undefined ? {} : { REPLYD_MODEL: model }),
  }
}

/** An empty line would override the answer. */
const withoutEmpty = (secrets: string, variables: Variables) =>
  Object.keys(variables).reduce(
    (text, name) => (parseDotEnv(text)[name] === '' ? withoutVariable(text, name) : text),
    secrets,
  )

async function decidedModel(
  { asker }: Talk,
  yaml: string,
  known: Variables,
): Promise<Record<string, string> | null> {
  const [url = '', name = ''] = asker.settled('model')?.split(' ') ?? []
  const baseUrl = url || (known.OPENAI_BASE_URL ?? '')
  const needsKey = /\$\{OPENAI_API_KEY\}/.test(yaml) || !/^model:/m.test(yaml)
  // With --yes, an empty variable means that the owner decides later.
  const isEmpty = !asker.asks && known.OPENAI_API_KEY === ''
  const key = needsKey && !isEmpty ? known.OPENAI_API_KEY || (await keyFor(asker, baseUrl === '')) : ''
  if (needsKey && key === '' && baseUrl === '') return null
  return {
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: baseUrl,
    REPLYD_MODEL: name || (known.REPLYD_MODEL ?? ''),
    OPENAI_TLS_CA: asker.settled('model.ca') ?? '',
  }
}

/** @param isNeeded false: a model of the owner's own may need none */
const keyFor = (asker: Asker, isNeeded: boolean) =>
  asker.ask(
    `OPENAI_API_KEY, the key for the model; empty: ${isNeeded ? 'later' : 'it needs none'}`,
    isNeeded && !asker.asks ? null : '',
    { hidden: true, key: isNeeded ? 'OPENAI_API_KEY' : ownKey },
  )

/** The line below the menu's first choice; empty when OpenAI has announced nothing. */
function announced(name: string): string {
  const shutdown = name === defaults.model.name ? plannedShutdown(name) : null
  if (shutdown === null) return ''
  const { on, replacement } = shutdown
  const isOver = on <= systemClock.now().toISOString().slice(0, 10)
  return isOver
    ? `\n     OpenAI has withdrawn it: ${replacement} answers in its place, and costs less.`
    : `\n     OpenAI withdraws it on ${on}. From then on ${replacement} answers, which costs less.`
}

/** @returns null for later */
async function modelFromMenu(talk: Talk, known: Variables): Promise<Record<string, string> | null> {
  const { asker, say, options, network } = talk
  // The earlier init got further before it was stopped.
  if (asker.settled('model.url')) return fromElsewhere(talk, known)
  const own = options.check ? ((await network.ownModels?.()) ?? []) : []
  const local = own.flatMap(({ program, baseUrl, names }) =>
    names.slice(0, 5).map((name) => ({ program, baseUrl, name })),
  )
  const name = known.REPLYD_MODEL || defaults.model.name
  const withKey = known.OPENAI_API_KEY ? ', with the key in OPENAI_API_KEY' : ''
  const choices = [
    `OpenAI: ${name}${withKey}${announced(name)}`,
    ...local.map((each) => `${each.name} on this machine (${each.program}): mail does not leave it`),
    'another server with an OpenAI-compatible API',
    'later: everything else is set up now',
  ]
  await say('\nWhich model reads and writes for you?')
  for (const [at, choice] of choices.entries()) await say(`  ${at + 1}  ${choice}`)
  if (local.length > 0) await say('A small model judges and writes worse: see docs/local-models.md.')
  const last = choices.length
  const fault = (text: string) =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= last ? null : `type a number from 1 to ${last}`
  const number = Number(await asker.ask('Number', '1', { fault }))
  if (number === last) return null
  if (number === 1) {
    if (!known.OPENAI_API_KEY) await say('Keys are made at https://platform.openai.com/api-keys.')
    const key = known.OPENAI_API_KEY || (await keyFor(asker, true))
    return key === '' ? null : { OPENAI_API_KEY: key, REPLYD_MODEL: known.REPLYD_MODEL ?? '' }
  }
  const chosen = local[number - 2]
  return chosen === undefined ? fromElsewhere(talk, known) : settledOn(talk, chosen)
}

async function fromElsewhere(talk: Talk, known: Variables): Promise<Record<string, string> | null> {
  const chosen = await elsewhere(talk)
  if (chosen === null) return modelFromMenu(talk, known)
  return { ...settledOn(talk, chosen), OPENAI_API_KEY: chosen.key, OPENAI_TLS_CA: chosen.ca }
}

function settledOn({ asker }: Talk, { baseUrl, name }: { baseUrl: string; name: string }) {
  asker.keep('model', `${baseUrl} ${name}`)
  return { OPENAI_BASE_URL: baseUrl, REPLYD_MODEL: name }
}

/** Asks the model about one mail until it answers, or until the person changes nothing more. */
async function soundModel(talk: Talk, given: Texts): Promise<TriedModel> {
  let texts = given
  if (!talk.options.check) return { texts, state: 'untried' }
  for (;;) {
    const config = configOf(texts, talk)
    await talk.say('\nTrying the model:')
    const show = (check: Check) => showCheck(check, talk.terminal)
    const checks = await shownChecks(checkModels(config, systemClock), show, talk.terminal)
    const failure = checks.find(({ status }) => status === 'failed')
    if (failure === undefined) return { texts, state: 'sound' }
    const hasMenu = !/^model:/m.test(texts.yaml)
    const secrets = await correctedSecrets(talk, texts.secrets, failure, config.model, hasMenu)
    if (secrets === null) return { texts, state: 'faulty' }
    if (secrets === 'another model') return { texts, state: secrets }
    texts = { ...texts, secrets }
  }
}

/**
 * @param hasMenu false: the file names the model
 * @returns the text of `.env` with which it is tried again; null: it stays as it is
 */
async function correctedSecrets(
  talk: Talk,
  secrets: string,
  failure: Check,
  model: Config['model'],
  hasMenu: boolean,
): Promise<string | null> {
  const ca = await trustedModelAuthority(model, [failure], talk)
  if (ca !== null) {
    talk.asker.keep('model.ca', ca)
    return withVariable(secrets, 'OPENAI_TLS_CA', ca)
  }
  if (!talk.asker.asks) return null
  // The address of OpenAI is right; the connection to it fails.
  if (isUnreached(failure.detail) && model.host === 'openai')
    return (await talk.asker.confirm('Try again?', true)) ? secrets : hasMenu ? 'another model' : null
  const other = await otherModel(talk, secrets, failure, model, hasMenu)
  return other === secrets ? null : other
}

/** Asks again for what the failure points at, unless it is in the environment, which would outrank `.env`. */
async function otherModel(
  { asker, say, terminal }: Talk,
  secrets: string,
  { detail, advice }: Check,
  { name, baseUrl }: Config['model'],
  hasMenu: boolean,
): Promise<string> {
  const variable = detail.includes('HTTP 401')
    ? 'OPENAI_API_KEY'
    : isUnreached(detail)
      ? 'OPENAI_BASE_URL'
      : 'REPLYD_MODEL'
  if (advice?.startsWith('Add credit')) return secrets
  if (terminal.environment[variable]) {
    await say(`${variable} is in the environment, which takes precedence over .env: correct it there.`)
    return secrets
  }
  const what = {
    OPENAI_API_KEY: 'OPENAI_API_KEY, the key for the model',
    REPLYD_MODEL: 'Name of the model',
    OPENAI_BASE_URL: 'Address of the model, up to /v1',
  }[variable]
  asker.doubt(variable)
  const fault = (text: string) => (variable === 'OPENAI_BASE_URL' && text !== '' ? urlFault(text) : null)
  const question = `${what}; empty: ${hasMenu ? 'choose again' : 'it stays'}`
  const again = await asker.ask(question, '', { hidden: variable === 'OPENAI_API_KEY', key: variable, fault })
  if (again === '') return hasMenu ? 'another model' : secrets
  if (variable !== 'OPENAI_API_KEY')
    asker.keep('model', variable === 'REPLYD_MODEL' ? `${baseUrl} ${again}` : `${again} ${name}`)
  return withVariable(secrets, variable, again)
}
