/**
 * Where an embedded database comes from, with a substitute for the build's template: a few files of a data directory.
 */
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { packTar } from 'modern-tar/fs'
import { prepareDirectory } from '../../src/store/pglite.ts'

let place: string
let template: string
let directory: string
const read = (name: string) => readFileSync(join(directory, name), 'utf8')

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'replyd-directory-'))
  const source = join(place, 'source')
  mkdirSync(join(source, 'base'), { recursive: true })
  writeFileSync(join(source, 'PG_VERSION'), '18\n')
  writeFileSync(join(source, 'postgresql.conf'), '# defaults\n')
  writeFileSync(join(source, 'base', '1'), 'rows')
  template = join(place, 'template.tgz')
  await pipeline(packTar(source), createGzip(), createWriteStream(template))
  directory = join(place, 'pglite')
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

test('a first start unpacks the template and sets it up for one session', async () => {
  await prepareDirectory(directory, template)
  expect(read('base/1')).toBe('rows')
  expect(read('postgresql.conf')).toMatch(/^# defaults\n[\s\S]*shared_buffers = 8MB\n/)
  expect(existsSync(`${directory}.new`)).toBe(false)
})

test('what an interrupted first start left behind is replaced', async () => {
  mkdirSync(`${directory}.new`)
  writeFileSync(join(`${directory}.new`, 'PG_VERSION'), 'half')
  mkdirSync(directory)
  writeFileSync(join(directory, 'postgresql.conf'), 'half')
  await prepareDirectory(directory, template)
  expect([read('PG_VERSION'), read('base/1')]).toEqual(['18\n', 'rows'])
})

test('a database that is there stays, and gets the settings once', async () => {
  mkdirSync(directory)
  writeFileSync(join(directory, 'PG_VERSION'), '17\n')
  writeFileSync(join(directory, 'postgresql.conf'), 'work_mem = 1MB\n')
  await prepareDirectory(directory, template)
  await prepareDirectory(directory, template)
  expect(read('PG_VERSION')).toBe('17\n')
  expect(read('postgresql.conf').match(/shared_buffers/g)).toHaveLength(1)
  expect(read('postgresql.conf')).toMatch(/^work_mem = 1MB\n/)
})

test('without a template PGlite makes the database itself', async () => {
  await prepareDirectory(directory, join(place, 'none.tgz'))
  expect(existsSync(directory)).toBe(false)
})

test('a broken template is an error, and leaves no database behind', async () => {
  writeFileSync(template, readFileSync(template).subarray(0, 60))
  await expect(prepareDirectory(directory, template)).rejects.toThrow()
  expect(existsSync(join(directory, 'PG_VERSION'))).toBe(false)
})
