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
    columns,
  }: { environment?: Record<string, string>; input?: string; isTTY?: boolean; columns?: number } = {},
): Promise<Outcome> {
  const screen = { ...(isTTY ? { isTTY } : {}), ...(columns ? { isTTY: true, columns } : {}) }
  const stdout = Object.assign(new PassThrough(), screen)
  const stderr = Object.assign(new PassThrough(), screen)
  const written = Promise.all([text(stdout), text(stderr)])
  const status = await runProgram(argv, { environment, stdin: Readable.from([input]), stdout, stderr })
  stdout.end()
  stderr.end()
  const [out, err] = await written
  return { status, out, err }
}
