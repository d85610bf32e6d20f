import { serverAccount } from './account.ts'
import { type Daemon, serverDirectory, startDaemon, withFreshPorts } from './daemon.ts'
import { Dialog } from './dialog.ts'
import { freePort, LOOPBACK } from './port.ts'
import { pathTo } from './program.ts'

export interface RedisOptions {
  /** Append-only file, fsync every second: data survives restart() and kill(). By default no data does. */
  appendonly?: boolean
  /** More settings, as on the command line: \`{ maxmemory: '10mb' }\`. */
  settings?: Record<string, string>
}

export interface Redis extends Daemon {
  host: string
  port: number
  /** The URL of database 0. */
  url: string
  /** The URL of a database that no earlier call gave. */
  newDatabase(): string
}

async function ping(port: number): Promise<void> {
  const dialog = await Dialog.open(port, 2000)
  try {
    dialog.send('PING\r\n')
    const answer = await dialog.line()
    if (answer !== '+PONG') throw new Error(answer) // -LOADING while it reads its file
  } finally {
    dialog.close()
  }
}

/** Starts a private Redis on loopback, with noeviction (what BullMQ needs) and 4096 databases. */
export function startRedis(options: RedisOptions = {}): Promise<Redis> {
  return withFreshPorts(() => launch(options))
}

async function launch({ appendonly = false, settings = {} }: RedisOptions): Promise<Redis> {
  const account = serverAccount()
  const directory = serverDirectory('redis', account)
  const port = await freePort()
  const values = {
    port: String(port),
    bind: LOOPBACK,
    dir: directory,
    save: '',
    appendonly: appendonly ? 'yes' : 'no',
    'maxmemory-policy': 'noeviction',
    databases: '4096',
    ...settings,
  }
  const daemon = await startDaemon({
    name: 'redis',
    directory,
    command: pathTo('redis-server'),
    args: Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]),
    account,
    ready: () => ping(port),
  })
  const url = `redis://${LOOPBACK}:${port}`
  let databases = 0
  return Object.assign(daemon, {
    host: LOOPBACK,
    port,
    url: `${url}/0`,
    newDatabase: () => `${url}/${++databases}`,
  })
}
