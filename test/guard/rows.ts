import { expect, test } from '@jest/globals'
import { letter, verdict } from './letter.ts'

/** Each row: the changed fields of an ordinary letter, and what the guard says. */
export type Rows = readonly (readonly [fields: string | readonly string[], expected: string])[]

export function check(rows: Rows): void {
  test.each(rows.map(([fields, expected]) => [[fields].flat(), expected] as const))(
    '%j gives %s',
    (fields, expected) => {
      expect(verdict(letter(fields))).toBe(expected)
    },
  )
}
