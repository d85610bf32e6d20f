// Writes the OpenAPI description of the API to the given file, or to standard output: for linters and generators.
import { writeFileSync } from 'node:fs'
import { install } from './install.mjs'

await install()
const { operations } = await import('../src/web/api.ts')
const text = `${JSON.stringify(operations.describe(), null, 2)}\n`
const [, , path] = process.argv
if (path) writeFileSync(path, text)
else process.stdout.write(text)
