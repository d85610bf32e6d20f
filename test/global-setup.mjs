// Runs once in jest's own process, before its workers start: they inherit the environment.
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-run-'))
  chmodSync(directory, 0o777) // as root, the servers run as another account
  process.env.REPLYD_TEST_RUN = directory
}
