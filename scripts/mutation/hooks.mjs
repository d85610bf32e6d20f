// Module hooks: whoever asks for '@jest/globals' is given tables.mjs. They run in a thread of their own.
const tables = new URL('./tables.mjs', import.meta.url).href

export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: tables, shortCircuit: true }
  return nextResolve(specifier, context)
}
