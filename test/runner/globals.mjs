// The replacement for '@jest/globals': each test file gets separate functions, under the same names.
export let afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test

export function setGlobals(globals) {
  ;({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } = globals)
}
