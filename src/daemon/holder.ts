/**
 * The name under which this process holds leases: other processes on this machine can tell from it whether the
 * process is alive.
 */
import { hostname } from 'node:os'

export const holderName = (unique: string): string => `${hostname()} ${process.pid} ${unique}`

/**
 * Whether a holder is certainly gone, so that its lease need not be waited for.
 * @param alone no other process can have this store open: any earlier holder is gone
 */
export function isGone(holder: string, alone: boolean): boolean {
  if (alone) return true
  const [host, pid] = holder.split(' ')
  return host === hostname() && !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
