// Compiles a TypeScript file and keeps the result, since many processes load the same files. One result is kept per file.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './sources.mjs'

const directory = join(root, 'node_modules/.cache/replyd')

const optionsOf = (filename) => ({
  filename,
  configFile: false,
  swcrc: false,
  sourceMaps: true,
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', tsx: filename.endsWith('.tsx') },
    transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
    keepClassNames: true,
  },
})

const placeOf = (filename) => join(directory, relative(root, filename).replaceAll(/[\\/]/g, '+'))

/** Where the source map of a compiled file is. */
export const mapOf = (filename) => `${placeOf(filename)}.map`

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Other processes never see half a file. If nothing can be written, nothing is kept. */
function keep(path, text) {
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(`${path}.${process.pid}`, text)
    renameSync(`${path}.${process.pid}`, path)
  } catch {}
}

/** @returns the JavaScript of that text */
export async function compiled(filename, text) {
  const options = optionsOf(filename)
  const hash = createHash('sha256').update(JSON.stringify(options)).update(text).digest('hex')
  const path = `${placeOf(filename)}.js`
  const kept = read(path)
  if (kept.endsWith(hash)) return kept
  const { transform } = await import('@swc/core')
  const { code, map } = await transform(text, options)
  const made = `${code}\n//# sourceMappingURL=${pathToFileURL(mapOf(filename)).href}\n// ${hash}`
  keep(mapOf(filename), map)
  keep(path, made)
  return made
}
