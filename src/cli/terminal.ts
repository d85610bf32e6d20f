import type { Readable, Writable } from 'node:stream'
import { cutToWidth, usesColour, wrapped } from '../base/columns.ts'

/** Input and output of a command. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
}

/** Writes a line of our own, made safe for the terminal. */
export type Say = (line: string) => Promise<void>

/** What each exit status means, for help, the manual and README.md. */
export const exitStatusWords =
  '0 done, 1 failed, 2 wrong usage or configuration, 130 stopped by Ctrl+C; once start and demo are up, Ctrl+C ends them with 0.'

export type ExitStatus = 0 | 1 | 2 | 130

/**
 * A line of JSON may be shown on a terminal, too, and JSON leaves DEL, C1 and bidirectional controls as they are. As
 * escapes they are the same text to a program.
 */
export const escaped = (line: string): string =>
  line.replace(
    /[\u007f-\u009f\p{Bidi_Control}]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Writes a line and waits if the reader is slow. */
export async function writeLine(stream: Writable, line: string): Promise<void> {
  if (stream.destroyed || stream.write(`${escaped(line)}\n`)) return
  await new Promise<void>((resolve) => {
    const go = () => {
      stream.off('drain', go)
      stream.off('close', go)
      resolve()
    }
    stream.on('drain', go)
    stream.on('close', go)
  })
}

/**
 * Strangers' text made safe for a terminal: control characters (which start escape sequences) and bidirectional
 * controls are made visible or removed. Line ends stay unless `oneLine`.
 */
export function printable(text: string, oneLine = false): string {
  const lines = oneLine ? text.replace(/\s+/g, ' ') : text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ')
  return lines
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g, '')
    .replace(/(?!\n)\p{Cc}/gu, '\ufffd')
}

/** "1 file", "2 files". */
export const times = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** Whether colours are wanted there (https://no-color.org). */
export const hasColours = ({ environment, stdout }: Terminal): boolean =>
  usesColour(stdout.isTTY, environment)

/** Columns of the terminal; 80 elsewhere. */
export const columnsOf = ({ columns, isTTY }: Terminal['stdout']): number =>
  isTTY && columns ? Math.max(20, columns) : 80

/** Columns for a table: unlimited if a program reads it, so that nothing is cut. */
export const tableColumnsOf = (stdout: Terminal['stdout']): number =>
  stdout.isTTY ? columnsOf(stdout) : Number.POSITIVE_INFINITY

/** Breaks lines to fit the terminal. Elsewhere they stay unchanged, since a program expects whole lines. */
export const fittingLines = (text: string, stream: Terminal['stdout']): string =>
  stream.isTTY ? wrapped(text, columnsOf(stream)).join('\n') : text

/** Milliseconds before a person wonders what is happening, and between two signs of life. */
const soonMs = 300
const signMs = 1000

/** Shows what is being waited for and since when, on a terminal only, and removes that line again. */
export async function waiting<T>(
  awaited: Promise<T>,
  what: string,
  terminal: Terminal | undefined,
): Promise<T> {
  if (!terminal?.stdout.isTTY || terminal.environment.TERM === 'dumb') return awaited
  const { stdout } = terminal
  let seconds = -1
  const show = () => {
    seconds += 1
    const since = seconds === 0 ? '' : ` (${seconds} s)`
    stdout.write(
      `\r${cutToWidth(`… ${printable(what, true)}`, columnsOf(stdout) - 1 - since.length)}${since}`,
    )
  }
  const first = setTimeout(show, soonMs)
  const later = setInterval(show, signMs)
  try {
    return await awaited
  } finally {
    clearTimeout(first)
    clearInterval(later)
    if (seconds >= 0) stdout.write('\r\u001b[K')
  }
}
