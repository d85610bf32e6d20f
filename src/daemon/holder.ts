/** The name under which this process holds leases: it lets others on this machine see whether the process still lives. */
import { hostname } from 'node:os'

export const holderName = (unique: string): string => `${hostname()} ${process.pid} ${unique}`

/**
 * Whether a holder is surely gone, so that its lease need not be waited for.
 * @param alone nobody else can have this store open: whoever held a lease is gone
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
