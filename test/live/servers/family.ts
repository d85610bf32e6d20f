// A server's operating-system processes, as /proc shows them.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

interface ProcessEntry {
  pid: number
  parent: number
  session: number
  zombie: boolean
}

function runningProcesses(): ProcessEntry[] {
  const found: ProcessEntry[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      found.push({
        pid: Number(name),
        parent: Number(parent),
        session: Number(session),
        zombie: state === 'Z',
      })
    } catch {
      // It ended between the listing and the reading.
    }
  }
  return found
}

/** `leader`, all its descendants, and its session, which includes processes that it forks in the meantime. */
export function family(leader: number): number[] {
  const all = runningProcesses()
  const members = new Set([leader])
  for (const { pid, session } of all) if (session === leader) members.add(pid)
  for (const member of members) {
    for (const { pid, parent } of all) if (parent === member) members.add(pid)
  }
  return [...members]
}

/** Sends a signal; a process that has already ended is ignored. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Resolves when none of `members` is left, nor anyone in the session of the first. */
export async function allGone(members: number[]): Promise<void> {
  for (;;) {
    const alive = runningProcesses().filter(({ zombie }) => !zombie)
    if (!alive.some(({ pid, session }) => members.includes(pid) || session === members[0])) return
    await pause(5)
  }
}
