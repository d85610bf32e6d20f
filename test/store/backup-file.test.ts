import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { readBackupFile } from '../../src/store/backup-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'replyd-backup-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function linesOf(octets: Buffer): Promise<string[]> {
  const path = join(folder, 'b.gz')
  writeFileSync(path, octets)
  const lines: string[] = []
  for await (const line of readBackupFile(path)) lines.push(line)
  return lines
}

test('a long line is read whole, and the next one too', async () => {
  const long = 'a'.repeat(9 << 20)
  expect((await linesOf(gzipSync(`${long}\nb\n`))).map(({ length }) => length)).toEqual([long.length, 1])
})

test('a line without an end is refused before it is held in memory', async () => {
  // A hundred kilobytes of gzip.
  await expect(linesOf(gzipSync(Buffer.alloc(130 << 20, 'a')))).rejects.toBeInstanceOf(ConfigError)
})
