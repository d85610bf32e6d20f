import { expect, test } from '@jest/globals'
import { likelyAuthservId } from '../../src/mail/authentication.ts'
import { parseFields } from '../../src/mail/mime/header.ts'

/** One mail for each value, each from a different author; null: without the field. */
const mails = (values: readonly (string | null)[], author = (i: number) => `ann@author${i}.example`) =>
  values.map((value, i) => {
    const field = value === null ? '' : `Authentication-Results: ${value}\r\n`
    return { fields: parseFields(Buffer.from(`Received: x\r\n${field}From: <${author(i)}>\r\n\r\n`)) }
  })

const id = 'mx.own.example'
const cases: readonly (readonly [string, readonly (string | null)[], string | null])[] = [
  ['the same in all', Array(4).fill(`${id}; dmarc=pass`), id],
  ['a comment, a version, a folded field', Array(3).fill(`(hi)\r\n ${id} 1;\r\n dkim=none`), id],
  ['quoted', Array(3).fill(`"${id}"; spf=pass`), id],
  ['more than half', [`${id}; none`, `${id}; none`, `${id}; none`, null, 'other.example; none'], id],
  ['just half', [`${id}; none`, `${id}; none`, `${id}; none`, null, null, null], null],
  ['only two', Array(2).fill(`${id}; dmarc=pass`), null],
  ['no mail', [], null],
  ['no field', Array(5).fill(null), null],
  ['no id, as at Microsoft 365', Array(5).fill('spf=pass smtp.mailfrom=x.example; dmarc=pass'), null],
  ['an id that is too long', Array(5).fill(`${'a'.repeat(256)}; none`), null],
  ['an id as long as it may be', Array(5).fill(`${'a'.repeat(255)}; none`), 'a'.repeat(255)],
  ['two words', Array(5).fill('mx.own.example evil; none'), null],
  ['a quote that breaks out of YAML', Array(5).fill('"a\\", \\"b"; none'), null],
  ['an escape sequence', Array(5).fill('mx\u001b[31m.example; none'), null],
  ['letters outside ASCII', Array(5).fill('mx.\u00f6.example; none'), null],
  ['a comment that never ends', Array(5).fill(`(${'('.repeat(50_000)}; none`), null],
]

test.each(cases)('%s', (_, values, expected) => {
  expect(likelyAuthservId(mails(values))).toBe(expected)
})

test('only the topmost field counts', () => {
  const below = `upper.example; none\r\nAuthentication-Results: ${id}; none`
  expect(likelyAuthservId(mails(Array(3).fill(below)))).toBe('upper.example')
})

test('what only one organisation sends was perhaps written by it', () => {
  const values = Array(5).fill(`${id}; dmarc=pass`)
  expect(likelyAuthservId(mails(values, (i) => `ann@host${i}.evil.example`))).toBeNull()
  expect(likelyAuthservId(mails(values, (i) => (i === 0 ? 'bo@b.example' : 'ann@a.example')))).toBe(id)
})
