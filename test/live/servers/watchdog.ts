import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/** Ends a server and removes its directory when this process has ended, in whatever way. */
export interface Watchdog {
  /** The server to end; undefined when it is down. Its process group carries the same number. */
  guard(pid: number | undefined): void
  /** Removes the directory and resolves when that is done. */
  dismiss(): Promise<void>
}

// The kernel closes our end of the pipe when we die, by SIGKILL too: then the loop ends. It runs in a session of its
// own, so that a Ctrl-C meant for us does not reach it.
const SCRIPT = `
while read -r line; do pid=$line; done
if [ "\${pid:-none}" != none ]; then
  kill -s "$1" "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 30 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL -- "-$pid" 2>/dev/null
fi
rm -rf -- "$2"`

/** @param stopSignal what ends the server and its children in an orderly way */
export function startWatchdog(directory: string, stopSignal: NodeJS.Signals): Watchdog {
  const signalName = stopSignal.replace('SIG', '')
  const child = spawn('sh', ['-c', SCRIPT, 'replyd-watchdog', signalName, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  const pipe = child.stdin as Socket
  pipe.unref()
  pipe.on('error', () => undefined) // the watchdog was killed, which is no reason to fail a test
  return {
    guard: (pid) => void pipe.write(`${pid ?? 'none'}\n`),
    async dismiss() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.ref()
      pipe.end()
      await exit
    },
  }
}
