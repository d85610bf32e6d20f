import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { keyText, stateKey } from '../../src/base/secret.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-key-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a key is made once, readable only by its owner, and no other file is left', () => {
  const made = keyText(folder)
  expect(Buffer.from(made, 'base64')).toHaveLength(32)
  expect(keyText(folder)).toBe(made)
  expect(readdirSync(folder)).toEqual(['oauth.key'])
  expect(statSync(join(folder, 'oauth.key')).mode & 0o777).toBe(0o600)
})

test.each(['', '\n', ' \r\n\t', 'c2VjcmV0'])('a file of a full disk, %j, is no key', (text) => {
  writeFileSync(join(folder, 'oauth.key'), text, { mode: 0o600 })
  expect(() => stateKey(folder, null, 'backup')).toThrow(ConfigError)
  expect(() => stateKey(folder, null, 'backup')).toThrow(/oauth\.key holds no complete key/)
})

test('a link that leads to nothing is refused', () => {
  symlinkSync('nowhere', join(folder, 'oauth.key'))
  expect(() => keyText(folder)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  expect(readdirSync(folder)).toEqual(['oauth.key'])
})
