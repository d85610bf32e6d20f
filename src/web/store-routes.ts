/** Serves commands that need the running daemon: backup and forget, as only it can open the store, audit and reload. */
import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import * as z from 'zod'
import { ConfigError } from '../base/errors.ts'
import { programVersion } from '../base/package.ts'
import { stateKey } from '../base/secret.ts'
import { audit } from '../observe/audit.ts'
import { backupPurpose } from '../store/backup.ts'
import { writeBackup } from '../store/backup-file.ts'
import { type Forgotten, forgetCorrespondent } from '../store/forget.ts'
import * as answers from './answers.ts'
import { text } from './bodies.ts'
import type { Operations } from './operations.ts'
import type { WebContext } from './web-context.ts'

/** Everything in the store, gzipped. */
export async function backupStream({ context }: WebContext): Promise<ReadableStream> {
  const { db, clock, config, log, newId } = context
  const { directory, key: secret } = config.state
  const key = stateKey(directory, secret, backupPurpose)
  const about = { version: programVersion(), at: clock.now(), key }
  const spool = await spooled(directory, newId(clock.now()), (target) => writeBackup(db, about, target))
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

export function addStoreOperations(api: Operations): void {
  api.add(
    {
      ...{ id: 'reloadConfiguration', method: 'post', path: '/reload', tag: 'store' },
      summary: 'Read the configuration again, and use what can change without a restart',
      answer: answers.reloaded,
      refusals: [409],
    },
    async ({ reload }) => {
      if (reload) return reload()
      throw new ConfigError("This daemon can't read its settings again.")
    },
  )
  api.add(
    {
      ...{ id: 'auditMailboxes', method: 'post', path: '/audit', tag: 'store' },
      summary: 'Compare every mailbox with the ledger',
      answer: answers.audited,
    },
    // Contacts every mail server, so it must not be a GET.
    ({ context }) => audit(context),
  )
  api.add(
    {
      ...{ id: 'backUp', method: 'post', path: '/backup', tag: 'store' },
      summary: 'Everything in the store, as `replyd restore` reads it',
      answer: 'application/gzip',
    },
    (web) => backupStream(web),
  )
  api.add(
    {
      ...{ id: 'forgetCorrespondent', method: 'post', path: '/forget', tag: 'store' },
      summary: 'Remove the stored text of one correspondent',
      body: z.strictObject({
        address: text()
          .refine((value) => value.includes('@'), 'must be an address')
          .meta({ description: 'Whose mails are forgotten' }),
      }),
      answer: answers.forgotten,
    },
    (web, { body, actor }) => forget(web, body.address, actor),
  )
}

/** Written at full speed, because steps wait for the store in the meantime; the reader may be slow. */
async function spooled(
  directory: string,
  name: string,
  write: (target: Writable) => Promise<void>,
): Promise<ReadableStream> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `.backup-${name}`)
  const fd = openSync(path, 'wx+', 0o600)
  try {
    // An unlinked file disappears even if this process is killed.
    rmSync(path)
    await write(createWriteStream('', { fd, autoClose: false }))
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return Readable.toWeb(createReadStream('', { fd, start: 0 })) as ReadableStream
}
