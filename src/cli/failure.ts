/** How a command fails: one clear line, the right exit status, and a stack only on request. */
import { ConfigError, fileFaultOf } from '../base/errors.ts'
import { asCalled } from './called.ts'
import { type ExitStatus, escaped, fittingLines, printable, type Terminal } from './terminal.ts'

/** Wrong usage of a command that commander can't see. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A person pressed Ctrl+C at a question. */
export class Cancelled extends Error {
  override name = 'Cancelled'
}

/** What the API said to a request that it refused, for programs. */
const refusals = new WeakMap<Error, object>()

/** @param answer of the API: its code and more */
export function asRefusal<E extends Error>(error: E, answer: object): E {
  refusals.set(error, answer)
  return error
}

/** The flag is looked for among all words, because wrong usage is an error before options are read. */
export const wantsJson = (argv: readonly string[]): boolean => argv.includes('--json')

/**
 * Prints the error. A ConfigError's message has one line per fault; any other becomes one line.
 * @param command whose help tells more about wrong usage: `replyd token create`
 * @param json as one object, for programs
 */
export function reportFailure(
  error: unknown,
  { environment, stderr }: Terminal,
  command = 'replyd',
  json = false,
): ExitStatus {
  if (error instanceof Cancelled) {
    stderr.write('\n')
    return 130
  }
  if (json) {
    stderr.write(`${escaped(JSON.stringify(failureObject(error)))}\n`)
  } else if (error instanceof ConfigError) {
    stderr.write(`${fittingLines(printable(asCalled(error.message, environment)), stderr)}\n`)
  } else {
    const hint = error instanceof UsageError ? ` (see ${command} --help)` : ''
    const words = asCalled(`${printable(messageOf(error), true)}${hint}`, environment)
    stderr.write(`${fittingLines(`replyd: ${words}`, stderr)}\n`)
  }
  if (environment.REPLYD_DEBUG === '1' && error instanceof Error) stderr.write(`${stackOf(error)}\n`)
  return error instanceof ConfigError || error instanceof UsageError ? 2 : 1
}

/** As the API answers errors: a code for programs, a sentence for people. */
function failureObject(error: unknown): object {
  const answer = error instanceof Error ? refusals.get(error) : undefined
  const code =
    error instanceof ConfigError ? 'faulty-configuration' : error instanceof UsageError ? 'usage' : 'failed'
  const faults = error instanceof ConfigError && error.faults.length > 0 ? { faults: error.faults } : {}
  return { error: code, ...faults, ...answer, message: messageOf(error) }
}

/** Some Node.js errors have no message: those of a connection that was tried on several addresses. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const fault = fileFaultOf(error)
  if (fault !== null) return `${Reflect.get(error, 'path')}: ${fault}`
  if (error.message !== '') return error.message
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return String(Reflect.get(error, 'code') ?? error.name)
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
