/** How a command fails: one clear line, the right exit status, and a stack only on request. */
import { ConfigError } from '../base/errors.ts'
import { asCalled } from './called.ts'
import { type ExitStatus, fittingLines, printable, type Terminal } from './terminal.ts'

/** Wrong usage of a command that commander can't see. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/**
 * Prints the error. A ConfigError's message has one line per fault; any other becomes one line.
 * @param command whose help tells more about wrong usage: `replyd token create`
 */
export function reportFailure(
  error: unknown,
  { environment, stderr }: Terminal,
  command = 'replyd',
): ExitStatus {
  if (error instanceof ConfigError) {
    stderr.write(`${fittingLines(printable(asCalled(error.message, environment)), stderr)}\n`)
  } else {
    const hint = error instanceof UsageError ? ` (see ${command} --help)` : ''
    const words = asCalled(`${printable(messageOf(error), true)}${hint}`, environment)
    stderr.write(`${fittingLines(`replyd: ${words}`, stderr)}\n`)
  }
  if (environment.REPLYD_DEBUG === '1' && error instanceof Error) stderr.write(`${stackOf(error)}\n`)
  return error instanceof ConfigError || error instanceof UsageError ? 2 : 1
}

/** Some Node.js errors have no message: those of a connection that was tried on several addresses. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return String(Reflect.get(error, 'code') ?? error.name)
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
