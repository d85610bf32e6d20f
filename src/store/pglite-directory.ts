/** The directory of an embedded database: unpacked from a template that the build makes, with settings for one small session. */
import { appendFileSync, createReadStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'

const packaged = fileURLToPath(new URL('../../dist/embedded-state.tgz', import.meta.url))

/** PGlite is one session of one process: PostgreSQL's defaults for a server cost 140 MB that nothing uses. */
const settings = ['shared_buffers = 8MB', 'max_connections = 4', 'wal_buffers = 512kB']
const mark = '# replyd: one session'

/**
 * PGlite's own way to make a database takes seven seconds of CPU and 800 MB. Without a template it still does, and the
 * settings count from the second start on.
 */
export async function prepareDirectory(directory: string, template = packaged): Promise<void> {
  if (!existsSync(join(directory, 'PG_VERSION')) && existsSync(template)) await unpack(template, directory)
  const file = join(directory, 'postgresql.conf')
  if (!existsSync(file) || readFileSync(file, 'utf8').includes(mark)) return
  appendFileSync(file, ['', mark, ...settings, ''].join('\n'))
}

/** Into a directory beside it first: a process that ends half way leaves no half of a database. */
async function unpack(template: string, directory: string): Promise<void> {
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  await pipeline(createReadStream(template), createGunzip(), unpackTar(fresh, { dmode: 0o700, fmode: 0o600 }))
  rmSync(directory, { recursive: true, force: true })
  renameSync(fresh, directory)
}
