/** Another user of the machine, or of the network, who listens where a command would send the token. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Attack } from './attack.ts'
import { runCommand, scratch } from './victim.ts'

const token = 'a-token-that-may-do-everything'

interface Trap {
  name: string
  holds: string
  /** What the state directory holds, and the environment of the command. */
  lure: (port: number) => { left?: object; environment?: Record<string, string> }
}

const traps: Trap[] = [
  {
    name: 'at the port of a daemon that has ended, with its number of a process',
    holds: 'the process, with its start, is in api.json',
    lure: (port) => ({ left: { url: `http://127.0.0.1:${port}`, token, process: `${process.pid} 1\n` } }),
  },
  {
    name: 'at the port of a daemon that left no process',
    holds: 'the process, with its start, is in api.json',
    lure: (port) => ({ left: { url: `http://127.0.0.1:${port}`, token } }),
  },
  {
    name: 'on the way to REPLYD_URL in plain text',
    holds: 'https beyond this machine',
    lure: (port) => ({ environment: { REPLYD_URL: `http://0.0.0.0:${port}`, REPLYD_TOKEN: token } }),
  },
]

export const tokenAttacks = (): Attack[] =>
  traps.map(({ name, holds, lure }) => ({
    name: `token: somebody listens ${name}`,
    holds,
    run: async () => {
      const heard: string[] = []
      const listener = createServer((request, response) => {
        heard.push(request.headers.authorization ?? '')
        response.end('{}')
      })
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      const { left, environment } = lure((listener.address() as AddressInfo).port)
      using folder = scratch('token')
      const data = join(folder.path, 'data')
      mkdirSync(data, { mode: 0o700 })
      if (left) writeFileSync(join(data, 'api.json'), JSON.stringify(left), { mode: 0o600 })
      try {
        const more = { REPLYD_DATA: data, ...environment }
        const { status } = await runCommand(['pause'], { cwd: folder.path, environment: more })
        if (heard.some((field) => field.includes(token))) return 'it was told the token'
        return status === 0 ? 'the command was content' : null
      } finally {
        listener.close()
      }
    },
  }))
