/**
 * Converts documents to Markdown in a worker thread with limited time and memory. Results are kept by the hash of the
 * document, so that a restart converts nothing again.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { writeWhole } from '../base/files.ts'
import type { ReadImage } from '../mail/attachments.ts'
import { limits, textVersion } from './documents/limits.ts'

export type Converted = { markdown: string } | { fault: string }
export type Scaled = { image: ReadImage } | { fault: string }

/** Interval between checks of time and memory while a document is converted. Milliseconds. */
const lookMs = 50
/** No conversion takes longer than this many times its limit, even on a busy machine. */
const longest = 10
const tooMuch = 'it needs too much memory'

/** Resolves to the same file from src/knowledge and from dist/chunks. */
const workerFile = fileURLToPath(new URL('../../dist/knowledge/documents/worker.js', import.meta.url))

export class Converter {
  readonly #cache: string | null
  #worker: Worker | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #pending = 0

  readonly #withinMs: number

  /**
   * @param cache folder for the results; null: nothing is kept
   * @param withinMs limit for each, milliseconds of this process's CPU time, or of the worker's idle time: on a busy
   *   machine even a sound document takes long by the clock
   */
  constructor(cache: string | null, withinMs: number = limits.withinMs) {
    this.#cache = cache
    this.#withinMs = withinMs
  }

  /** The result that an earlier run kept; null when there is none. */
  kept(octets: Buffer): Converted | null {
    if (this.#cache === null) return null
    try {
      return JSON.parse(readFileSync(this.#fileFor(octets), 'utf8'))
    } catch {
      return null
    }
  }

  /** Never rejects. */
  convert(name: string, octets: Buffer): Promise<Converted> {
    return this.#inTurn(async () => {
      const result = await this.#run<Converted>(name, octets)
      this.#keep(octets, result)
      return result
    })
  }

  /** A picture, scaled down. Never rejects. */
  scale(octets: Buffer): Promise<Scaled> {
    return this.#inTurn(async () => {
      const result = await this.#run<Scaled>(null, octets)
      // A decoder that failed may leave the worker in any state.
      if ('fault' in result) this.close()
      return result
    })
  }

  /** One after the other: the memory suffices for one document at a time. */
  #inTurn<R>(run: () => Promise<R>): Promise<R | { fault: string }> {
    this.#pending++
    // No worker, for example where no more threads may be started.
    const turn = this.#queue.then(run).catch(() => ({ fault: 'it could not be read' }))
    this.#queue = turn.finally(() => {
      if (--this.#pending === 0) this.close()
    })
    return turn
  }

  close(): void {
    void this.#worker?.terminate()
    this.#worker = null
  }

  /** @param name null: a picture */
  #run<R extends object>(name: string | null, octets: Buffer): Promise<R | { fault: string }> {
    const worker = this.#open()
    const before = process.memoryUsage.rss()
    const isLate = limitedTo(this.#withinMs, worker)
    return new Promise((resolve) => {
      const end = (result: R | { fault: string }, fails: boolean) => {
        clearInterval(look)
        // Not all of them: the worker has its own listeners.
        worker.off('message', answered).off('error', failed).off('exit', exited)
        if (fails) this.close()
        resolve(result)
      }
      const answered = (result: R) => end(result, false)
      const exited = () => end({ fault: 'it could not be read' }, true)
      const failed = ({ code }: NodeJS.ErrnoException) =>
        end({ fault: code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch : 'it could not be read' }, true)
      const look = setInterval(() => {
        if (isLate()) end({ fault: `it takes more than ${this.#withinMs / 1000} s to read` }, true)
        // Unpacked octets are not on the heap that a worker's own limit counts.
        else if (process.memoryUsage.rss() - before > limits.growth * 1_000_000) end({ fault: tooMuch }, true)
      }, lookMs)
      worker.on('message', answered).on('error', failed).on('exit', exited)
      const copy = new Uint8Array(octets)
      worker.postMessage({ name, octets: copy }, [copy.buffer])
    })
  }

  #open(): Worker {
    if (this.#worker === null) {
      const resourceLimits = { maxOldGenerationSizeMb: limits.heap }
      this.#worker = new Worker(workerFile, { resourceLimits, env: {}, execArgv: [] })
      // After the worker has ended, nobody else listens for it.
      this.#worker.on('error', () => undefined)
    }
    return this.#worker
  }

  #fileFor(octets: Buffer): string {
    const hash = createHash('sha256').update(`${textVersion}\0`).update(octets).digest('hex')
    return join(this.#cache ?? '', `${hash}.json`)
  }

  #keep(octets: Buffer, result: Converted): void {
    // The machine may just have been busy.
    if (this.#cache === null || 'fault' in result) return
    try {
      mkdirSync(this.#cache, { recursive: true, mode: 0o700 })
      const file = this.#fileFor(octets)
      writeWhole(file, JSON.stringify(result), { draft: `${file}.new`, mode: 0o600 })
    } catch {
      // It is converted again at the next start.
    }
  }
}

/** Whether the worker has used up its time, counted from this call. */
function limitedTo(withinMs: number, { performance: { eventLoopUtilization } }: Worker): () => boolean {
  const begun = performance.now()
  const [cpu, loop] = [process.cpuUsage(), eventLoopUtilization()]
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    const used = Math.max((user + system) / 1000, eventLoopUtilization(loop).idle)
    return used >= withinMs || performance.now() - begun >= longest * withinMs
  }
}
