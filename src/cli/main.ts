import { reportFailure, wantsJson } from './failure.ts'
import { runProgram } from './program.ts'

const { env: environment, stdin, stdout, stderr } = process
const terminal = { environment, stdin, stdout, stderr }

// An uncaught exception is a bug of ours. The state on disk is safe at any moment, so ending is safe, too.
process.on('uncaughtException', (error) =>
  process.exit(reportFailure(error, terminal, 'replyd', wantsJson(process.argv))),
)

const status = await runProgram(process.argv.slice(2), terminal)
// After Ctrl+C, do not wait for connections that are being opened.
if (status === 130) process.exit(status)
process.exitCode = status
