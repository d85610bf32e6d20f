/** A connection that can be cut. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Between the browser and the daemon, so that the connection can be cut. */
export async function startRelay(target: number) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const other = connect(target, '127.0.0.1')
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => two.destroy())
      one.pipe(two)
    }
  })
  const listening = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  await listening(0)
  const { port } = server.address() as AddressInfo
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    reopen: () => listening(port),
    [Symbol.asyncDispose]: cut,
  }
}
