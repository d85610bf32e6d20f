/**
 * `npm run attack [-- --only AREA --match TEXT --json --write]`: attacks a running replyd as strangers, correspondents,
 * servers and local users would. Loopback only; every attack has a deadline. Exit status 1 if one got through.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { areas } from './attack/areas.ts'
import { type Area, type Result, runArea } from './attack/attack.ts'
import { tableOf, writeSecurity } from './attack/report.ts'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    /** Only this area. */
    only: { type: 'string', default: '' },
    /** Only attacks whose name contains this text. */
    match: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    /** Writes docs/security.md; allowed only for a complete run. */
    write: { type: 'boolean', default: false },
  },
})

// If interrupted, it ends the daemons that it has started: see DaemonChild.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const say = (text: string) => process.stderr.write(`${text}\n`)

function chosen(): Area[] {
  const found = areas.filter(({ name }) => values.only === '' || name === values.only)
  if (found.length === 0)
    throw new Error(`there is no area ${values.only}: ${areas.map(({ name }) => name).join(', ')}`)
  if (values.match === '') return found
  return found.map((area) => ({
    ...area,
    open: async () => {
      const target = await area.open()
      const attacks = target.attacks.filter(({ name }) => name.includes(values.match))
      return { attacks, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() }
    },
  }))
}

async function main(): Promise<number> {
  if (values.write && (values.only !== '' || values.match !== ''))
    throw new Error('--write takes a whole run')
  const results: Result[] = []
  for (const area of chosen()) {
    say(`${area.name}:`)
    results.push(
      ...(await runArea(area, ({ name, broken, figure, took }) => {
        const more = broken ?? figure ?? ''
        say(`  ${broken === null ? 'held  ' : 'BROKEN'} ${name} (${took} ms)${more && ': '}${more}`)
      })),
    )
  }
  const broken = results.filter((result) => result.broken !== null)
  process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : `${tableOf(results)}\n`)
  say(`${results.length} attacks, ${results.length - broken.length} held, ${broken.length} broken`)
  if (values.write) writeSecurity(root, results, new Date())
  return broken.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
