// Writes DIRECTORY/embedded-state.tgz: an empty database of the installed PGlite, which a first start unpacks in a
// second instead of creating one in seven. Copied from the existing dist if it is from the same PGlite.
import {
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { packTar } from 'modern-tar/fs'
import { root } from './sources.mjs'

const [, , target] = process.argv
const names = ['embedded-state.tgz', 'embedded-state.version']
const [archive, about] = names.map((name) => join(target, name))
const [known, knownAbout] = names.map((name) => join(root, 'dist', name))
const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
const { version } = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8'))

async function make() {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-embedded-'))
  try {
    const database = new PGlite(join(directory, 'pglite'))
    await database.waitReady
    await database.exec('checkpoint')
    await database.close()
    await pipeline(packTar(join(directory, 'pglite')), createGzip({ level: 9 }), createWriteStream(archive))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (existsSync(known) && existsSync(knownAbout) && readFileSync(knownAbout, 'utf8') === version)
  copyFileSync(known, archive)
else await make()
writeFileSync(about, version)
