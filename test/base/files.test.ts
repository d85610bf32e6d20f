import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { isExposed, makePrivate, privatePaths, readRegular } from '../../src/base/files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-private-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function fileOf(mode: number): string {
  const path = join(folder, 'oauth.key')
  writeFileSync(path, 'secret')
  chmodSync(path, mode)
  return path
}

const modeOf = (path: string) => statSync(path).mode & 0o777

describe('a file that others can reach', () => {
  test.each([
    [0o644, 0o600],
    [0o640, 0o600],
    [0o604, 0o600],
    [0o622, 0o600],
    [0o755, 0o700],
    [0o444, 0o400],
  ])('of mode %o becomes %o', (before, after) => {
    const path = fileOf(before)
    expect(isExposed(path)).toBe(true)
    expect(makePrivate(path)).toBe(true)
    expect(modeOf(path)).toBe(after)
    expect(makePrivate(path)).toBe(false)
  })

  test.each([0o600, 0o400, 0o700])('of mode %o is left alone', (mode) => {
    const path = fileOf(mode)
    expect(makePrivate(path)).toBe(false)
    expect(modeOf(path)).toBe(mode)
  })

  test('through a link is refused: only the owner may change its target', () => {
    const path = fileOf(0o644)
    const link = join(folder, 'link')
    symlinkSync(path, link)
    expect(() => makePrivate(link)).toThrow(ConfigError)
    expect(modeOf(path)).toBe(0o644)
  })

  test('that does not exist is no fault', () => {
    expect(makePrivate(join(folder, 'none'))).toBe(false)
    expect(privatePaths(join(folder, 'none'))).toEqual([])
  })
})

test('a folder is repaired together with its contents', () => {
  mkdirSync(join(folder, 'pglite'))
  fileOf(0o600)
  expect(privatePaths(folder).sort()).toEqual([folder, join(folder, 'oauth.key'), join(folder, 'pglite')])
})

describe('a file that may be replaced before it is read', () => {
  const inside = (name: string) => join(realpathSync(folder), name)

  test('is read', () => {
    writeFileSync(inside('a.md'), 'Open from nine')
    expect(readRegular(inside('a.md'), 100).toString()).toBe('Open from nine')
  })

  test.each<[string, (path: string) => unknown]>([
    ['a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
    ['a larger one', (path) => writeFileSync(path, 'x'.repeat(101))],
  ])('for %s is not', (_name, exchange) => {
    exchange(inside('a.md'))
    expect(() => readRegular(inside('a.md'), 100)).toThrow()
  })

  test('in a folder that became a link is not', () => {
    mkdirSync(inside('real'))
    writeFileSync(inside('real/a.md'), 'secret')
    symlinkSync('real', inside('linked'))
    expect(() => readRegular(inside('linked/a.md'), 100)).toThrow('link')
  })
})
