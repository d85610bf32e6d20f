/** A limit on the memory of a process, enforced by the kernel, if this machine lets us set one. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Version {
  root: string
  limit: string
  peak: string
}

const versions: Version[] = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' },
]

export interface Bound extends Disposable {
  /** The peak in octets, kernel buffers included; null if the kernel does not report it. */
  peakMb(): number | null
}

/** Null if it can't be set: the heap is limited anyway. */
export function boundMemory(pid: number, mb: number): Bound | null {
  const found = versions.find(
    ({ root, limit }) => existsSync(join(root, limit)) || existsSync(join(root, 'cgroup.controllers')),
  )
  if (!found) return null
  const folder = join(found.root, `replyd-attack-${pid}`)
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, found.limit), String(mb << 20))
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
  } catch {
    if (existsSync(folder)) rmdirSync(folder)
    return null
  }
  return {
    peakMb: () => {
      const path = join(folder, found.peak)
      return existsSync(path) ? Math.round(Number(readFileSync(path, 'utf8')) / 2 ** 20) : null
    },
    // Only an empty one can be removed.
    [Symbol.dispose]: () => {
      try {
        rmdirSync(folder)
      } catch {
        // Its process has not ended yet.
      }
    },
  }
}
