/** Every message that asks the owner to act has a line in docs/troubleshooting.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const source = join(import.meta.dirname, '../../src')

/** The texts of these errors, with interpolations as `…`; errors without their own text repeat what a server said. */
function messages(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  )
  const thrown =
    /new (?:OwnerActionError|SignInNeeded|ConfigError)\(\s*(?:'(?:account|model)',\s*)?('[^'\n]*'|`[^`]*`)/g
  return files
    .flatMap((file) => [...readFileSync(join(source, file), 'utf8').matchAll(thrown)])
    .map(([, literal = '']) => withGaps(literal.slice(1, -1)).trim())
    .filter((text) => /[a-z]{3,}\W.*[a-z]{3,}|prompt/i.test(text))
}

/** Interpolations nest at most once. */
const withGaps = (text: string) =>
  text
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replace(/\\n/g, ' ')
    .replace(/\\'/g, "'")

const rows = [...readFileSync(join(source, '../docs/troubleshooting.md'), 'utf8').matchAll(/^\| (.*?) \|/gm)]
  .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
  .filter((text) => text.length > 8)
const patterns = rows.map(
  (text) =>
    new RegExp(
      text
        .split('…')
        .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*'),
    ),
)

test('there are messages and rows to compare', () => {
  expect(messages().length).toBeGreaterThan(25)
  expect(rows.length).toBeGreaterThan(25)
})

test.each([...new Set(messages())])('%s', (message) => {
  expect(patterns.filter((pattern) => pattern.test(message))).not.toEqual([])
})
