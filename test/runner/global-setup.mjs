// Runs once in jest's own process, before its workers start: they inherit the environment.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-run-'))
  chmodSync(directory, 0o777) // as root, the servers run as another account
  process.env.REPLYD_TEST_RUN = directory
  // The kernel closes its standard input when jest ends, even by SIGKILL. In a separate session Ctrl-C does not reach
  // it.
  const remover = spawn('sh', ['-c', 'cat; rm -rf -- "$1"', 'replyd-run', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  remover.unref()
  remover.stdin.unref()
}
