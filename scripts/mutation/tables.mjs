// The parts of '@jest/globals' that our test tables need: tests are only collected here, runner.mjs runs them.
import { format } from 'node:util'

export { expect } from 'expect'

/** @type {{ id: string, name: string, body: () => unknown }[]} */
export const tests = []

const path = []

export function describe(name, body) {
  path.push(name)
  body()
  path.pop()
}

export function test(name, body) {
  tests.push({ id: String(tests.length), name: [...path, name].join(' › '), body })
}

test.each = (rows) => (name, body) => {
  for (const row of rows) {
    const values = Array.isArray(row) ? row : [row]
    test(format(name, ...values), () => body(...values))
  }
}
