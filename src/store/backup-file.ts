/** Backups as files: gzip around the lines of backup.ts. */
import { createReadStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { ConfigError } from '../base/errors.ts'
import { backupLines } from './backup.ts'
import type { Database } from './database.ts'

/** Writes everything, gzipped, from one snapshot. `end`: whether the target is ended afterwards. */
export function writeBackup(
  db: Database,
  about: { version: string; at: Date; key: Buffer },
  target: Writable,
  end = true,
): Promise<void> {
  return db.transaction((session) =>
    pipeline(Readable.from(backupLines(session, { ...about, store: db.kind })), createGzip(), target, {
      end,
    }),
  )
}

const lineEnd = 0x0a
/** Octets of a line, which is one row: a reply or a text is at most some MB. */
const longestLine = 128 << 20

/** The lines without line ends. @throws ConfigError when it is not gzip, is damaged, or has an endless line */
export async function* readBackupFile(file: string): AsyncGenerator<string> {
  let rest: Buffer[] = []
  let octets = 0
  const source = createReadStream(file)
  const unzipped = createGunzip()
  source.on('error', (error) => unzipped.destroy(error))
  try {
    for await (const chunk of source.pipe(unzipped) as AsyncIterable<Buffer>) {
      let from = 0
      // Not readline: it also splits at U+2028, which JSON does not escape.
      for (let at = chunk.indexOf(lineEnd); at >= 0; at = chunk.indexOf(lineEnd, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, at)]).toString()
        rest = []
        octets = 0
        from = at + 1
      }
      if (from < chunk.length) rest.push(chunk.subarray(from))
      octets += chunk.length - from
      if (octets > longestLine)
        throw new ConfigError('The backup has a line that is too long: replyd did not write it')
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    if (!code.startsWith('Z_')) throw cause
    throw new ConfigError('The backup is damaged or cut off, or is not a backup. Nothing was restored', {
      cause,
    })
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString()
}
