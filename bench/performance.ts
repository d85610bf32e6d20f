/**
 * The speed bench: `npm run bench [-- NAME ...] [--runs N] [--mails N] [--corpus DIR] [--json] [--write]`. Each bench
 * starts private servers, measures the daemon (dist/cli.js, in a separate process) and, next to it, the limits of the
 * parts it uses. `--write` puts the figures into docs/performance.md. Exit status 1 when a target was missed.
 */
import { parseArgs } from 'node:util'
import { benches } from './performance/benches.ts'
import { type Figure, tableOf } from './performance/figure.ts'
import { machine, writePage } from './performance/page.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Repetitions; each figure is their median. */
    runs: { type: 'string', default: '5' },
    /** Mails in a backlog. */
    mails: { type: 'string', default: '2000' },
    /** Folder of the mails whose tokens are counted. */
    corpus: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** Writes docs/performance.json and docs/performance.md. */
    write: { type: 'boolean', default: false },
  },
})

const say = (text: string) => process.stderr.write(`${text}\n`)

function positive(name: 'runs' | 'mails'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} must be a whole number of at least 1`)
  return number
}

async function main(): Promise<number> {
  const options = {
    runs: positive('runs'),
    mails: positive('mails'),
    say,
    ...(values.corpus ? { corpus: values.corpus } : {}),
  }
  const names = positionals.length > 0 ? positionals : Object.keys(benches)
  const unknown = names.filter((name) => !(name in benches))
  if (unknown.length > 0)
    throw new Error(`no bench is named ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  say(machine())
  const measured = new Map<string, Figure[]>()
  for (const name of names) {
    const startedAt = performance.now()
    const bench = await benches[name]?.()
    measured.set(name, (await bench?.(options)) ?? [])
    say(`${name}: ${Math.round((performance.now() - startedAt) / 1000)} s`)
    if (!values.json) process.stdout.write(`\n## ${name}\n\n${tableOf(measured.get(name) ?? [])}\n`)
    // Written after each bench, so that an interrupted long run is not wasted.
    if (values.write) writePage(measured, options)
  }
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ machine: machine(), ...options, benches: Object.fromEntries(measured) })}\n`,
    )
  return [...measured.values()].flat().some(({ met }) => met === false) ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
try {
  process.exitCode = await main()
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
