// A lock across operating-system processes, which lasts at most as long as its holder lives.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An address that the kernel frees when its owner dies, in whatever way (on macOS a file stays: see below). */
function addressOf(directory) {
  const name = `replyd-install-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/** Resolves true when the holder has released it, false if there is none. */
async function holderGone(address) {
  const socket = connect(address)
  socket.resume()
  try {
    await once(socket, 'connect')
  } catch {
    return false
  }
  await once(socket, 'close').catch(() => undefined) // the connection to a holder that was killed closes with an error
  return true
}

/** Runs `work` while no other process works in `directory`; `onWait` is called once if one does. */
export async function exclusively(directory, work, onWait) {
  const address = addressOf(directory)
  const held = new Set()
  const server = createServer((socket) => {
    held.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => held.delete(socket))
  })
  for (let waits = 0; ; ) {
    try {
      server.listen(address)
      await once(server, 'listening')
      break
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error
    }
    if (waits++ === 0) onWait?.()
    const gone = await holderGone(address)
    if (!gone && address.endsWith('.sock')) rmSync(address, { force: true }) // left by a holder that was killed
  }
  try {
    return await work()
  } finally {
    server.close()
    for (const socket of held) socket.destroy()
  }
}
