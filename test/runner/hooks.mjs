// Module hooks of runner.mjs. They run in a separate thread.
const globals = new URL('./globals.mjs', import.meta.url).href
const own = ['../', '../../bench/'].map((folder) => new URL(folder, import.meta.url).href)

/**
 * Imports of '@jest/globals' get globals.mjs. Each test file has separate copies of its helpers, which may add hooks to
 * its tests: their addresses contain the file's number. The modules under test are shared.
 */
export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: globals, shortCircuit: true }
  const resolved = await nextResolve(specifier, context)
  const file = /\?file=\d+$/.exec(context.parentURL ?? '')
  if (!file || !own.some((folder) => resolved.url.startsWith(folder))) return resolved
  return { ...resolved, url: `${resolved.url}${file[0]}` }
}
