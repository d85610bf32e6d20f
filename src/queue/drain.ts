import type { Worker } from 'bullmq'

/** Stops taking jobs and waits; BullMQ's own close has no time limit. */
export async function drain(worker: Worker, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs)
  })
  const closed = worker.close().then(() => 'closed' as const)
  closed.catch(() => undefined)
  const outcome = await Promise.race([closed, tooLong])
  clearTimeout(timer)
  if (outcome === 'late') await worker.close(true)
}
