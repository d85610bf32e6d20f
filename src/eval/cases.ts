/** Labelled mail in the format of the corpus: JSON Lines, each with a file and what is expected of it. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { ConfigError, reasonOf } from '../base/errors.ts'

const Label = z.object({
  file: z.string().min(1),
  class: z.string().optional(),
  expect: z.object({
    spam: z.boolean().optional(),
    // `allowed` and `optional` accept either: no opinion.
    reply: z.union([z.boolean(), z.enum(['allowed', 'optional'])]).optional(),
    sentiment: z.enum(['positive', 'neutral', 'negative', 'mixed']).optional(),
    own_addresses: z.array(z.string().min(3)).optional(),
  }),
})

export interface LabelledMail {
  /** Relative to the folder of the label file. */
  file: string
  class: string | null
  /** null: the label has no opinion. */
  spam: boolean | null
  needsReply: boolean | null
  sentiment: 'positive' | 'neutral' | 'negative' | 'mixed' | null
  /** Whose mailbox it is; empty: guessed from the header. */
  ownAddresses: readonly string[]
}

/** @throws ConfigError naming every line that is not a label */
export function parseLabels(jsonl: string, name: string): LabelledMail[] {
  const faults: string[] = []
  const mails = jsonl.split(/\r?\n/).flatMap((line, at): LabelledMail[] => {
    if (line.trim() === '') return []
    try {
      return [asMail(Label.parse(JSON.parse(line)))]
    } catch (error) {
      faults.push(`line ${at + 1}: ${error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error)}`)
      return []
    }
  })
  if (faults.length > 0) {
    const more = faults.length > 10 ? `\nand ${faults.length - 10} more lines` : ''
    throw new ConfigError(`${name} is not a label file:\n${faults.slice(0, 10).join('\n')}${more}`)
  }
  if (mails.length === 0)
    throw new ConfigError(`${name} has no labels: one JSON object with file and expect per line`)
  return mails
}

function asMail({ file, class: kind, expect }: z.infer<typeof Label>): LabelledMail {
  return {
    file,
    class: kind ?? null,
    spam: expect.spam ?? null,
    needsReply: typeof expect.reply === 'boolean' ? expect.reply : null,
    sentiment: expect.sentiment ?? null,
    ownAddresses: expect.own_addresses ?? [],
  }
}

/** An order that depends only on the files' names, so that every run splits a file the same way. */
export function inStableOrder<T extends { file: string }>(mails: readonly T[]): T[] {
  const rank = ({ file }: T) => createHash('sha256').update(file).digest('hex')
  return mails
    .map((mail) => ({ mail, rank: rank(mail) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ mail }) => mail)
}
