/** Arguments of `eval`, and the labelled mails that it reads. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { LabelledMail } from '../eval/eval.ts'
import { UsageError } from './failure.ts'
import { readFailure } from './mail-files.ts'

export interface EvalCommand {
  config?: string
  account?: string
  json?: boolean
  bayes?: boolean
  train?: string
  test?: string
  limit?: string
  maxDollars?: string
  mode?: string
  answers?: string
  record?: string
}

export function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--limit: "${text}" is not a number of mails`)
  return Number(text)
}

/** @throws UsageError when it can't be read, ConfigError when lines are not labels */
export async function readLabels(path: string, limit: number): Promise<LabelledMail[]> {
  const { inStableOrder, parseLabels } = await import('../eval/cases.ts')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`eval: ${path}: ${readFailure(error)}`, { cause: error })
  }
  const labels = parseLabels(text, path)
  // Takes mails from all over the file: labels are often sorted by class.
  return limit >= labels.length ? labels : inStableOrder(labels).slice(0, limit)
}

export function readMail(path: string): (file: string) => Buffer {
  const folder = dirname(path)
  return (file) => {
    try {
      return readFileSync(resolve(folder, file))
    } catch (error) {
      throw new UsageError(`eval: ${file} (named in ${path}): ${readFailure(error)}`, { cause: error })
    }
  }
}
