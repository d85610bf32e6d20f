import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { hashPassword } from '../config/password.ts'
import { UsageError } from './failure.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

const leastLength = 8

/** Prints the hash of a password. */
export async function password({ json }: { json?: boolean }, terminal: Terminal): Promise<ExitStatus> {
  const hash = hashPassword(await askedPassword(terminal))
  await writeLine(terminal.stdout, json ? JSON.stringify({ hash }) : hash)
  return 0
}

/**
 * The first line of standard input is the password; on a terminal it is asked for and not shown.
 * @throws UsageError when it is too short
 */
export async function askedPassword({ stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY) stderr.write('Password: ')
  const line = await firstLine(stdin)
  if (stdin.isTTY) stderr.write('\n')
  if (line.length < leastLength)
    throw new UsageError(`the password must have at least ${leastLength} characters`)
  return line
}

async function firstLine(stdin: Terminal['stdin']): Promise<string> {
  // On a terminal readline echoes the input; send that echo to a stream that discards it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY === true })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
