/** Serves `replyd backup` and `replyd forget` when the daemon has exclusive access to the store. */
import { randomUUID } from 'node:crypto'
import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { Hono } from 'hono'
import { z } from 'zod'
import { stateKey } from '../base/state-key.ts'
import { programVersion } from '../base/version.ts'
import { backupPurpose } from '../store/backup.ts'
import { writeBackup } from '../store/backup-file.ts'
import { type Forgotten, forgetCorrespondent } from '../store/forget.ts'
import { actorOf } from './bearer.ts'
import { fitting, jsonBody, text } from './bodies.ts'
import type { WebContext } from './web-context.ts'

/** Everything in the store, gzipped. */
export async function backupStream({ context }: WebContext): Promise<ReadableStream> {
  const { db, clock, config, log } = context
  const { directory, key: secret } = config.state
  const key = stateKey(directory, secret, backupPurpose)
  const about = { version: programVersion(), at: clock.now(), key }
  const spool = await spooled(directory, (target) => writeBackup(db, about, target))
  log.info({ event: 'store.backup' })
  return spool
}

/** @param actor who requested it */
export async function forget({ context }: WebContext, address: string, actor: string): Promise<Forgotten> {
  const { db, clock, log } = context
  const forgotten = await forgetCorrespondent(db, address, actor, clock.now())
  log.info({ event: 'store.forgotten', ...forgotten })
  return forgotten
}

export function storeRoutes(web: WebContext): Hono {
  const routes = new Hono()
  routes.post('/backup', async (c) =>
    c.body(await backupStream(web), 200, { 'content-type': 'application/gzip' }),
  )
  routes.post('/forget', async (c) => {
    const body = fitting(await jsonBody(c), z.strictObject({ address: text() }))
    if (!body.address.includes('@'))
      return c.json({ error: 'unfit-address', message: 'That is no address.' }, 422)
    return c.json(await forget(web, body.address, actorOf(c)))
  })
  return routes
}

/** Written at full speed, because steps wait for the store in the meantime; the reader may be slow. */
async function spooled(
  directory: string,
  write: (target: Writable) => Promise<void>,
): Promise<ReadableStream> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `.backup-${randomUUID()}`)
  const fd = openSync(path, 'wx+', 0o600)
  try {
    // An unlinked file disappears whatever happens to this process.
    rmSync(path)
    await write(createWriteStream('', { fd, autoClose: false }))
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return Readable.toWeb(createReadStream('', { fd, start: 0 })) as ReadableStream
}
