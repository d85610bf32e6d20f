// Module hooks of runner.mjs. They run in a separate thread.
const globals = new URL('./globals.mjs', import.meta.url).href
const own = ['../', '../../bench/'].map((folder) => new URL(folder, import.meta.url).href)

/**
 * Imports of '@jest/globals' get globals.mjs. A test file has helpers of its own, which may add hooks to its tests: they carry its
 * number. What is tested is shared.
 */
export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: globals, shortCircuit: true }
  const resolved = await nextResolve(specifier, context)
  const file = /\?file=\d+$/.exec(context.parentURL ?? '')
  if (!file || !own.some((folder) => resolved.url.startsWith(folder))) return resolved
  return { ...resolved, url: `${resolved.url}${file[0]}` }
}
