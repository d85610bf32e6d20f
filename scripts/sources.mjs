// Tells whether dist was built from the present sources.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The file in dist that holds the fingerprint of what it was built from. */
export const STAMP = '.sources'

/**
 * A fingerprint of everything that the compiler's result depends on. Of contents, not times, which git changes freely.
 */
export function fingerprint() {
  const hash = createHash('sha256')
  const listing = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  const files = listing
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/bundle.mjs'].map(
    (name) => join(root, name),
  )
  for (const file of [...files.sort(), ...settings]) {
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  const typescript = join(root, 'node_modules/typescript/package.json')
  if (existsSync(typescript)) hash.update(JSON.parse(readFileSync(typescript, 'utf8')).version)
  return hash.digest('hex')
}

/** Whether dist exists and is current. */
export function isBuilt() {
  const stamp = join(root, 'dist', STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()
}
