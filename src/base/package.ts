/** The files that ship next to the program: prompts, assets, the embedded database's template. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  name: unknown
  version: unknown
}

const manifestIn = (folder: string): Manifest =>
  Object(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))

/** The nearest folder above that holds our package.json: the program runs from src, or bundled from dist. */
function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && manifestIn(folder).name === 'replyd') return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('The package of replyd is incomplete: package.json is missing')
  return rootAbove(parent)
}

const root = rootAbove(dirname(fileURLToPath(import.meta.url)))

/** @param names path from the package's root, such as `assets`, `icon.svg` */
export const packagePath = (...names: string[]): string => join(root, ...names)

export const programVersion = (): string => String(manifestIn(root).version)
