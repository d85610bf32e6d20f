/**
 * A server from a separate Debian root: it writes to a layer above the cached root, which is discarded afterwards.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Daemon, serverDirectory, startDaemon } from '../../test/live/servers/daemon.ts'
import { greeted } from '../../test/live/servers/dialog.ts'
import { obtain } from './obtain.ts'

export interface RootedServer {
  name: string
  had: 'cyrus-exim' | 'courier-opensmtpd'
  /** Files of its configuration, by path in the root. */
  files: Readonly<Record<string, string>>
  /** Run by `sh -eu` in the root; ends with `exec` of the server in the foreground. */
  script: string
  port: number
  greeting: string
}

// Separate namespaces for mounts and processes: nothing outlives it, and nothing outside sees its mounts.
const MOUNT = `
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
exec chroot "$2/root" /bin/sh -eu /replyd-start`

/** @throws NotHere if the root can't be made */
export async function startRooted({
  name,
  had,
  files,
  script,
  port,
  greeting,
}: RootedServer): Promise<Daemon> {
  const root = join(await obtain(had), 'root')
  const directory = serverDirectory(name)
  for (const folder of ['upper', 'work', 'root']) mkdirSync(join(directory, folder))
  const put = (path: string, text: string) => {
    const full = join(directory, 'upper', path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
  for (const [path, text] of Object.entries({ ...files, '/replyd-start': script })) put(path, text)
  return startDaemon({
    name,
    directory,
    command: 'unshare',
    args: ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-euc', MOUNT, 'sh', root, directory],
    stopSignal: 'SIGKILL',
    timeoutMs: 60_000,
    ready: () => greeted(port, greeting),
  })
}
