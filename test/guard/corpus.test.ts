import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { guessOwner } from '../../src/eval/explain.ts'
import { applyGuard, type Ceiling, freshContext } from '../../src/guard/ceiling.ts'
import type { Owner } from '../../src/mail/account.ts'
import type { Message } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { now } from './letter.ts'

const directory = new URL('../fixtures/corpus/', import.meta.url)

interface Label {
  file: string
  label: string
  expect: { reply?: boolean | string; soft?: boolean; own_addresses?: string[] }
}

function ownerOf({ expect: { own_addresses } }: Label, message: Message): Owner {
  const guessed = guessOwner(message)
  const [address, ...aliases] = own_addresses ?? [guessed.address]
  return { ...guessed, address: address ?? guessed.address, aliases }
}

function decisions(set: string): { label: Label; decision: Ceiling }[] {
  const labels = readFileSync(new URL(`${set}.labels.jsonl`, directory), 'utf8')
    .trim()
    .split('\n')
  return labels.map((line) => {
    const label: Label = JSON.parse(line)
    const message = parseOctets(readFileSync(new URL(label.file, directory)))
    return { label, decision: applyGuard(message, ownerOf(label, message), freshContext(now)).decision }
  })
}

const files = (found: { label: Label }[]) => found.map(({ label }) => label.file)

describe('the corpus', () => {
  test('no automatic mail may be answered, except mail whose header does not show it', () => {
    const auto = decisions('auto')
    const may = auto.filter(({ decision }) => decision === 'may')
    expect(files(may.filter(({ label }) => label.expect.soft !== true))).toEqual([])
    const soft = auto.filter(({ label }) => label.expect.soft === true)
    process.stderr.write(
      `corpus auto: ${may.length} of ${soft.length} soft files pass as may, of ${auto.length} in all\n`,
    )
    expect(auto.length).toBeGreaterThan(300)
  })
  test('every letter that wants an answer may be answered', () => {
    const wanted = decisions('human').filter(({ label }) => label.expect.reply === true)
    expect(files(wanted.filter(({ decision }) => decision === 'never'))).toEqual([])
    expect(wanted.length).toBeGreaterThan(200)
  })
  test('real letters that need no answer are not stopped, either', () => {
    const allowed = decisions('human').filter(({ label }) => label.expect.reply === 'allowed')
    expect(files(allowed.filter(({ decision }) => decision === 'never'))).toEqual([])
    expect(allowed.length).toBeGreaterThan(5)
  })
  test('ham whose header forbids a reply gets no automatic one', () => {
    const forbidden = decisions('spam').filter(
      ({ label }) => label.label === 'ham' && label.expect.reply === false,
    )
    expect(files(forbidden.filter(({ decision }) => decision === 'may'))).toEqual([])
    expect(forbidden.length).toBeGreaterThan(200)
  })
})
