// Module hooks: imports of '@jest/globals' get tables.mjs. They run in a separate thread.
const tables = new URL('./tables.mjs', import.meta.url).href

export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: tables, shortCircuit: true }
  return nextResolve(specifier, context)
}
