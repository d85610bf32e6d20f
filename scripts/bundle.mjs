// Bundles src and the packages that it uses into DIRECTORY: one file for each part that is loaded separately. Loading
// 1,600 small files took more than half of the CPU of a start.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './sources.mjs'

/** Programs and the modules that embedders import. Workers are separate entries. */
const ENTRIES = ['src/cli.ts', 'src/index.ts', 'src/knowledge/documents/worker.ts']

/** Packages that stay in node_modules: they hold WebAssembly, native parts, threads, pages or large tables, or are optional. */
const EXTERNAL = [
  '@cf-wasm/*',
  '@bull-board/*',
  '@electric-sql/*',
  '@opentelemetry/*',
  'bullmq-otel',
  'gpt-tokenizer',
  'hoodiecrow-imap',
  'htmx.org',
  'modern-tar',
  'msgpackr-extract',
  'pg-native',
  'pino',
  'smtp-server',
]

/** CommonJS packages call `require` for Node's own modules. */
const banner =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);"

export async function bundle(directory) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: directory,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20.20',
    external: EXTERNAL,
    banner: { js: banner },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none', // the licences are in a separate file
    metafile: true,
    logLevel: 'warning',
  })
  nameClassesOnly(Object.keys(metafile.outputs).map((path) => join(root, path)))
  writeFileSync(join(directory, 'third-party-licenses.txt'), licencesOf(Object.keys(metafile.inputs)))
}

/** esbuild's function behind `keepNames`. */
const NAME = '__name=(target,value)=>__defProp(target,"name",{value,configurable:!0})'

/**
 * Programs read the names of classes and of some functions, which the bundle may have changed. An arrow function would
 * be renamed each time it is created, and many are created for each mail: they keep no name.
 */
function nameClassesOnly(outputs) {
  const files = outputs.filter((path) => path.endsWith('.js') && readFileSync(path, 'utf8').includes(NAME))
  if (files.length === 0)
    throw new Error('esbuild names functions in a way that scripts/bundle.mjs does not know')
  const test = '"prototype"in target&&target.name!==value'
  const cheaper = `${NAME.replace('__defProp(', `${test}?__defProp(`)}:target`
  for (const path of files) writeFileSync(path, readFileSync(path, 'utf8').replace(NAME, cheaper))
}

/** The licence of each package that has a file in the bundle. */
function licencesOf(files) {
  const packages = new Set(files.flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []))
  const texts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
    const path = file && join(root, folder, file)
    const text =
      path && existsSync(path) ? readFileSync(path, 'utf8').trim() : `Licence: ${license ?? 'see its page'}`
    return `${name} ${version}\n\n${text}\n`
  })
  return `replyd contains the following packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`
}
