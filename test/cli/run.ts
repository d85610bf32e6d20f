import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runProgram } from '../../src/cli/program.ts'

export interface Outcome {
  status: number
  out: string
  err: string
}

/** Runs a command line inside this process, as src/cli.ts would. */
export async function run(
  argv: readonly string[],
  {
    environment = {},
    input = '',
    isTTY = false,
  }: { environment?: Record<string, string>; input?: string; isTTY?: boolean } = {},
): Promise<Outcome> {
  const stdout = Object.assign(new PassThrough(), isTTY ? { isTTY } : {})
  const stderr = new PassThrough()
  const written = Promise.all([text(stdout), text(stderr)])
  const status = await runProgram(argv, { environment, stdin: Readable.from([input]), stdout, stderr })
  stdout.end()
  stderr.end()
  const [out, err] = await written
  return { status, out, err }
}
