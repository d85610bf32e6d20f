/**
 * Hostile servers in a separate process: their flooding costs the bench no CPU time, so that its figures are those of
 * the daemon.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The child's answer; everything is passed as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: each call has parameters of its own
type Calls = Record<string, (...args: any[]) => unknown>

interface Answer {
  id: number
  value?: unknown
  fault?: string
}

/** The number of the child's first message, which says that it is ready. */
const ready = 0

export class Apart<Api extends Calls> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  #serial = ready

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', ({ id, value, fault }: Answer) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (fault === undefined) waiting?.resolve(value as never)
      else waiting?.reject(new Error(fault))
    })
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the hostile servers ended (${signal ?? code})`))
      this.#waiting.clear()
    })
  }

  /** @param module calls `serveApart`; @param args its `process.argv` from the third on */
  static async start<Api extends Calls>(module: string, args: string[] = []): Promise<Apart<Api>> {
    const child = fork(fileURLToPath(new URL(module, import.meta.url)), args)
    const apart = new Apart<Api>(child)
    await new Promise((resolve, reject) => apart.#waiting.set(ready, { resolve, reject }))
    return apart
  }

  call<Name extends keyof Api & string>(
    name: Name,
    ...args: Parameters<Api[Name]>
  ): Promise<Awaited<ReturnType<Api[Name]>>> {
    const id = ++this.#serial
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, name, args }, (error) => error && reject(error))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

/** In the child, once its servers listen. It ends with its parent. */
export function serveApart(api: Calls): void {
  const send = (answer: Answer) => process.send?.(answer)
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    try {
      send({ id, value: await api[name]?.(...args) })
    } catch (error) {
      send({ id, fault: String(error) })
    }
  })
  send({ id: ready })
}
