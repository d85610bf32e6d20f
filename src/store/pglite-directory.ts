/**
 * The directory of an embedded database: unpacked from a template made by the build, with settings for one small
 * session.
 */
import { appendFileSync, createReadStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { packagePath } from '../base/package.ts'

const packaged = packagePath('dist', 'embedded-state.tgz')

/** PGlite is one session in one process: PostgreSQL's server defaults would waste 140 MB. */
const settings = ['shared_buffers = 8MB', 'max_connections = 4', 'wal_buffers = 512kB']
const mark = '# replyd: one session'

/**
 * PGlite's own way of creating a database takes seven seconds of CPU and 800 MB. It is still used if there is no
 * template, and then the settings take effect from the second start.
 */
export async function prepareDirectory(directory: string, template = packaged): Promise<void> {
  if (!existsSync(join(directory, 'PG_VERSION')) && existsSync(template)) await unpack(template, directory)
  const file = join(directory, 'postgresql.conf')
  if (!existsSync(file) || readFileSync(file, 'utf8').includes(mark)) return
  appendFileSync(file, ['', mark, ...settings, ''].join('\n'))
}

/** Unpacks into a directory beside it first, so that a crash never leaves half a database. */
async function unpack(template: string, directory: string): Promise<void> {
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  await pipeline(createReadStream(template), createGunzip(), unpackTar(fresh, { dmode: 0o700, fmode: 0o600 }))
  rmSync(directory, { recursive: true, force: true })
  renameSync(fresh, directory)
}
