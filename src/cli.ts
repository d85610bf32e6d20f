#!/usr/bin/env node
import { reportFailure } from './cli/failure.ts'
import { runProgram } from './cli/program.ts'

// Mail and keys are written: whatever is made from here on is for this user alone.
process.umask(0o077)

const { env: environment, stdin, stdout, stderr } = process
const terminal = { environment, stdin, stdout, stderr }

// What nobody caught is a fault of ours. The state on disk is safe at any moment, so ending is, too.
process.on('uncaughtException', (error) => process.exit(reportFailure(error, terminal)))

process.exitCode = await runProgram(process.argv.slice(2), terminal)
