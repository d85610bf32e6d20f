// The module hooks of typescript.mjs. They run in a separate thread.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compiled } from './compiled.mjs'

export async function load(url, context, nextLoad) {
  if (!/^file:.*\.tsx?(?:\?|$)/.test(url)) return nextLoad(url, context)
  const filename = fileURLToPath(url)
  const source = await compiled(filename, await readFile(filename, 'utf8'))
  return { format: 'module', source, shortCircuit: true }
}
