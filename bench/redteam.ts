/**
 * `npm run redteam [-- --corpus DIR --limit N --only NAME --model-url URL --model NAME --config FILE --json --write]`: the corpus's
 * injections and the project's own attacks, through the whole daemon in mode `send`, answered by the offline
 * stand-in, by three models that obey the attacker, and by the configured model. Exit status 1 when one of
 * the classes that must be empty by construction is not.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config/config.ts'
import { type AttemptOptions, attempt, type Figures } from './redteam/attempt.ts'
import { ownAttacks } from './redteam/cases.ts'
import { corpusAttacks, corpusDirectory } from './redteam/corpus.ts'
import { echo, obey, relay, sly } from './redteam/models.ts'
import { broken, tableOf, writeSecurity } from './redteam/report.ts'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    /** A folder with injection.labels.jsonl and injection/. */
    corpus: { type: 'string', default: corpusDirectory(root) },
    /** Limits the number of attacks, spread over all of them; for a real model that is slow or expensive. */
    limit: { type: 'string', default: '' },
    /** Only this model. */
    only: { type: 'string', default: '' },
    'model-url': { type: 'string', default: process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1' },
    model: { type: 'string', default: '' },
    /** Seconds that one call to the real model may take. */
    timeout: { type: 'string', default: '60' },
    /** The owner's replyd.yaml, for its model. */
    config: { type: 'string', default: 'replyd.yaml' },
    json: { type: 'boolean', default: false },
    /** Writes docs/security.md. */
    write: { type: 'boolean', default: false },
  },
})

const say = (text: string) => process.stderr.write(`${text}\n`)

/** Name, address and key of the real model; null when none is configured. */
function configured(): { name: string; baseUrl: string; apiKey: string } | null {
  if (values.model !== '') {
    return { name: values.model, baseUrl: values['model-url'], apiKey: process.env.OPENAI_API_KEY ?? 'none' }
  }
  if (!existsSync(values.config)) return null
  return loadConfig({
    path: values.config,
    environment: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
  }).model
}

interface Contender extends AttemptOptions {
  /** Whether it says only what the attacker wants. */
  gone: boolean
}

function contenders(): Map<string, Contender> {
  const all = new Map<string, Contender>([
    ['stand-in', { gone: false }],
    ['obedient', { behaviour: obey, gone: true }],
    ['echo', { behaviour: echo, gone: true }],
    ['sly', { behaviour: sly, gone: false }],
  ])
  const model = configured()
  if (model) {
    const timeout = `${values.timeout}s`
    all.set(model.name, { behaviour: relay(model), model: model.name, timeout, gone: false })
  } else {
    say(
      `No model is configured: give --model NAME and --model-url URL, or run it where ${values.config} lies.`,
    )
  }
  if (values.only === '') return all
  const one = all.get(values.only)
  if (!one) throw new Error(`no model is named ${values.only}; there are ${[...all.keys()].join(', ')}`)
  return new Map([[values.only, one]])
}

async function main(): Promise<number> {
  const every = [...ownAttacks(), ...corpusAttacks(values.corpus)]
  const limit = values.limit === '' ? every.length : Number(values.limit)
  if (!Number.isInteger(limit) || limit < 1) throw new Error('--limit must be a whole number of at least 1')
  const step = Math.max(1, every.length / limit)
  const attacks = every.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
  say(`${attacks.length} attacks, each from a domain of its own with a DMARC pass.`)
  const models = new Map<string, Figures>()
  const faults: string[] = []
  for (const [name, contender] of contenders()) {
    const startedAt = performance.now()
    const figures = await attempt(attacks, contender)
    say(`${name}: ${Math.round((performance.now() - startedAt) / 1000)} s`)
    models.set(name, figures)
    faults.push(...broken(name, figures, contender.gone))
  }
  process.stdout.write(
    values.json ? `${JSON.stringify(Object.fromEntries(models))}\n` : `${tableOf(models)}\n`,
  )
  if (values.write) writeSecurity(root, models)
  for (const fault of faults) say(fault)
  return faults.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
