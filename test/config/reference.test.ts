import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { configJsonSchema, configurationReference } from '../../src/config/reference.ts'

const committed = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('replyd.schema.json matches the schema (else: npm run reference)', () => {
  expect(JSON.parse(committed('replyd.schema.json'))).toEqual(configJsonSchema())
})

test('docs/configuration.md matches the schema (else: npm run reference)', () => {
  expect(committed('docs/configuration.md')).toBe(configurationReference())
})

test('every key is explained', () => {
  const page = configurationReference()
  expect(page.match(/^\| `.*\| *\|$/gm) ?? []).toEqual([])
})
