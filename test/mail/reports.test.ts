/** Inputs after public bug reports about mail programs, help desks and responders: test/fixtures/reports. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { explainOctets, guessOwner } from '../../src/eval/explain.ts'
import type { Owner } from '../../src/mail/account.ts'
import { parseFields, splitHeader } from '../../src/mail/mime/octets.ts'
import { corpusFiles, corpusOctets } from './messages.ts'

interface Report {
  file: string
  kind: string
  about: string
  opts?: Partial<Pick<Owner, 'address' | 'aliases' | 'authservIds'>>
  expect: {
    decision?: string
    not_decision?: string
    auth?: string
    to?: string[]
    from?: string
    subject?: string
    in_reply_to?: string
    references_contain?: string[]
    visible?: string
    contains?: string[]
    not_contains?: string[]
  }
}

const folder = new URL('../fixtures/reports/', import.meta.url)
const now = new Date('2026-11-26T09:00:00Z')

const reports = readFileSync(new URL('expectations.jsonl', folder), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Report)
  .filter(({ kind }) => kind !== 'daemon')

const asked = {
  displayName: null,
  ownLists: [],
  aliases: [],
  authservIds: [],
  address: 'support@harbor.example',
}

test.each(reports.map((report) => [report.file, report.about, report] as const))(
  '%s: %s',
  (file, _, { opts, expect: wanted }) => {
    const octets = readFileSync(new URL(file, folder))
    const got = explainOctets(file, octets, { ...asked, ...opts }, now)
    const exact = {
      decision: [wanted.decision, got.decision],
      authentication: [wanted.auth, got.authentication],
      to: [wanted.to, got.reply?.to],
      from: [wanted.from, got.reply?.from],
      subject: [wanted.subject, got.reply?.subject],
      inReplyTo: [wanted.in_reply_to, got.reply?.inReplyTo],
      visible: [wanted.visible, got.text.trim()],
    }
    for (const [name, [want, is]] of Object.entries(exact))
      if (want !== undefined) expect({ [name]: is }).toEqual({ [name]: want })
    expect(got.decision).not.toBe(wanted.not_decision)
    for (const id of wanted.references_contain ?? []) expect(got.reply?.references).toContain(id)
    for (const text of wanted.contains ?? []) expect(got.text).toContain(text)
    for (const text of wanted.not_contains ?? []) expect(got.text).not.toContain(text)
  },
)

/** Mails of every folder of fixtures, as [name, octets]. */
function* everyFixture(): Generator<[string, Buffer]> {
  for (const file of corpusFiles()) yield [file, corpusOctets(file)]
  for (const name of ['conformance', 'reports', 'judgement/mails', 'judgement/thread', 'judgement/sent']) {
    const mails = new URL(`../fixtures/${name}/`, import.meta.url)
    for (const file of readdirSync(mails))
      if (file.endsWith('.eml')) yield [`${name}/${file}`, readFileSync(new URL(file, mails))]
  }
}

test('every mail of the fixtures is explained: no rule fails on any', () => {
  let count = 0
  for (const [name, octets] of everyFixture()) {
    count++
    const owner = guessOwner({ fields: parseFields(splitHeader(octets)) })
    const { codes } = explainOctets(name, octets, owner, now)
    expect({ name, failed: codes.filter((code) => code === 'guard-error') }).toEqual({ name, failed: [] })
  }
  expect(count).toBeGreaterThan(2100)
})
