/** Messages for tests, built from lines. */

import { readdirSync, readFileSync } from 'node:fs'
import type { Message } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'

export const corpusFolder = new URL('../fixtures/corpus/', import.meta.url)
export const corpusSets = ['reply', 'hostile', 'auto', 'human', 'injection', 'spam'] as const

/** Paths of all corpus messages, relative to the corpus folder. */
export function corpusFiles(): string[] {
  return corpusSets.flatMap((set) =>
    readdirSync(new URL(`${set}/`, corpusFolder)).map((file) => `${set}/${file}`),
  )
}

export function corpusOctets(file: string): Buffer {
  return readFileSync(new URL(file, corpusFolder))
}

export interface Label {
  file: string
  class: string
  expect: {
    visible?: string
    starts?: string
    contains?: string[]
    not_contains?: string[]
    compare?: string
    features?: string[]
  }
}

export function labelsOf(set: (typeof corpusSets)[number]): Label[] {
  return readFileSync(new URL(`${set}.labels.jsonl`, corpusFolder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Label)
}

/** A message of the given lines, CRLF at their ends. */
export function messageOf(...lines: (string | Buffer)[]): Message {
  const octets = lines.map((line) => (typeof line === 'string' ? Buffer.from(line) : line))
  return parseOctets(Buffer.concat(octets.flatMap((line) => [line, Buffer.from('\r\n')])))
}
