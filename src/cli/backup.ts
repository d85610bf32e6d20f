/** `replyd backup` and `replyd restore`: one gzipped file with all that the store holds. */
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../base/clock.ts'
import { fileFaultOf } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import { programVersion } from '../base/package.ts'
import { keyFor, keyPathIn, knownKeyText, soundKeyText, stateKey } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { type BackupEnd, backupPurpose } from '../store/backup.ts'
import { readBackupFile, writeBackup } from '../store/backup-file.ts'
import { openDatabase } from '../store/database.ts'
import { backupHead, restoreBackup } from '../store/restore.ts'
import { UsageError } from './failure.ts'
import { readConfig, readPlace } from './settings.ts'
import { withStore } from './store-access.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface BackupOptions {
  config?: string
  json?: boolean
}

interface RestoreOptions extends BackupOptions {
  /** File with the key of the state directory from which the backup was made. */
  key?: string
  unverified?: boolean
}

/** Writes a temporary file and renames it, so that a file of that name is always complete. `-` is standard output. */
export async function backup(file: string, options: BackupOptions, terminal: Terminal): Promise<ExitStatus> {
  if (file === '-') {
    await copyTo(terminal.stdout, options, terminal)
    return 0
  }
  if (existsSync(file)) throw new UsageError(`${file} already exists: name a new file`)
  const fresh = join(dirname(file), `.replyd-backup-${process.pid}`)
  try {
    await copyTo(createWriteStream(fresh, { mode: 0o600, flags: 'wx' }), options, terminal)
    const written = await open(fresh, 'r')
    await written.sync()
    await written.close()
    const { rows } = await checked(fresh)
    await rename(fresh, file)
    const total = Object.values(rows).reduce((sum, n) => sum + n, 0)
    const text = `${file}: ${rows.message ?? 0} mails, ${rows.reply ?? 0} replies, ${total} rows in total. It contains people's mail: keep it safe.\n${keyWords(options, terminal)}`
    await writeLine(terminal.stdout, options.json ? JSON.stringify({ file, rows }) : text)
    return 0
  } catch (error) {
    const fault = Reflect.get(Object(error), 'path') === fresh ? fileFaultOf(error) : null
    throw fault === null
      ? error
      : new UsageError(`${file} can't be written there: ${dirname(file)}: ${fault}`)
  } finally {
    // If it could not be created, it can't be removed either.
    await rm(fresh, { force: true }).catch(() => undefined)
  }
}

/** Says which key a restore on another machine needs, while it can still be copied. */
function keyWords(options: BackupOptions, terminal: Terminal): string {
  return `A restore on another machine needs the key, too: keep a copy of ${keyPlace(options, terminal)}, but not next to the backup.`
}

function keyPlace({ config: option }: BackupOptions, terminal: Terminal): string {
  if (terminal.environment.REPLYD_URL) return 'the oauth.key of its state directory, or of its REPLYD_KEY'
  const { directory, config } = readPlace(option, terminal)
  return config?.state.key ? 'REPLYD_KEY' : keyPathIn(directory)
}

async function copyTo(target: Writable, { config }: BackupOptions, terminal: Terminal): Promise<void> {
  const end = target !== terminal.stdout
  await withStore(
    config,
    terminal,
    {
      api: async (api) => pipeline(Readable.from(await api.stream('/backup')), target, { end }),
      direct: (db, state) => {
        const key = stateKey(state.directory, state.key, backupPurpose)
        return writeBackup(db, { version: programVersion(), at: systemClock.now(), key }, target, end)
      },
    },
    { asItIs: true },
  )
}

/** Reads the file back once: a truncated file is not a backup. */
async function checked(file: string): Promise<BackupEnd> {
  let last = ''
  for await (const line of readBackupFile(file)) last = line
  if (!last.startsWith('{"end":')) throw new Error('the backup was cut off in transit: nothing was kept')
  return JSON.parse(last) as BackupEnd
}

/** @throws ConfigError when the store is in use or not empty, or the file is no sound backup */
export async function restore(
  file: string,
  options: RestoreOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (!existsSync(file)) throw new UsageError(`${file} does not exist`)
  const { state } = readConfig(options.config, terminal)
  // This comes first, because no key turns another file into a backup.
  await backupHead(readBackupFile(file))
  const key = keyOf(options, state)
  await using db = await openDatabase(state, silentLog, { asItIs: true })
  const { head, rows, heldAgain, sending } = await restoreBackup(
    db,
    readBackupFile(file),
    systemClock.now(),
    key,
  )
  const total = Object.values(rows).reduce((sum, n) => sum + n, 0)
  if (options.json) {
    await writeLine(terminal.stdout, JSON.stringify({ head, rows, heldAgain, sending }))
    return 0
  }
  const place = db.kind === 'pglite' ? `the embedded store in ${state.directory}` : 'PostgreSQL'
  const lines = [
    `Restored into ${place}: ${rows.message ?? 0} mails, ${rows.reply ?? 0} replies, ${total} rows in total.`,
    `The backup was made at ${head.at} (replyd ${head.version}, schema ${head.schema}, from ${head.store}).`,
    `Approved replies that wait for your approval again: ${heldAgain}. Replies that were being sent and are looked up in Sent: ${sending}.`,
    'Mail from before this moment gets drafts only: no reply to it is sent without you.',
    'Everybody logs in again. Passwords, people and API tokens are those of the backup: if you have changed or revoked any of them since, do it again.',
  ]
  await writeLine(terminal.stdout, lines.join('\n'))
  return 0
}

/** Null if the owner does not want the signature checked. @throws UsageError when there is no key to check it with */
function keyOf({ key, unverified }: RestoreOptions, state: Config['state']): Buffer | null {
  if (unverified) return null
  if (key !== undefined && !existsSync(key)) throw new UsageError(`--key: ${key} does not exist`)
  const text =
    key === undefined
      ? (state.key ?? knownKeyText(state.directory))
      : soundKeyText(readFileSync(key, 'utf8'), key)
  if (text === null)
    throw new UsageError(
      'The backup cannot be checked: there is no key here. Give the oauth.key of its state directory (--key FILE), or its REPLYD_KEY. If the key is lost and you trust the file: --unverified',
    )
  return keyFor(text, backupPurpose)
}
