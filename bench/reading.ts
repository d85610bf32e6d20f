/**
 * The CPU time of reading, so that other programs do not count: parses each corpus message and extracts its visible
 * text, and reads hostile texts in two sizes. Prints one line for each set, with its slowest file. Exits with 1 when
 * a `reply` file takes 50 ms, any file a second, or four times the text more than eight times the time (quadratic
 * reading would take sixteen times).
 */

import { readdirSync, readFileSync } from 'node:fs'
import { textOfHtml } from '../src/mail/html/text.ts'
import { parseOctets } from '../src/mail/mime/octets.ts'
import { splitText, visibleText } from '../src/mail/text/visible.ts'

const corpus = new URL('../test/fixtures/corpus/', import.meta.url)
const sets = ['reply', 'hostile', 'auto', 'human', 'injection', 'spam']
/** Milliseconds a file of the set may take. */
const limits: Readonly<Record<string, number>> = { reply: 50 }

function milliseconds(run: () => unknown): number {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** The best of three, because the compiler and the garbage collector run on other threads, which count as well. */
function best(run: () => unknown): number {
  return Math.min(milliseconds(run), milliseconds(run), milliseconds(run))
}

const failures: string[] = []

for (const set of sets) {
  const times = readdirSync(new URL(`${set}/`, corpus))
    .map((file) => {
      const octets = readFileSync(new URL(`${set}/${file}`, corpus))
      return { file, ms: best(() => visibleText(parseOctets(octets))) }
    })
    .sort((a, b) => b.ms - a.ms)
  const total = times.reduce((sum, { ms }) => sum + ms, 0)
  const [slowest] = times
  const limit = limits[set] ?? 1000
  failures.push(
    ...times.filter(({ ms }) => ms >= limit).map(({ file }) => `${set}/${file} takes ${limit} ms or more`),
  )
  console.log(
    `${set.padEnd(10)} ${times.length} files, mean ${(total / times.length).toFixed(2)} ms, ` +
      `slowest ${slowest?.ms.toFixed(1)} ms (${slowest?.file})`,
  )
}

const units = [
  'a',
  'a ',
  '> ',
  '> a\n',
  'a:\n',
  '\n',
  '<',
  '<b><i>',
  '<p>',
  '<blockquote>',
  '<!--',
  '&',
  '(',
  '"',
  '=?utf-8?q?',
]
const texts = [
  'On 1.1.2020 a@b <a@b>',
  'wrote: ',
  'From: a@b\n',
  'Sent from my iPhone\n',
  '-- \n',
  '____\n',
  '<\n',
  '> wrote:\n',
]
for (const unit of [...units, ...texts]) {
  for (const [name, read] of [
    ['text', splitText],
    ['html', textOfHtml],
  ] as const) {
    const sized = (length: number) => unit.repeat(Math.ceil(length / unit.length))
    const small = best(() => read(sized(50_000)))
    const large = best(() => read(sized(200_000)))
    if (large > 100 && large > small * 8)
      failures.push(`${name} of ${JSON.stringify(unit)}: ${small} ms, then ${large} ms`)
  }
}

for (const failure of failures) console.log(failure)
process.exitCode = failures.length > 0 ? 1 : 0
